//! What every verb prints, for people and for machines.

use crate::outcome::Outcome;
use crate::project::Project;

#[track_caller]
fn snapshot(verb: &str, engine: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("{verb}-{engine}"), text);
    });
}

#[test]
fn status() {
    for (engine, project) in Project::both("status") {
        let project = project.with_tables();
        let before = project.story(&[&["status"], &["status", "--json"]]);
        project.run(&["up", "--to", "20250102000000"]).exits(0);
        let after = project.story(&[&["status"], &["status", "--json"], &["status", "--quiet"]]);
        snapshot("status", engine, &format!("{before}\n{after}"));
    }
}

#[test]
fn plan() {
    for (engine, project) in Project::both("plan") {
        let project = project.with_tables().with_high_risk();
        let up = project.story(&[
            &["plan"],
            &["dry-run", "--brief"],
            &["plan", "--to", "20250101000000", "--json"],
            &["up", "--dry-run", "--to", "20250101000000"],
        ]);
        project.run(&["up", "--yes"]).exits(0);
        let down = project.story(&[
            &["plan"],
            &["plan", "--down"],
            &["plan", "--down", "2", "--brief"],
            &["plan", "--down", "--to", "20250103000000", "--json"],
            &["down", "--dry-run"],
        ]);
        snapshot("plan", engine, &format!("{up}\n{down}"));
    }
}

#[test]
fn up() {
    for (engine, project) in Project::both("up") {
        let project = project.with_tables();
        let story = project.story(&[
            &["up", "--to", "20250101000000"],
            &["deploy", "--quiet", "--to", "20250102000000"],
            &["migrate", "--json"],
            &["run"],
            &["up", "--json"],
        ]);
        snapshot("up", engine, &story);
    }
}

#[test]
fn a_migration_of_high_risk_is_asked_for() {
    for (engine, project) in Project::both("risk") {
        let project = project.with_tables().with_high_risk();
        let story = project.story(&[&["up"], &["status"], &["up", "--json"], &["up", "--yes"], &["status"]]);
        snapshot("risk", engine, &story);
    }
}

#[test]
fn down() {
    for (engine, project) in Project::both("down") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        let story = project.story(&[
            &["down"],
            &["down", "--yes"],
            &["rollback", "--yes", "--to", "20250101000000", "--json"],
            &["revert", "--yes", "--all", "--quiet"],
            &["down", "--yes"],
        ]);
        snapshot("down", engine, &story);
    }
}

#[test]
fn redo() {
    for (engine, project) in Project::both("redo") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        snapshot(
            "redo",
            engine,
            &project.story(&[&["redo"], &["redo", "--yes"], &["redo", "--yes", "--json"]]),
        );
    }
}

#[test]
fn reset() {
    for (engine, project) in Project::both("reset") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        project.execute("CREATE TABLE by_hand (id bigint)");
        snapshot(
            "reset",
            engine,
            &project.story(&[&["reset"], &["reset", "--yes"], &["reset", "--yes", "--json"]]),
        );
        let tables = match engine {
            "sqlite" => "SELECT name FROM sqlite_schema WHERE name = 'by_hand'",
            _ => "SELECT tablename::text FROM pg_tables WHERE tablename = 'by_hand'",
        };
        assert!(project.texts(tables).is_empty(), "reset drops what a migration did not make");
    }
}

#[test]
fn baseline_and_resolve() {
    for (engine, project) in Project::both("baseline") {
        let project = project.with_tables();
        project.execute("CREATE TABLE customers (id bigint PRIMARY KEY)");
        let story = project.story(&[
            &["baseline", "20250101000000"],
            &["resolve", "--applied", "20250102000000", "--json"],
            &["resolve", "--rolled-back", "20250102000000"],
            &["baseline", "20250102000000"],
            &["status"],
        ]);
        snapshot("baseline", engine, &story);
    }
}

#[test]
fn repair() {
    for (engine, project) in Project::both("repair") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        project.put(
            "migrations/20250102000000_create_products.up.sql",
            "CREATE TABLE products (id bigint PRIMARY KEY); --",
        );
        let story = project.story(&[
            &["up"],
            &["status"],
            &["plan", "--json"],
            &["repair"],
            &["repair", "--json"],
            &["status"],
        ]);
        snapshot("repair", engine, &story);
    }
}

#[test]
fn verify() {
    for (engine, project) in Project::both("verify") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        let good = project.story(&[&["verify"], &["verify", "--json"]]);
        project.execute("INSERT INTO orders VALUES (1)");
        let bad = project.story(&[&["verify"], &["verify", "--json"]]);
        snapshot("verify", engine, &format!("{good}\n{bad}"));
    }
}

#[test]
fn protect() {
    for (engine, project) in Project::both("protect") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        let name = project.database.as_ref().map_or("app.db", |database| database.name());
        let story = project.story(&[
            &["protect", "production"],
            &["down"],
            &["down", "--yes"],
            &["down", "--yes", "--json"],
            &["down", "--database", "another"],
            &["down", "--database", name],
            &["unprotect", "--yes"],
            &["unprotect", "--database", name],
            &["unprotect"],
            &["protect", "production", "--json"],
        ]);
        snapshot("protect", engine, &story);
    }
}

#[test]
fn what_fails_is_shown_with_its_line() {
    for (engine, project) in Project::both("failure") {
        let project = project.with_tables().migration(
            "20250105000000_fill_products",
            "INSERT INTO products (id) VALUES (1);\nINSERT INTO products (id)\n    SELECT id / 0 FROM no_such_table;",
            "DELETE FROM products;",
        );
        // No schema is known that has the table, and that is what the server says too.
        snapshot("failure", engine, &project.story(&[&["up"], &["up", "--json"], &["status"]]));
    }
}

#[test]
fn a_folder_that_is_wrong_is_reported_in_full() {
    let project = Project::sqlite().with_tables().write("migrations/notes.sql", "x").migration(
        "20250106000000_drop_products",
        "DROP TABLE products;",
        "CREATE TABLE products (id bigint PRIMARY KEY);",
    );
    snapshot("folder", "sqlite", &project.story(&[&["up"], &["status"], &["up", "--json"]]));
}

/// The escape sequences of a terminal are shown as `{31}`.
#[test]
fn colours() {
    let project = Project::sqlite().with_tables().migration(
        "20250105000000_fill_products",
        "INSERT INTO products (id) SELECT id FROM no_such_table;",
        "DELETE FROM products;",
    );
    let coloured = |arguments: &[&str]| {
        let output = project.command().env("CLICOLOR_FORCE", "1").args(arguments).output().unwrap();
        let text = project.redact(&Outcome::new(arguments, output).to_string());
        regex_lite::Regex::new("\x1b\\[([0-9;]*)m").unwrap().replace_all(&text, "{$1}").into_owned()
    };
    let story = [coloured(&["up"]), coloured(&["status"]), coloured(&["up", "--dir", "nowhere"])].join("\n");
    snapshot("colours", "sqlite", &story);
}

#[test]
fn completions_know_verbs_and_options() {
    let project = Project::sqlite();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(&["completions", shell]).exits(0).answers("status").answers("cargo-migrate");
        assert!(script.stdout.contains("database-url"), "{shell}");
    }
    project.run(&["completions", "sh"]).exits(64).says("possible values");
}

#[test]
fn drift() {
    for (engine, project) in Project::both("drift") {
        let project = project.with_tables();
        let before = project.story(&[&["drift"], &["drift", "--json"]]);
        project.run(&["up"]).exits(0);
        project.run(&["protect", "staging"]).exits(0);
        let without = project.story(&[&["drift"], &["status"]]);
        project.execute("ALTER TABLE orders ADD COLUMN note text; CREATE INDEX orders_note ON orders (note)");
        let with = project.story(&[
            &["drift"],
            &["drift", "--json"],
            &["status"],
            &["status"],
            &["status", "--json"],
            &["status", "--no-drift"],
            &["drift", "--accept"],
            &["drift"],
        ]);
        snapshot("drift", engine, &[before, without, with].join("\n"));
    }
}

#[test]
fn dump() {
    for (engine, project) in Project::both("dump") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        let story = project.story(&[
            &["dump"],
            &["dump", "--output", "migrations/schema.sql"],
            &["dump", "--output", "migrations/schema.sql", "--check", "--json"],
        ]);
        project.execute("CREATE TABLE by_hand (id bigint)");
        let changed = project.story(&[&["dump", "--output", "migrations/schema.sql", "--check"]]);
        snapshot("dump", engine, &format!("{story}\n{changed}"));
        // The file is no migration.
        project.run(&["status", "--no-drift"]).exits(0);
    }
}
