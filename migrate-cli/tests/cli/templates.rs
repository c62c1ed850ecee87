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

/// What a project may have before, and its policy.
const SHOP: &str = "CREATE SCHEMA shop;
CREATE TABLE shop.customers (
    id bigserial PRIMARY KEY, business_id bigint NOT NULL, email text,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz, deleted_at timestamptz,
    UNIQUE (business_id, id)
);
ALTER TABLE shop.customers ADD CONSTRAINT customers_email CHECK (email <> '') NOT VALID;
";
const SHOP_POLICY: &str = "tenant = \"business_id\"\ndeleted = \"deleted_at\"\n";

#[test]
fn what_a_template_writes_is_like_the_rest_of_the_project() {
    let cases: [(&[&str], &str); 6] = [
        (
            &["create_orders", "-t", "tenant-table"],
            "id bigserial PRIMARY KEY,\n    business_id bigint NOT NULL,",
        ),
        (&["soft_delete_customers", "-t", "soft-delete", "--column", "email"], ""),
        (&["index_customers_on_email", "-t", "add-index"], "ON shop.customers"),
        (&["require_email_of_customers", "-t", "set-not-null"], "shop.customers"),
        (&["validate_customers_email", "-t", "validate"], "ALTER TABLE shop.customers VALIDATE"),
        (&["check_emails", "-t", "validate"], "ALTER TABLE shop.customers VALIDATE"),
    ];
    for (at, (arguments, text)) in cases.into_iter().enumerate() {
        let project = Project::postgres(&format!("template_like_{at}"));
        project.put("migrations/migrate.toml", SHOP_POLICY);
        let is_soft_delete = arguments[0].starts_with("soft_delete");
        let shop =
            if is_soft_delete { SHOP.replace(", deleted_at timestamptz", "") } else { SHOP.to_owned() };
        project.put("migrations/20250101000000_create_shop.up.sql", &shop);
        project.put(
            "migrations/20250101000000_create_shop.down.sql",
            "DROP TABLE shop.customers;\nDROP SCHEMA shop;\n",
        );
        let new = project.run(&[&["new"], arguments].concat()).exits(0);
        let up = new.stdout.lines().find(|path| path.ends_with(".up.sql")).unwrap().to_owned();
        let script = std::fs::read_to_string(project.path().join(&up)).unwrap();
        assert!(script.contains(text) && !script.contains("ROW LEVEL"), "{script}");
        goes_there_and_back(&project);
    }
}

/// The migrations of these templates are for PostgreSQL alone.
#[test]
fn not_null_comes_in_three_steps() {
    let project = Project::postgres("template_not_null");
    written(&project, "", &["require_email_of_customers", "-t", "set-not-null"], "");
    let lint = project.run(&["lint", "--deny", "warnings"]).exits(0);
    lint.answers("nothing found in 4 migrations");
    goes_there_and_back(&project);
    let json = project.run(&["new", "require_id_of_customers", "-t", "set-not-null", "--json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let names: Vec<_> =
        json["migrations"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["require_id_of_customers_check", "require_id_of_customers_validate", "require_id_of_customers"]
    );
    assert_eq!(json["paths"].as_array().unwrap().len(), 6);
}

#[test]
fn what_sqlite_does_not_have_is_an_error() {
    let project = Project::sqlite();
    let new = project.run(&["new", "require_email_of_customers", "-t", "set-not-null"]).exits(1);
    new.says("SQLite cannot make a column NOT NULL").says("cargo migrate explain rebuild-rows");
    project.run(&["new", "validate_a", "-t", "validate"]).exits(1).says("SQLite has no constraints");
    assert!(
        !project
            .path()
            .join("migrations")
            .read_dir()
            .unwrap()
            .any(|file| { file.unwrap().file_name().to_string_lossy().ends_with(".sql") })
    );
}

/// A draft that is not written yet, or does not parse, is no reason to refuse the next one.
#[test]
fn an_unfinished_draft_is_in_no_ones_way() {
    let project = Project::sqlite();
    project.run(&["new", "something"]).exits(0);
    project.put("migrations/29990101000000_broken.up.sql", "CREATE TABEL x (\n");
    project.run(&["new", "create_orders", "-t", "create-table"]).exits(0);
}

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
    goes_there_and_back(project);
    project.run(&["status"]).exits(0).answers("2 applied");
}

/// Nothing is found in it, and each migration and its rollback do what they say.
#[track_caller]
fn goes_there_and_back(project: &Project) {
    project.run(&["lint", "--deny", "warnings"]).exits(0).answers("nothing found in ");
    project.run(&["test"]).exits(0);
    project.run(&["up", "--yes"]).exits(0);
    project.run(&["down", "--yes"]).exits(0);
    project.run(&["up", "--yes"]).exits(0);
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
