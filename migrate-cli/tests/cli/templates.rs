//! What a template writes passes the checks, and can be applied, undone and applied again.

use crate::project::Project;

/// The arguments of `new`, and what `migrate.toml` says besides the dialect.
type Case<'a> = (&'a [&'a str], &'a str);

const TENANT: &str = "tenant = \"business_id\"\ndeleted = \"removed_at\"\n";

const CASES: [Case<'_>; 12] = [
    (&["create_orders", "--template", "create-table"], ""),
    (&["create_order", "--template", "create-table"], ""), // a reserved word
    (&["make a table", "-t", "create-table", "--table", "Big Orders"], ""),
    (&["add_phone_to_customers", "--template", "add-column"], ""),
    (&["more", "-t", "add-column", "--table", "customers", "--column", "age", "--type", "integer"], ""),
    (&["index_customers_on_email", "--template", "add-index"], ""),
    (&["faster", "-t", "add-index", "--table", "customers", "--column", "email", "--column", "id"], ""),
    (&["create_orders", "--template", "tenant-table"], ""),
    (&["create_orders", "--template", "tenant-table"], TENANT),
    (&["soft_delete_customers", "--template", "soft-delete"], ""),
    (&["soft_delete_customers", "--template", "soft-delete", "--column", "email"], ""),
    (&["soft_delete_customers", "--template", "soft-delete", "--column", "email"], TENANT),
];

#[test]
fn what_a_template_writes_is_right_on_sqlite() {
    for (arguments, policy) in CASES {
        round_trip(&Project::sqlite(), "dialect = \"sqlite\"\n", arguments, policy);
    }
}

#[test]
fn what_a_template_writes_is_right_on_postgres() {
    for (at, (arguments, policy)) in CASES.into_iter().enumerate() {
        round_trip(&Project::postgres(&format!("template_{at}")), "", arguments, policy);
    }
}

/// What is for both engines is as right on either. But no script for both can build an index while others write to the
/// table: that is reported, and the author has to decide.
#[test]
fn what_a_template_writes_is_right_for_both_engines() {
    for (at, (arguments, policy)) in CASES.into_iter().enumerate() {
        let builds_index = arguments.contains(&"email");
        let is_index = arguments.iter().any(|argument| argument.starts_with("index_"));
        for project in [Project::sqlite(), Project::postgres(&format!("any_{at}"))] {
            if builds_index || is_index {
                written(&project, "dialect = \"any\"\n", arguments, policy);
                project.run(&["lint"]).exits(1).says("[index-blocking]");
            } else {
                round_trip(&project, "dialect = \"any\"\n", arguments, policy);
            }
        }
    }
}

#[track_caller]
fn round_trip(project: &Project, dialect: &str, arguments: &[&str], policy: &str) {
    written(project, dialect, arguments, policy);
    project.run(&["lint", "--deny", "warnings"]).exits(0).answers("nothing found in 2 migrations");
    project.run(&["up", "--yes"]).exits(0);
    project.run(&["down", "--yes"]).exits(0);
    project.run(&["up", "--yes"]).exits(0);
    project.run(&["status"]).exits(0).answers("2 applied");
}

/// The migration of the template, after one that creates a table.
fn written(project: &Project, dialect: &str, arguments: &[&str], policy: &str) {
    project.put("migrations/migrate.toml", &format!("{dialect}{policy}"));
    project.put(
        "migrations/20250101000000_create_customers.up.sql",
        "CREATE TABLE customers (business_id text NOT NULL, id bigint NOT NULL, email text, \
         PRIMARY KEY (business_id, id));\n",
    );
    project.put("migrations/20250101000000_create_customers.down.sql", "DROP TABLE customers;\n");
    project.run(&[&["new"], arguments].concat()).exits(0);
}
