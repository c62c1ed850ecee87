//! `explain`: the pages about hazards and problems, wherever the project is.

use crate::project::Project;

#[test]
fn a_page_is_printed_by_the_name_that_a_message_has() {
    let project =
        Project::sqlite().migration("20250101000000_drop_orders", "DROP TABLE orders;", "SELECT 1;");
    project.run(&["lint"]).exits(1).says("more: cargo migrate explain drop-table");
    let page = project.run(&["explain", "drop-table"]).exits(0);
    for part in ["drop-table\n", "\nLocks\n", "\nSafer\n", "    DROP TABLE", "https://"] {
        assert!(page.stdout.contains(part), "{part}: {page}");
    }
    assert!(
        !page.stdout.contains('\u{1b}') && !page.stdout.contains("](") && !page.stdout.contains("```"),
        "{page}"
    );
    project.run(&["explain", "missing-down"]).exits(0).answers("A problem of the migrations folder");
}

#[test]
fn without_a_name_all_are_listed_and_an_unknown_one_is_an_error() {
    let project = Project::sqlite();
    let list = project.run(&["explain"]).exits(0);
    assert!(list.stdout.lines().count() > 130, "{list}");
    for name in ["set-not-null ", "missing-down "] {
        assert!(list.stdout.lines().any(|line| line.starts_with(name)), "{list}");
    }
    project.run(&["explain", "drop-colunm"]).exits(1).says("did you mean `drop-column`?");
    project.run(&["explain", "zzz"]).exits(1).says("`cargo migrate explain` lists all of them");
    let json: serde_json::Value =
        serde_json::from_str(&project.run(&["explain", "set-not-null", "--json"]).exits(0).stdout).unwrap();
    assert_eq!((json["name"].as_str(), json["kind"].as_str()), (Some("set-not-null"), Some("hazard")));
    assert!(json["markdown"].as_str().unwrap().starts_with("# set-not-null"));
}
