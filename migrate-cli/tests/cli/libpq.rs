//! Addresses mean what they mean to psql: both are sent to the same doors with the same addresses.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::doors::{Doors, Seen};
use crate::outcome::Outcome;
use crate::project::Project;

/// Doors, and the placeholders for them in the addresses.
struct Street {
    doors: Doors,
    project: Project,
    /// Texts of the addresses and files, and what they become.
    words: Vec<(&'static str, String)>,
}

impl Street {
    fn new() -> Street {
        let (doors, project) = (Doors::default(), Project::sqlite().with_tables());
        let folder = |name: &str| {
            let folder = project.path().join(name);
            fs::create_dir(&folder).unwrap();
            folder
        };
        let one = folder("one");
        let (tcp, tcp2) = (doors.tcp("tcp", "127.0.0.1"), doors.tcp("tcp2", "127.0.0.1"));
        let ipv6 = doors.tcp("ipv6", "::1");
        doors.socket("one", &one, tcp);
        doors.socket("one, port 2222", &one, 2222);
        doors.socket("one, usual port", &one, 5432);
        let outside = format!("migrate-{}", std::process::id());
        doors.abstract_socket("outside", &outside, 5432);
        let encoded = |path: &Path| path.to_str().unwrap().replace('/', "%2F");
        let words = vec![
            ("TCP2", tcp2.to_string()),
            ("TCP", tcp.to_string()),
            ("IPV6", ipv6.to_string()),
            ("%ONE", encoded(&one)),
            ("ONE", one.to_str().unwrap().to_owned()),
            ("OUTSIDE", outside),
            ("HOME", project.path().to_str().unwrap().to_owned()),
            // Where no one listens.
            ("NONE", "1".to_owned()),
        ];
        Street { doors, project, words }
    }

    fn filled(&self, text: &str) -> String {
        self.words
            .iter()
            .fold(text.to_owned(), |text, (word, value)| text.replace(&format!("<{word}>"), value))
    }

    /// Writes a file of the home folder that is private to its owner.
    fn put(&self, name: &str, content: &str) {
        self.project.put(name, &self.filled(content));
        fs::set_permissions(self.project.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn sent(&self, mut command: Command, variables: &[(&str, &str)]) -> (Vec<Seen>, Output) {
        self.doors.take();
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.project.path());
        command.envs(variables.iter().map(|(name, value)| (name, self.filled(value)))).env("LC_ALL", "C");
        let output = command.current_dir(self.project.path()).output().unwrap();
        (self.doors.take(), output)
    }

    /// Whom psql knocks at, and how.
    fn psql(&self, address: &str, variables: &[(&str, &str)]) -> (Vec<Seen>, Output) {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-w", "-c", "SELECT 1", "-d", &self.filled(address)]);
        let (mut seen, output) = self.sent(psql, variables);
        for one in &mut seen {
            one.startup.remove("client_encoding");
            if one.startup.get("application_name").is_some_and(|name| name == "psql") {
                one.startup.remove("application_name");
            }
        }
        (seen, output)
    }

    /// And whom this program does.
    fn ours(&self, address: &str, variables: &[(&str, &str)]) -> (Vec<Seen>, Outcome) {
        let mut ours = Command::new(env!("CARGO_BIN_EXE_cargo-migrate"));
        ours.args(["migrate", "status", "--database-url", &self.filled(address)]);
        let (mut seen, output) = self.sent(ours, variables);
        for one in &mut seen {
            one.startup.remove("client_encoding");
            if one.startup.get("application_name").is_some_and(|name| name == "cargo migrate") {
                one.startup.remove("application_name");
            }
        }
        (seen, Outcome::new(&["status", address], output))
    }

    /// Both knock at this door, in the same way. They say who they are, unless the door is `-`: no one opens.
    #[track_caller]
    fn same(&self, address: &str, variables: &[(&str, &str)], door: &str) {
        let (psql, said) = self.psql(address, variables);
        let (ours, outcome) = self.ours(address, variables);
        assert_eq!(ours, psql, "{address} {variables:?}\n{}{outcome}", String::from_utf8_lossy(&said.stderr));
        let last = ours.last().map_or("-", |seen| &seen.door);
        assert_eq!(last, door, "{address} {variables:?}\n{outcome}");
        outcome.exits(16);
    }
}

#[test]
fn hosts_and_ports_are_those_of_psql() {
    let street = Street::new();
    let same = |address: &str, door: &str| street.same(address, &[], door);
    same("postgres://u@127.0.0.1:<TCP>/db", "tcp");
    same("postgresql://u:pw@127.0.0.1:<TCP>/db", "tcp");
    // A parameter replaces an earlier value; of two the second counts.
    same("postgres://u@127.0.0.1:<TCP>/db?host=<ONE>&port=2222", "one, port 2222");
    same("postgres://u@127.0.0.1:<TCP>/db?port=<TCP2>", "tcp2");
    same("postgres://u@127.0.0.1/db?port=<TCP>&port=<TCP2>", "tcp2");
    same("postgres://u@nowhere.invalid:<TCP>/db?host=127.0.0.1", "tcp");
    same("postgres://u@h:<TCP>/db?user=v&dbname=w&host=127.0.0.1", "tcp");
    // Sockets.
    same("postgres://u@<%ONE>/db", "one, usual port");
    same("postgres://u@<%ONE>:2222/db", "one, port 2222");
    same("postgres:///db?host=<ONE>&user=u", "one, usual port");
    same("postgres://u@/db?host=<%ONE>&port=<TCP>", "one");
    same("postgres://u@:2222/db?host=<ONE>", "one, port 2222");
    same("postgres://:2222?host=<ONE>", "one, port 2222");
    same("postgres://u@%40<OUTSIDE>/db", "outside");
    same("host=@<OUTSIDE> user=u", "outside");
    // Several.
    same("postgres://u@127.0.0.1:<NONE>,127.0.0.1:<TCP>/db", "tcp");
    same("postgres://u@127.0.0.1:<TCP>,127.0.0.1:<TCP2>/db", "tcp");
    same("postgres://u@<%ONE>:3,127.0.0.1:<TCP2>/db", "tcp2");
    same("postgres://u@127.0.0.1,<%ONE>/db?port=<TCP>", "tcp");
    same("postgres://u@127.0.0.1:<NONE>,<%ONE>/db", "one, usual port");
    same("postgres://u@nowhere.invalid,127.0.0.1/db?port=<TCP2>", "tcp2");
    same("postgres://u@127.0.0.1,[::1]/db?port=<NONE>,<IPV6>", "ipv6");
    same("host=127.0.0.1,<ONE> port=<NONE>,2222 user=u", "one, port 2222");
    same("host=127.0.0.1,<ONE> port=<NONE>, user=u", "one, usual port");
    // IPv6, and addresses next to names.
    same("postgres://u@[::1]:<IPV6>/db", "ipv6");
    same("postgres://u@[::1]/db?port=<IPV6>", "ipv6");
    same("postgres://u@nowhere.invalid:<TCP>/db?hostaddr=127.0.0.1", "tcp");
    same("postgres://u@:<TCP>/db?hostaddr=127.0.0.1", "tcp");
    same("postgres://u@<%ONE>:<TCP2>/db?hostaddr=127.0.0.1", "tcp2");
    same("postgres://u@a,b/db?hostaddr=127.0.0.1,::1&port=<NONE>,<IPV6>", "ipv6");
    // Empty parts.
    same("postgres://@127.0.0.1:<TCP>/", "tcp");
    same("postgres://:@127.0.0.1:<TCP>/?", "tcp");
    same("postgres://u:@127.0.0.1:<TCP>", "tcp");
    same("postgres://u@<%ONE>:/db", "one, usual port");
    same("postgres://u@<%ONE>/", "one, usual port");
    same("postgres://u@<%ONE>?", "one, usual port");
    same("postgres://u@127.0.0.1:<TCP>/db?user=&dbname=&application_name=", "tcp");
    same("postgres://u@127.0.0.1:<TCP>/db?password=", "tcp");
}

#[test]
fn words_are_those_of_psql() {
    let street = Street::new();
    let same = |address: &str, door: &str| street.same(address, &[], door);
    // Percent signs. A plus is one.
    same("postgres://u%2F%40v:p%3Aw%25@127.0.0.1:<TCP>/d%20b%2Bc+d", "tcp");
    same("postgres://gr%C3%B6%C3%9Fe@%31%32%37.0.0.1:<TCP>/%64b", "tcp");
    same("postgres://u:p+w@127.0.0.1:<TCP>/db?application_name=a+b%20c", "tcp");
    same("postgres://u:p?w#x@127.0.0.1:<TCP>/db", "tcp");
    same("postgres://u:p:w@127.0.0.1:<TCP>/db", "tcp");
    same("postgres://u:p%FFw@127.0.0.1:<TCP>/db", "tcp");
    same("postgres://u@127.0.0.1:<TCP>/db/c", "tcp");
    same("postgres://u@127.0.0.1:<TCP>/db?options=-c%20geqo%3Doff&application_name=x", "tcp");
    same("postgres://u@127.0.0.1:%31<NONE>,127.0.0.1:<TCP>/db?connect_timeout=%205%20&keepalives=0", "tcp");
    same(
        "postgres://u@127.0.0.1:<TCP>/db?u%73er=v&krbsrvname=x&client_encoding=latin1&sslcompression=1",
        "tcp",
    );
    same("postgres://u@127.0.0.1:<TCP>/db?keepalives_idle=9&keepalives_interval=9&keepalives_count=9", "tcp");
    same("postgres://u@127.0.0.1:<TCP>/db?tcp_user_timeout=9000&channel_binding=disable", "tcp");
    same("postgres://u:p@127.0.0.1:<TCP>/db?channel_binding=require", "tcp");
    // Whether TLS is asked for.
    same("postgres://u:p@127.0.0.1:<TCP>/db?sslmode=disable", "tcp");
    same("postgres://u:p@127.0.0.1:<TCP>/db?sslmode=allow", "tcp");
    same("postgres://u:p@127.0.0.1:<TCP>/db?sslmode=prefer", "tcp");
    same("postgres://u:p@127.0.0.1:<TCP>/db?sslmode=require", "tcp");
    same("postgres://u:p@127.0.0.1:<TCP>/db?ssl=true", "tcp");
    same("postgres://u:p@127.0.0.1:<TCP>/db?requiressl=1", "tcp");
    same("postgres://u:p@127.0.0.1:<TCP>/db?requiressl=0", "tcp");
    same("postgres://u:p@<%ONE>/db?sslmode=require", "one, usual port");
    same("postgres://u:p@<%ONE>/db?sslmode=verify-full", "one, usual port");
    same("postgres://u:p@:<TCP>/db?hostaddr=127.0.0.1&sslmode=require", "tcp");
    same("postgres://u:p@127.0.0.1:<TCP>,<%ONE>:2222/db?sslmode=require", "tcp");
    same("postgres://u:p@<%ONE>:3,127.0.0.1:<TCP>/db?sslmode=allow", "tcp");
    // The other form.
    same("host=127.0.0.1 port=<TCP> user=u dbname=db password=p", "tcp");
    same("  host = 127.0.0.1\tport= <TCP> user =u dbname='d b' password = 'p \\' \\\\ w' ", "tcp");
    same("host=127.0.0.1 port='<TCP>' user='' password=a\\ b\\'c dbname=x", "tcp");
    same("host=127.0.0.1 host=<ONE> port=2222 user=u", "one, port 2222");
    same("port=<TCP> hostaddr=127.0.0.1 user=u requiressl=1", "tcp");
    same("user=u host=127.0.0.1 port=<TCP> options='-c geqo=off' application_name='a b'", "tcp");
    // A server that cannot be looked for.
    for address in [
        "postgres://u:p@127.0.0.1:<TCP>/db?host=%zz",
        "postgres://u:p%@127.0.0.1:<TCP>/db",
        "postgres://u:p%1@127.0.0.1:<TCP>/db",
        "postgres://u:p%00@127.0.0.1:<TCP>/db",
        "postgres://u@127.0.0.1:<TCP>/db?colour=red",
        "postgres://u@127.0.0.1:<TCP>/db?user",
        "postgres://u@127.0.0.1:<TCP>/db?user=a=b",
        "postgres://u@127.0.0.1:<TCP>/db?user=a&&dbname=b",
        "postgres://u@127.0.0.1:<TCP>/db?sslmode=",
        "postgres://u@127.0.0.1:<TCP>/db?sslmode=Require",
        "postgres://u@127.0.0.1:<TCP>/db?target_session_attrs=",
        "postgres://u@127.0.0.1:<TCP>/db?target_session_attrs=primary,standby",
        "postgres://u@127.0.0.1:<TCP>/db?channel_binding=yes",
        "postgres://u@127.0.0.1:<TCP>/db?gssencmode=yes",
        "postgres://u@127.0.0.1:<TCP>/db?port=<TCP>,<TCP>",
        "postgres://u@127.0.0.1,127.0.0.1/db?hostaddr=127.0.0.1&port=<TCP>",
        "postgres://u@[127.0.0.1:<TCP>/db",
        "postgres://u@[]:<TCP>/db",
        "postgres://u@[::1]x:<TCP>/db",
        "postgres://u@127.0.0.1:<TCP>x/db",
        "postgres://u@127.0.0.1:<TCP>/db?port=0",
        "postgres://u@127.0.0.1:99999/db",
        "postgres://u@127.0.0.1:<TCP>/db?sslmode=verify-ca",
        "postgres://u@127.0.0.1:<TCP>/db?sslmode=verify-full",
        "host=127.0.0.1 port=<TCP> user",
        "host=127.0.0.1 port=<TCP> user='u",
        "host=127.0.0.1 port=<TCP> colour=red",
        "host=127.0.0.1 port=<TCP> service=",
        "service=unknown host=127.0.0.1 port=<TCP>",
    ] {
        // psql may knock before it finds that it has no authority.
        let (seen, said) = street.psql(address, &[]);
        assert!(seen.iter().all(|seen| seen.startup.is_empty()), "{address} {seen:?} {said:?}");
        let (seen, outcome) = street.ours(address, &[]);
        assert!(seen.iter().all(|seen| seen.startup.is_empty()), "{address} {seen:?} {outcome}");
        outcome.exits(16);
    }
}

#[test]
fn the_environment_is_that_of_psql() {
    let street = Street::new();
    street.put(".pgpass", "127.0.0.1:<TCP>:*:*:of home\n*:*:*:*:of all\n");
    street.put("other.pgpass", "*:*:db:u:of other\n");
    let all = [("PGHOST", "127.0.0.1"), ("PGPORT", "<TCP>"), ("PGUSER", "ada"), ("PGDATABASE", "shop")];
    let with = |more: &[(&'static str, &'static str)]| [&all, more].concat();
    for address in
        ["postgres://", "postgres:///", "postgres://@/", "postgres://:@", "postgresql://?", "dbname=x"]
    {
        street.same(address, &all, "tcp");
    }
    let same = |address: &str, more: &[(&'static str, &'static str)], door: &str| {
        street.same(address, &with(more), door);
    };
    same("postgres://u@/db", &[], "tcp");
    same("postgres:///?user=&dbname=", &[], "tcp");
    same("postgres:///?host=<ONE>&port=", &[], "one, usual port");
    same("postgres://<%ONE>/", &[("PGPORT", "2222")], "one, port 2222");
    // A comma in the address says that the ports are the usual ones.
    same("postgres://127.0.0.1,<%ONE>/", &[("PGPORT", "<NONE>,2222")], "one, usual port");
    same("postgres://", &[("PGHOST", "127.0.0.1,<ONE>"), ("PGPORT", "<NONE>,2222")], "one, port 2222");
    same("postgres://", &[("PGHOST", "<ONE>"), ("PGHOSTADDR", "127.0.0.1")], "tcp");
    same("postgres://<%ONE>/", &[("PGHOSTADDR", "127.0.0.1")], "tcp");
    same("postgres://", &[("PGPASSWORD", "of environment")], "tcp");
    same("postgres://u:mine@", &[("PGPASSWORD", "of environment")], "tcp");
    same("postgres:///?password=", &[("PGPASSWORD", "of environment")], "tcp");
    same("postgres://u@/db", &[("PGPASSFILE", "<HOME>/other.pgpass")], "tcp");
    same("postgres://u@/db?passfile=<HOME>/other.pgpass", &[("PGPASSFILE", "/nowhere")], "tcp");
    same("postgres://u@/db2", &[("PGPASSFILE", "<HOME>/other.pgpass")], "tcp");
    same("postgres://", &[("PGOPTIONS", "-c geqo=off"), ("PGAPPNAME", "of environment")], "tcp");
    same("postgres:///?application_name=mine", &[("PGAPPNAME", "of environment")], "tcp");
    same("postgres:///?options=-c%20a%3Db", &[("PGOPTIONS", "-c geqo=off")], "tcp");
    same("postgres://", &[("PGCONNECT_TIMEOUT", "5"), ("PGTARGETSESSIONATTRS", "any")], "tcp");
    for mode in ["disable", "allow", "prefer", "require"] {
        same("postgres://u:p@", &[("PGSSLMODE", mode)], "tcp");
        same("postgres://u:p@<%ONE>", &[("PGSSLMODE", mode), ("PGPORT", "2222")], "one, port 2222");
        same("postgres://u:p@/?sslmode=disable", &[("PGSSLMODE", mode)], "tcp");
        same("postgres://u:p@", &[("PGSSLMODE", mode), ("PGREQUIRESSL", "1")], "tcp");
    }
    same("postgres://u:p@", &[("PGREQUIRESSL", "1")], "tcp");
    same("postgres://u:p@", &[("PGREQUIRESSL", "0")], "tcp");
    // The password of each host is its own.
    same("postgres://<%ONE>:3,127.0.0.1:<TCP>/", &[], "tcp");
    same("postgres://127.0.0.1:<NONE>,<%ONE>:2222/", &[], "one, port 2222");
}

/// psql sends them next to the options; the driver knows only the options.
#[test]
fn settings_of_the_environment_are_sent() {
    let street = Street::new();
    let variables = [("PGTZ", "Europe/Vienna"), ("PGDATESTYLE", "German, DMY"), ("PGGEQO", "off")];
    let (seen, _) = street.ours("postgres://u@127.0.0.1:<TCP>/db?options=-cx.y%3Dz", &variables);
    let want = r"-cx.y=z -c datestyle=German,\ DMY -c timezone=Europe/Vienna -c geqo=off";
    assert_eq!(seen[0].startup["options"], want);
    let address = "postgres://u@127.0.0.1:<TCP>/db?fallback_application_name=y";
    assert_eq!(street.ours(address, &[]).0[0].startup["application_name"], "y");
    let (seen, _) = street.ours(address, &[("PGAPPNAME", "x")]);
    assert_eq!(seen[0].startup["application_name"], "x");
}

#[test]
fn services_are_those_of_psql() {
    let street = Street::new();
    let file = "# ours\n\n[other]\nhost=<ONE>\nport=2222\n\n  [shop]  \nhost=127.0.0.1\n port=<TCP>\r\nport=1\ndbname=sh op\n\
                user=ada\npassword=a=b # c\n#port=2\n[shop]\nuser=second\n[broken]\nhost = 127.0.0.1\n[nested]\nservice=shop\n\
                [unknown]\ncolour=red\n[late]\nhost=<ONE>\n";
    street.put(".pg_service.conf", file);
    street.put("named.conf", "[shop]\nhost=<ONE>\nport=2222\nsslmode=require\n");
    street.put("system/pg_service.conf", "[ours]\nhost=127.0.0.1\nport=<TCP2>\n");
    let same = |address: &str, variables: &[(&str, &str)], door: &str| street.same(address, variables, door);
    same("service=shop", &[], "tcp");
    same("postgres://?service=shop", &[], "tcp");
    same("postgres:///mine?service=shop&port=<TCP2>", &[], "tcp2");
    same("postgres://u:p@/?service=shop", &[], "tcp");
    same("service=shop user=", &[], "tcp");
    same("service=other", &[], "one, port 2222");
    same("service=late", &[("PGPORT", "2222")], "one, port 2222");
    // The service goes before the environment, and the address before the service.
    same(
        "postgres://",
        &[("PGSERVICE", "shop"), ("PGHOST", "<ONE>"), ("PGPORT", "2222"), ("PGUSER", "eve")],
        "tcp",
    );
    same("service=other", &[("PGSERVICE", "shop")], "one, port 2222");
    same("service=shop", &[("PGSERVICEFILE", "<HOME>/named.conf")], "one, port 2222");
    same("service=ours", &[("PGSYSCONFDIR", "<HOME>/system")], "tcp2");
    for (address, variables) in [
        ("service=broken", vec![]),
        ("service=nested", vec![]),
        ("service=unknown", vec![]),
        ("service=sho", vec![]),
        ("service=shop]", vec![]),
        ("service=other", vec![("PGSERVICEFILE", "<HOME>/named.conf")]),
        ("service=shop", vec![("PGSERVICEFILE", "<HOME>/nowhere.conf")]),
    ] {
        same(address, &variables, "-");
    }
    let (_, outcome) = street.ours("service=unknown", &[]);
    outcome.says(".pg_service.conf:22");
}

/// A server that accepts a connection and never answers does not stop the run.
#[test]
fn a_server_that_never_answers_is_passed_by() {
    let street = Street::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let address = format!("postgres://u:p@127.0.0.1:{port},127.0.0.1:<TCP>/db?connect_timeout=1");
    let ((psql, _), (ours, outcome)) = (street.psql(&address, &[]), street.ours(&address, &[]));
    assert_eq!((ours.len(), &ours), (1, &psql));
    outcome.exits(16).says("it did not answer in time").says("28P01");
}

#[test]
fn of_many_servers_a_few_are_reported() {
    let street = Street::new();
    let address = format!("postgres://u:p@{}127.0.0.1:<TCP>/db", "127.0.0.1:1,".repeat(200));
    let (seen, outcome) = street.ours(&address, &[]);
    assert_eq!(seen.len(), 1);
    let outcome = outcome.exits(16).says("28P01").says("and 190 more");
    assert!(outcome.stderr.lines().count() < 20, "{outcome}");
}

/// Versions of libpq before 16 know no such parameter.
#[test]
fn hosts_are_tried_in_any_order_where_that_is_asked_for() {
    let street = Street::new();
    let doors = |parameter: &str| -> BTreeSet<String> {
        let address =
            format!("postgres://u@127.0.0.1:<TCP>,127.0.0.1:<TCP2>/db?load_balance_hosts={parameter}");
        (0..24).map(|_| street.ours(&address, &[]).0.remove(0).door).collect()
    };
    assert_eq!(doors("disable"), BTreeSet::from(["tcp".to_owned()]));
    // Once in 8 million times it is always the same.
    assert_eq!(doors("random").len(), 2);
}

/// What psql would do and this program does not, it says.
#[test]
fn what_is_not_honoured_is_refused() {
    let street = Street::new();
    for parameter in ["sslcert=a", "sslcrl=a", "gssencmode=require", "requirepeer=a", "require_auth=none"] {
        let (seen, outcome) =
            street.ours(&format!("postgres://u:hunter2@127.0.0.1:<TCP>/db?{parameter}"), &[]);
        assert_eq!(seen, []);
        let keyword = parameter.split_once('=').unwrap().0;
        let outcome = outcome.exits(16).says(&format!("the address has `{keyword}`"));
        assert!(!outcome.stderr.contains("hunter2"), "{outcome}");
    }
}
