//! Which of several servers it is, and whether it is spoken to in TLS: held to psql on real servers.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::listening::Listening;
use crate::outcome::Outcome;
use crate::project::Project;

/// A command that knows nothing but this folder as its home.
fn alone(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home).env("LC_ALL", "C");
    command.current_dir(home);
    command
}

fn ours(project: &Project, home: &Path, address: &str) -> Outcome {
    let mut command = alone(env!("CARGO_BIN_EXE_cargo-migrate"), home);
    let folder = project.path().join("migrations");
    command.args(["migrate", "status", "--no-drift", "--dir"]).arg(folder).args(["--database-url", address]);
    Outcome::new(&["status", address], command.output().unwrap())
}

fn psql(home: &Path, address: &str, sql: &str) -> Output {
    alone("psql", home).args(["-XAtw", "-c", sql, "-d", address]).output().unwrap()
}

#[test]
fn the_server_that_fits_is_the_one_of_psql() {
    let primary = Listening::start(&[], |_| ());
    let standby = Listening::start(&["hot_standby=on"], |data| data.put("standby.signal", ""));
    let project = Project::sqlite();
    project.put("migrations/migrate.toml", "");
    let project = project.with_tables();
    let (p, s) = (primary.port, standby.port);
    let reader = format!("postgres://postgres@127.0.0.1:{p}/postgres");
    psql(
        project.path(),
        &reader,
        "CREATE ROLE reader LOGIN; ALTER ROLE reader SET default_transaction_read_only = on",
    );
    let targets = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"];
    for target in targets {
        let addresses = [
            format!("postgres://postgres@127.0.0.1:{p},127.0.0.1:{s}/postgres?target_session_attrs={target}"),
            format!("postgres://postgres@127.0.0.1:{s},127.0.0.1:{p}/postgres?target_session_attrs={target}"),
            format!("postgres://postgres@127.0.0.1:{p},127.0.0.1:1/postgres?target_session_attrs={target}"),
            format!("postgres://reader@127.0.0.1:{p},127.0.0.1:1/postgres?target_session_attrs={target}"),
            // Who refuses is not passed by.
            format!("postgres://postgres@127.0.0.1:{s},127.0.0.1:{p}/nowhere?target_session_attrs={target}"),
        ];
        for address in addresses {
            let psql = psql(project.path(), &address, "SELECT inet_server_port()");
            let ours = ours(&project, project.path(), &address);
            if psql.status.success() {
                let port = String::from_utf8(psql.stdout).unwrap();
                ours.exits(1).says(&format!("connected to 127.0.0.1:{}\n", port.trim()));
            } else {
                ours.exits(16);
            }
        }
    }
    // Neither a standby nor a read-only role can be migrated, and both say why.
    for (user, port, why) in
        [("postgres", s, "the server is a standby"), ("reader", p, "the session is read-only")]
    {
        let address = format!("postgres://{user}@127.0.0.1:{port}/postgres");
        let outcome = project.run(&["up", "--database-url", &address]).exits(1).says(why);
        assert!(!outcome.stderr.contains("correct the script"), "{}", outcome.stderr);
        project
            .run(&["protect", "production", "--database-url", &address])
            .exits(1)
            .says("migrate on the primary");
    }
    // `pg_dump` is sent to the server that was reached, whatever the environment says.
    project.put("bin/pg_dump", "#!/bin/sh\necho \"seen: $PGHOST $PGHOSTADDR $PGPORT $PGSSLMODE [$PGSERVICE$PGTARGETSESSIONATTRS]\" >&2\nexit 1\n");
    fs::set_permissions(
        project.path().join("bin/pg_dump"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    project.put(
        "service.conf",
        &format!("[two]\nhost=localhost,localhost\nport={s},{p}\nuser=postgres\ndbname=postgres\n"),
    );
    let mut up = alone(env!("CARGO_BIN_EXE_cargo-migrate"), project.path());
    up.env("PATH", project.path().join("bin")).env("PGSERVICEFILE", project.path().join("service.conf"));
    up.env("PGSERVICE", "two").env("PGTARGETSESSIONATTRS", "read-write");
    let output =
        up.args(["migrate", "up", "--backup", "kept", "--database-url", "postgres://"]).output().unwrap();
    let seen = format!("seen: localhost 127.0.0.1 {p} disable [primary]");
    Outcome::new(&["up"], output).exits(1).says(&seen);

    // The lock's connection, and those of the migrations, are to that server, too.
    let address =
        format!("postgres://postgres@127.0.0.1:{s},127.0.0.1:{p}/postgres?target_session_attrs=primary");
    project.run(&["up", "--database-url", &address]).exits(0).says(&format!("connected to 127.0.0.1:{p}\n"));
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename IN ('customers', 'products', 'orders')";
    assert_eq!(psql(project.path(), &reader, tables).stdout, b"3\n");

    // And what is dropped there is in the backup, which comes back by the command that is printed.
    psql(project.path(), &reader, "INSERT INTO customers SELECT n, 'x' FROM generate_series(1, 1000) n");
    let outcome =
        project.run(&["down", "--all", "--yes", "--backup", "kept", "--database-url", &address]).exits(0);
    assert_eq!(psql(project.path(), &reader, tables).stdout, b"0\n");
    let restore = outcome.stderr.lines().find_map(|line| line.trim().strip_prefix("restore it with: "));
    assert!(
        alone("sh", project.path()).args(["-c", restore.unwrap()]).status().unwrap().success(),
        "{restore:?}"
    );
    let restored = format!("{reader}_restored");
    assert_eq!(psql(project.path(), &restored, "SELECT count(*) FROM customers").stdout, b"1000\n");
}

/// What came of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    No,
    Plain,
    Tls,
}

/// A server with a certificate, and a home folder for each kind of user.
struct Certified {
    server: Listening,
    project: Project,
}

impl Certified {
    fn new() -> Certified {
        let project = Project::sqlite();
        project.put("migrations/migrate.toml", "");
        let project = project.with_tables();
        let certificate = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            generate_simple_self_signed(names).unwrap()
        };
        let CertifiedKey { cert, signing_key } = certificate(&["localhost", "127.0.0.1"]);
        let right = cert.pem();
        let wrong = certificate(&["localhost", "127.0.0.1"]).cert.pem();
        for (home, authority) in [("right", Some(&right)), ("wrong", Some(&wrong)), ("none", None)] {
            fs::create_dir(project.path().join(home)).unwrap();
            if let Some(authority) = authority {
                project.put(&format!("{home}.pem"), authority);
                project.put(&format!("{home}/.postgresql/root.crt"), authority);
            }
        }
        let server = Listening::start(&["ssl=on"], |data| {
            data.put("server.crt", &right);
            data.put("server.key", &signing_key.serialize_pem());
            data.put(
                "pg_hba.conf",
                "hostssl all encrypted all trust\nhostnossl all plain all trust\nhost all postgres all trust\nlocal all all trust\n",
            );
        });
        let address = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
        psql(project.path(), &address, "CREATE ROLE encrypted LOGIN; CREATE ROLE plain LOGIN");
        Certified { server, project }
    }

    /// What the server wrote about the last connection since then.
    fn made(&self, since: usize, has_succeeded: bool) -> Made {
        let log = self.server.log();
        let authorized = log[since..].lines().rfind(|line| line.contains("connection authorized"));
        match authorized {
            Some(line) if has_succeeded && line.contains("SSL enabled") => Made::Tls,
            Some(_) if has_succeeded => Made::Plain,
            _ => Made::No,
        }
    }

    /// Both do the same.
    #[track_caller]
    fn same(&self, home: &str, user: &str, place: &str, parameters: &str) -> Made {
        let home = self.project.path().join(home);
        let address = format!(
            "user={user} dbname=postgres port={} {}",
            self.server.port,
            format!("{place} {parameters}")
                .replace("<SOCKET>", self.server.socket.to_str().unwrap())
                .replace("<FOLDER>", self.project.path().to_str().unwrap())
        );
        let since = self.server.log().len();
        let psql = psql(&home, &address, "SELECT 1");
        let theirs = self.made(since, psql.status.success());
        let since = self.server.log().len();
        let ours = ours(&self.project, &home, &address);
        let made = self.made(since, ours.code == 1);
        assert_eq!(made, theirs, "{address}\n{}{ours}", String::from_utf8_lossy(&psql.stderr));
        made
    }
}

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

#[test]
fn tls_is_that_of_psql() {
    let all = Certified::new();
    for mode in MODES {
        let sslmode = format!("sslmode={mode}");
        let verifies = mode.starts_with("verify");
        // Authorities that are there are asked in every mode.
        let of_home = |home: &str| all.same(home, "postgres", "host=localhost", &sslmode);
        assert_eq!(of_home("none") == Made::No, verifies);
        assert_ne!(of_home("right"), Made::No);
        assert_eq!(of_home("wrong") == Made::No, verifies || mode == "require");
        if matches!(mode, "disable" | "allow") {
            assert_eq!(all.same("wrong", "postgres", "hostaddr=127.0.0.1", &sslmode), Made::Plain);
            assert_eq!(all.same("wrong", "postgres", "host=<SOCKET>", &sslmode), Made::Plain);
            continue;
        }
        // One that is named goes before the one of the home folder.
        for (home, root) in [("none", "right"), ("right", "wrong"), ("wrong", "right")] {
            let root = format!("{sslmode} sslrootcert=<FOLDER>/{root}.pem");
            all.same(home, "postgres", "host=localhost", &root);
        }
        for (home, place) in [
            ("right", "host=127.0.0.1"),
            ("right", "hostaddr=127.0.0.1"),
            ("wrong", "hostaddr=127.0.0.1"),
            ("right", "host=localhost hostaddr=127.0.0.1"),
            ("wrong", "host=localhost hostaddr=127.0.0.1"),
            ("right", "host=elsewhere.example hostaddr=127.0.0.1"),
            ("right", "host=<SOCKET> hostaddr=127.0.0.1"),
        ] {
            let made = all.same(home, "postgres", place, &sslmode);
            // What asks for TLS does not go on without it.
            assert!(made != Made::Plain || mode == "prefer", "{place} {mode}");
        }
        // A socket has no TLS, and what comes after it in a list has.
        assert_eq!(all.same("wrong", "postgres", "host=<SOCKET>", &sslmode), Made::Plain);
        assert_eq!(all.same("right", "postgres", "host=/nowhere,localhost", &sslmode), Made::Tls);
    }
}

/// `allow` and `prefer` try again what the server refuses.
#[test]
fn a_refusal_is_answered_as_psql_answers_it() {
    let all = Certified::new();
    for mode in MODES {
        let sslmode = format!("sslmode={mode}");
        let encrypted = all.same("right", "encrypted", "host=localhost", &sslmode);
        assert_eq!(encrypted, if mode == "disable" { Made::No } else { Made::Tls }, "{mode}");
        let plain = all.same("right", "plain", "host=localhost", &sslmode);
        let is_allowed = matches!(mode, "disable" | "allow" | "prefer");
        assert_eq!(plain, if is_allowed { Made::Plain } else { Made::No }, "{mode}");
        all.same("right", "nobody", "host=localhost", &sslmode);
    }
    for range in [
        "ssl_min_protocol_version=TLSv1.3",
        "ssl_max_protocol_version=TLSv1.2",
        "ssl_min_protocol_version=tlsv1.2 ssl_max_protocol_version=",
        "sslsni=0",
    ] {
        assert_eq!(all.same("right", "postgres", "host=localhost sslmode=verify-full", range), Made::Tls);
    }
    // The version of psql that is here knows no `system`; later ones want the name to be checked.
    let of_system = |parameters: &str| {
        let port = all.server.port;
        let address = format!("host=localhost port={port} user=postgres sslrootcert=system {parameters}");
        ours(&all.project, &all.project.path().join("right"), &address).exits(16)
    };
    of_system("").says("invalid peer certificate");
    of_system("sslmode=verify-full").says("invalid peer certificate");
    of_system("sslmode=require").says("too weak");
    let unnamed = format!("hostaddr=127.0.0.1 port={} user=postgres sslmode=verify-full", all.server.port);
    ours(&all.project, &all.project.path().join("right"), &unnamed)
        .exits(16)
        .says("needs the name of the host");
}
