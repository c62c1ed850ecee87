//! A server that wants a password, and where it is found.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use migrate::testing::{PrivateServer, Server};
use tokio_postgres::config::Host;

use crate::outcome::Outcome;
use crate::project::{Project, VARIABLES, block_on};

/// It holds each character that a password file or an address would have to escape.
const PASSWORD: &str = r"s3cr:et\@/?%";
const IN_FILE: &str = r"s3cr\:et\\@/?%";
const IN_ADDRESS: &str = "s3cr%3Aet%5C%40%2F%3F%25";
/// Another one.
const WRONG: &str = "gu3ssed";

/// A project on a server to which `ada` gets with a password only.
struct Guarded {
    project: Project,
    socket: String,
    port: u16,
    _server: PrivateServer,
}

impl Guarded {
    fn new() -> Guarded {
        let server = Server::private().unwrap();
        let database = block_on(server.server().create_database("guarded")).unwrap();
        let config = database.config();
        let Host::Unix(socket) = &config.get_hosts()[0] else { panic!("a private server has a socket") };
        let (socket, port) = (socket.to_str().unwrap().to_owned(), config.get_ports()[0]);
        let guarded = Guarded { project: Project::on(database).with_tables(), socket, port, _server: server };
        let role =
            format!("SET password_encryption = 'scram-sha-256'; CREATE ROLE ada LOGIN PASSWORD '{PASSWORD}'");
        guarded.project.execute(&role);
        let own = format!(
            "ALTER DATABASE \"{}\" OWNER TO ada; ALTER SCHEMA public OWNER TO ada",
            guarded.database()
        );
        guarded.project.execute(&own);
        let access = guarded.project.texts("SHOW hba_file").remove(0);
        let lines = "VALUES ('local all ada scram-sha-256'), ('local all all trust')";
        guarded.project.execute(&format!("COPY ({lines}) TO '{access}'"));
        guarded.project.execute("SELECT pg_reload_conf()");
        let until = Instant::now() + Duration::from_secs(30);
        while guarded.run(&["status"], &[]).code != 16 {
            assert!(Instant::now() < until, "the server goes on trusting everyone");
            thread::sleep(Duration::from_millis(20));
        }
        guarded
    }

    fn database(&self) -> &str {
        self.project.database.as_ref().unwrap().name()
    }

    /// The address, with this before its `@`.
    fn url(&self, user: &str) -> String {
        let socket = self.socket.replace('/', "%2F");
        format!("postgres://{user}@{socket}:{}/{}", self.port, self.database())
    }

    /// Runs a verb as `ada`, without a password unless a variable has one; nothing that it prints holds one.
    #[track_caller]
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let mut command = self.project.command();
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.env("DATABASE_URL", self.url("ada")).env("HOME", self.project.path());
        let output = command.envs(variables.iter().copied()).args(arguments).output().unwrap();
        let outcome = Outcome::new(arguments, output);
        for secret in [PASSWORD, IN_FILE, IN_ADDRESS, WRONG] {
            assert!(!outcome.to_string().contains(secret), "{outcome}");
        }
        outcome
    }

    /// Writes a file with a line for this server, and returns its path.
    fn file(&self, name: &str, password: &str, mode: u32) -> String {
        let path = self.project.path().join(name);
        let line = format!("{}:{}:{}:ada:{password}", self.socket, self.port, self.database());
        fs::write(&path, format!("# ours\n*:*:*:eve:{WRONG}\n{line}\n*:*:*:*:{WRONG}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_password_is_looked_for_as_libpq_does() {
    let guarded = Guarded::new();
    let none = guarded.run(&["status"], &[]).exits(16).says("password missing").says("PGPASSWORD");
    let home = guarded.project.path().join(".pgpass");
    assert!(none.stderr.contains(home.to_str().unwrap()), "{none}");

    // The file of the home folder, and those that are named before it.
    guarded.file(".pgpass", IN_FILE, 0o600);
    guarded.run(&["status"], &[]).exits(1).answers("3 pending");
    let wrong = guarded.file("wrong.pgpass", WRONG, 0o400);
    let right = guarded.file("right.pgpass", IN_FILE, 0o400);
    let of_wrong = ("PGPASSFILE", &*wrong);
    let refused = guarded.run(&["status"], &[of_wrong]).exits(16);
    refused.says("28P01").says(&format!("its password, which is from {wrong}"));
    let named = format!("{}?passfile={right}", guarded.url("ada"));
    guarded.run(&["status"], &[of_wrong, ("DATABASE_URL", &named)]).exits(1);
    guarded.run(&["status"], &[("PGPASSFILE", "/there/is/none")]).exits(16).says("password missing");

    // The environment goes before the file, and the address before both.
    guarded.run(&["status"], &[of_wrong, ("PGPASSWORD", PASSWORD)]).exits(1);
    guarded.run(&["status"], &[("PGPASSWORD", WRONG)]).exits(16).says("28P01");
    let with_password = guarded.url(&format!("ada:{IN_ADDRESS}"));
    guarded.run(&["status"], &[of_wrong, ("PGPASSWORD", WRONG), ("DATABASE_URL", &with_password)]).exits(1);

    // All that connects has it: the run, the connection of its lock, and `pg_dump`.
    guarded.run(&["up", "--backup", "kept"], &[]).exits(0).says("restore it with");
    guarded.run(&["status", "--json"], &[]).exits(0);
}

#[test]
fn a_password_file_that_others_can_read_is_not_used() {
    let guarded = Guarded::new();
    for mode in [0o640, 0o604, 0o620] {
        let path = guarded.file(".pgpass", IN_FILE, mode);
        let outcome = guarded.run(&["status"], &[]).exits(16).says("others have access to the password file");
        outcome.says(&format!("chmod 600 {path}")).says("password missing");
    }
    // A password file that is not needed is not read.
    let outcome = guarded.run(&["status"], &[("PGPASSWORD", PASSWORD)]).exits(1);
    assert!(!outcome.stderr.contains("password file"), "{outcome}");
    fs::remove_file(guarded.project.path().join(".pgpass")).unwrap();
    fs::create_dir(guarded.project.path().join(".pgpass")).unwrap();
    guarded.run(&["status"], &[]).exits(16).says("the password file is not a regular file");
}

#[test]
fn each_of_several_hosts_has_its_own_password() {
    let guarded = Guarded::new();
    let url = guarded.url("ada").replacen("@", "@127.0.0.1:1,", 1);
    let path = guarded.file(".pgpass", IN_FILE, 0o600);
    guarded.run(&["status"], &[("DATABASE_URL", &url)]).exits(1).says("connected to ");
    fs::write(path, format!("127.0.0.1:1:*:ada:{IN_FILE}\n*:*:*:ada:{WRONG}\n")).unwrap();
    guarded.run(&["status"], &[("DATABASE_URL", &url)]).exits(16).says("28P01");
}

#[test]
fn psql_reads_the_file_likewise() {
    let guarded = Guarded::new();
    let (socket, port, database) = (&guarded.socket, guarded.port, guarded.database());
    let server = format!("{socket}:{port}:{database}");
    let files = [
        (true, format!("{server}:ada:{IN_FILE}")),
        (true, format!("{server}:ada:{IN_FILE}\r\n")),
        (true, format!("{server}:ada:{IN_FILE}:more")),
        (true, format!("{server}:ada:{}", IN_FILE.replace('r', r"\r"))),
        (false, format!("{server}:ada:{}", PASSWORD.replace('\\', r"\\"))), // a colon ends it
        (false, format!("{server}:ada:{PASSWORD}")),
        (false, format!("{server}:ada:{IN_FILE} ")),
        (true, format!("*:*:*:*:{IN_FILE}")),
        (true, format!("{}:{port}:*:\\ada:{IN_FILE}", socket.replace('/', r"\/"))),
        (false, format!("*:*:*:a*:{IN_FILE}")),
        (false, format!("*:*:*:\\*:{IN_FILE}")),
        (false, format!("localhost:*:*:*:{IN_FILE}")),
        (false, format!(" *:*:*:*:{IN_FILE}")),
        (false, format!("#*:*:*:*:{IN_FILE}")),
        (true, format!("\n#\nada\n*:*:*:eve:{WRONG}\n*:*:*:*:{IN_FILE}\n*:*:*:*:{WRONG}")),
        (false, format!("*:*:*:*:{WRONG}\n{server}:ada:{IN_FILE}")),
        (false, format!("*:*:*:*:\n{server}:ada:{IN_FILE}")),
    ];
    let path = guarded.file("the.pgpass", IN_FILE, 0o600);
    for (is_right, file) in files {
        fs::write(&path, &file).unwrap();
        let mut psql = Command::new("psql");
        VARIABLES.iter().fold(&mut psql, |psql, name| psql.env_remove(name)).env("PGPASSFILE", &path);
        let answer = psql.args(["-w", "-c", "SELECT 1", &guarded.url("ada")]).output().unwrap();
        let ours = guarded.run(&["status"], &[("PGPASSFILE", &path)]);
        assert_eq!(
            (answer.status.success(), ours.code == 1),
            (is_right, is_right),
            "{file:?} {answer:?} {ours}"
        );
    }
}
