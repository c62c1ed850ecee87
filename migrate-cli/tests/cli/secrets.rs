//! No password is shown, wherever an address was written.

use crate::outcome::Outcome;
use crate::project::{Project, VARIABLES};

const PASSWORD: &str = "hunter2sesame";

#[track_caller]
fn is_secret(outcome: Outcome) -> Outcome {
    for part in [PASSWORD, "hunter2", "sesame"] {
        assert!(!outcome.to_string().replace(&outcome.arguments, "").contains(part), "{outcome}");
    }
    outcome
}

#[test]
fn an_address_is_shown_without_its_password() {
    let project = Project::sqlite().with_tables();
    let addresses = [
        "postgres://ada:hunter2sesame@127.0.0.1:1/shop",
        "postgres://ada:hunter2sesame@127.0.0.1:1,127.0.0.1:2/shop",
        "postgres://ada:hunter2sesame@127.0.0.1:1/shop?colour=red",
        "postgres://ada:hunter2?sesame@127.0.0.1:1/shop",
        "postgres://ada:hunter2@sesame@127.0.0.1:1/shop",
        "postgres://ada:hunter2/sesame@127.0.0.1:1/shop",
        "postgres://ada:hunter2%sesame@127.0.0.1:1/shop",
        "postgres://ada:hunter2sesame@127.0.0.1:notaport/shop",
        "postgres://ada@127.0.0.1:1/shop?password=hunter2sesame",
        "host=127.0.0.1 port=1 user=ada password='hunter2 sesame'",
        "host=127.0.0.1 port=1 password=hunter2 sesame",
        "mysql://ada:hunter2sesame@127.0.0.1/shop",
        "ada:hunter2sesame@127.0.0.1/shop",
        "ada:hunter2@sesame@127.0.0.1/shop",
        "127.0.0.1/shop?user=ada&password=hunter2sesame",
        "jdbc:postgresql://ada:hunter2sesame@127.0.0.1/shop",
        "jdbc:postgresql://127.0.0.1/shop?user=ada&password=hunter2sesame",
        "'postgres://ada:hunter2sesame@127.0.0.1:1/shop'",
        "sqlite:ada:hunter2sesame@127.0.0.1/shop",
        "sqlite:app.db?key=hunter2sesame",
        "Server=127.0.0.1;Password=hunter2sesame",
    ];
    for address in addresses {
        for arguments in [&["status"][..], &["status", "--json"], &["up", "--json"], &["rebase", "--yes"]] {
            let output = project.command().env("DATABASE_URL", address).args(arguments).output().unwrap();
            is_secret(Outcome::new(arguments, output));
        }
        project.put(".env", &format!("DATABASE_URL=\"{}\"\n", address.replace('"', "\\\"")));
        let mut command = project.command();
        VARIABLES.iter().fold(&mut command, |command, name| command.env_remove(name));
        is_secret(Outcome::new(&["status"], command.arg("status").output().unwrap())).exits(16);
        std::fs::remove_file(project.path().join(".env")).unwrap();
    }
    // The ones that are easily mistaken say how they are written.
    let said = |address: &str| project.run(&["status", "--database-url", address]).exits(16);
    said("ada:hunter2sesame@127.0.0.1/shop")
        .says("`postgres://user:password@host/name`")
        .says("`sqlite:./file`");
    said("jdbc:postgresql://h/shop").says("leave out `jdbc:`");
    said("'postgres://h/shop'").says("quotes around it");
    assert!(!project.path().join("ada:hunter2sesame@127.0.0.1").exists());
}

/// The words of a command line that is wrong are repeated, but for what may be an address.
#[test]
fn an_address_in_a_wrong_place_is_not_repeated() {
    let project = Project::sqlite().with_tables();
    let url = "postgres://ada:hunter2sesame@h/shop";
    let (with_url, other) = (format!("--database-url={url}"), format!("--databse-url={url}"));
    for arguments in [
        &["status", url][..],
        &["status", "ada:hunter2sesame@h/shop"],
        &["status", "host=h password=hunter2sesame"],
        &[url],
        &["up", "--to", url],
        &["up", "--steps", url],
        &["--databse-url", url, "status"],
        &[&other, "status"],
        &["status", &format!("--json={url}")],
        &["status", "--lock-timeout", url],
        &["--help", &with_url],
        &["status", "--help", &with_url],
        &["status", &with_url, &with_url],
        &["status", "--json", url],
        &["up", "--json", "--to", url],
    ] {
        let outcome = is_secret(project.run(arguments));
        let is_help = arguments.contains(&"--help");
        outcome.exits(if is_help { 0 } else { 64 });
    }
    project.run(&["status", "--yess"]).exits(64).says("--yess");
}
