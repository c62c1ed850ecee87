use super::*;

/// Reads an address in an environment that has only a home folder.
fn read(text: &str) -> Result<Address, AddressError> {
    Address::parse_in(text, &|name| (name == "HOME").then(|| "/nowhere".into()))
}

#[track_caller]
fn shown(text: &str, want: &str) {
    let address = read(text).unwrap();
    let debug = format!("{address:?}");
    assert_eq!((address.to_string().as_str(), debug.contains("secret")), (want, false), "{text}");
}

#[track_caller]
fn refused(text: &str, want: &str) {
    let error = read(text).unwrap_err();
    assert!(error.to_string().contains(want), "{text}: {error}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
}

#[cfg(feature = "sqlite")]
#[test]
fn files_of_sqlite() {
    shown("sqlite:app.db", "sqlite:app.db");
    shown("sqlite://app.db", "sqlite:app.db");
    shown("sqlite:///srv/app.db", "sqlite:/srv/app.db");
    shown("sqlite:///srv/app.db?mode=rwc", "sqlite:/srv/app.db");
    shown("sqlite::memory:", "sqlite::memory:");
    shown("file:./dev.db", "sqlite:./dev.db");
    shown("data/app.db", "sqlite:data/app.db");
    refused("sqlite:", "names no file");
    refused("", "names no file");
    refused("sqlite:app.db?mode=ro", "mode=ro");
    refused("sqlite:app.db?key=topaz", "parameter `key`");
    assert!(!read("sqlite:app.db?key=topaz").unwrap_err().to_string().contains("topaz"));
}

/// In a URI a percent sign begins a code; in a path it is literal.
#[cfg(feature = "sqlite")]
#[test]
fn only_a_uri_of_sqlite_is_decoded() {
    shown("sqlite:a%20b.db", "sqlite:a b.db");
    shown("file:a%20b.db", "sqlite:a b.db");
    shown("sqlite:100%.db", "sqlite:100%.db");
    shown("a%20b.db", "sqlite:a%20b.db");
    shown("./a%2Fb.db", "sqlite:./a%2Fb.db");
    shown("./a?mode=ro", "sqlite:./a?mode=ro");
}

#[cfg(feature = "postgres")]
#[test]
fn servers_without_their_passwords() {
    shown("postgres://ada:secret@db.example.com:5433/shop", "postgresql://ada@db.example.com:5433/shop");
    shown("postgresql://ada@localhost/shop", "postgresql://ada@localhost:5432/shop");
    shown("postgis://ada@localhost/shop", "postgresql://ada@localhost:5432/shop");
    shown("postgres://ada@a:1,b:2/shop", "postgresql://ada@a:1,b:2/shop");
    shown("postgres://ada@%2Ftmp%2Fpg:5432/shop", "postgresql://ada@%2Ftmp%2Fpg:5432/shop");
    shown("postgres:///shop?host=/tmp/pg&user=ada", "postgresql://ada@%2Ftmp%2Fpg:5432/shop");
    shown("postgres://ada@[::1]/shop", "postgresql://ada@[::1]:5432/shop");
    shown("postgres://ada@h/shop?hostaddr=::1", "postgresql://ada@h:5432/shop?hostaddr=::1");
    shown("postgres://ada@/shop?hostaddr=::1", "postgresql://ada@[::1]:5432/shop");
    shown("postgres://ada@h/a%40b", "postgresql://ada@h:5432/a%40b");
    shown("host=h user=ada password=secret dbname=shop", "postgresql://ada@h:5432/shop");
    shown("host = h user='ada' password = 'sec ret' dbname=shop", "postgresql://ada@h:5432/shop");
    shown("postgres://ada:se?secret@h/shop", "postgresql://ada@h:5432/shop");
    shown(
        "postgres://ada:secret@h/shop?schema=public&connection_limit=5&pgbouncer=true",
        "postgresql://ada@h:5432/shop",
    );
}

#[cfg(feature = "postgres")]
#[test]
fn a_parameter_replaces_what_stands_before_it() {
    shown("postgres://u@127.0.0.1:1111/db?host=/sock&port=2222", "postgresql://u@%2Fsock:2222/db");
    shown("postgres://u@h:1/db?user=v&dbname=w&port=2&host=i", "postgresql://v@i:2/w");
    shown("postgres://u@h/db?port=1&port=2", "postgresql://u@h:2/db");
    shown("postgres://u@a:1,b:2/db?port=3", "postgresql://u@a:3,b:3/db");
    shown("host=a host=b user=u dbname=db", "postgresql://u@b:5432/db");
}

#[cfg(feature = "postgres")]
#[test]
fn what_does_not_read_is_told_without_the_password() {
    refused("postgres://ada:se@secret@h/shop", "`%40`");
    refused("postgres://ada:se/secret@h/shop", "`%40`");
    refused("postgres://ada:1/secret@h/shop", "`%40`");
    refused("postgres://ada:1?user=secret@h/shop?user=secret@h", "`%40`");
    refused("postgres://ada:%secret@h/shop", "`%`");
    refused("postgres://ada:secret%0@h/shop", "`%`");
    refused("postgres://ada:secret%00@h/shop", "`%00`");
    refused("postgres://ada:secret@h:port/shop", "port");
    refused("postgres://ada:secret@h:0/shop", "port");
    refused("postgres://ada:secret@h:65536/shop", "port");
    refused("postgres://ada:secret@h:1,secret:2:3/shop", "port");
    refused("postgres://ada:secret@a:1,b:2,c/shop?port=1,2", "2 ports and 3 hosts");
    refused("postgres://ada:secret@a,b/shop?hostaddr=::1", "2 hosts and 1 `hostaddr`s");
    refused("postgres://ada:secret@a/shop?hostaddr=localhost", "`hostaddr`");
    refused("postgres://ada:secret@[::1/shop", "`]`");
    refused("postgres://ada:secret@[]/shop", "empty");
    refused("postgres://ada:secret@[::1]secret/shop", "neither");
    refused("postgres://ada:secret@h/shop?sslmode=maybe", "sslmode");
    refused("postgres://ada:secret@h/shop?sslmode=", "sslmode");
    refused("postgres://ada:secret@h/shop?target_session_attrs=secret", "target_session_attrs");
    refused("postgres://ada:secret@h/shop?connect_timeout=secret", "connect_timeout");
    refused("postgres://ada:secret@h/shop?schema=app", "options=-csearch_path%3Dapp");
    refused("postgres://ada:secret@h/shop?colour=red", "invalid URI query parameter: `colour`");
    refused("postgres://ada@h/shop?password=a&secret=b", "`…`");
    refused("postgres://ada@h/shop?password=a&secret", "no `=`");
    refused("postgres://ada@h/shop?password=a=secret", "two `=`");
    refused("host=h colour=red", "invalid connection option: `colour`");
    refused("host=h password=a secret", "no `=`");
    refused("host=h password=a secret=b", "`…`");
    refused("host=h password='secret", "no quote");
    refused("mysql://ada:secret@h/shop", "mysql");
    // A whole address where a part of one belongs.
    refused("dbname=postgres://ada:secret@h/shop", "`dbname` is a whole address");
    refused("host=ada:secret@h", "`host` is a whole address");
    refused("host=a,secret@h", "`host` is a whole address");
    refused("host=h user=ada:secret@h", "`user` is a whole address");
    refused("postgres://postgres%3A%2F%2Fada%3Asecret%40h", "`host` is a whole address");
    shown("host=@h user=ada@server dbname=a@b", "postgresql://ada%40server@%40h:5432/a%40b");
    for name in ["PGHOST", "PGDATABASE", "PGUSER"] {
        let environment = |of: &str| (of == name).then(|| "postgres://ada:secret@h/shop".into());
        let error = Address::parse_in("postgres://", &environment).unwrap_err().to_string();
        assert!(error.contains("a whole address") && !error.contains("secret"), "{error}");
    }
}

/// libpq honours each of these.
#[cfg(feature = "postgres")]
#[test]
fn nothing_that_makes_a_connection_safer_is_ignored() {
    for (parameter, reason) in [
        ("sslcert=secret.pem", "client certificates"),
        ("sslkey=secret.pem", "client certificates"),
        ("sslpassword=secret", "client certificates"),
        ("sslcertmode=require", "client certificates"),
        ("sslcrl=secret.pem", "revoked"),
        ("sslcrldir=secret", "revoked"),
        ("sslnegotiation=direct", "asks the server for TLS"),
        ("gssencmode=require", "GSSAPI"),
        ("requirepeer=secret", "who runs a server"),
        ("require_auth=scram-sha-256", "authentication"),
        ("min_protocol_version=3.2", "version 3.0"),
        ("oauth_issuer=secret", "OAuth"),
        ("ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2", "no version"),
        ("ssl_max_protocol_version=TLSv1.1", "no version"),
        ("ssl_min_protocol_version=secret", "not a version"),
        ("channel_binding=secret", "`channel_binding`"),
        ("load_balance_hosts=secret", "`load_balance_hosts`"),
        ("sslrootcert=system&sslmode=require", "too weak"),
    ] {
        refused(&format!("postgres://ada:secret@h/shop?{parameter}"), reason);
        refused(&format!("host=h password=secret {}", parameter.replace('&', " ")), reason);
    }
    for parameter in
        ["sslcertmode=allow", "gssencmode=prefer", "sslnegotiation=postgres", "sslcert=", "krbsrvname=x"]
    {
        shown(&format!("postgres://ada:secret@h/shop?{parameter}"), "postgresql://ada@h:5432/shop");
    }
    let of_environment = |name: &'static str| {
        Address::parse_in("postgres://ada@h/shop", &|of| (of == name).then(|| "secret".into()))
    };
    for name in ["PGSSLCERT", "PGSSLCRL", "PGREQUIREAUTH", "PGREQUIREPEER", "PGSSLMODE", "PGCHANNELBINDING"] {
        let error = of_environment(name).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}

#[cfg(feature = "postgres")]
fn postgres(text: &str) -> Box<PostgresAddress> {
    match read(text).unwrap() {
        Address::Postgres(address) => address,
        #[cfg(feature = "sqlite")]
        Address::Sqlite(_) => unreachable!(),
    }
}

#[cfg(feature = "postgres")]
#[test]
fn tls_is_as_with_libpq() {
    let mode = |text: &str| {
        let address = postgres(text);
        (address.ssl_mode(), address.ssl_root_cert().map(std::path::Path::to_owned))
    };
    assert_eq!(mode("postgres://h/x"), (SslMode::Prefer, None));
    assert_eq!(mode("postgres://h/x?sslmode=disable"), (SslMode::Disable, None));
    assert_eq!(mode("postgres://h/x?sslmode=allow"), (SslMode::Allow, None));
    assert_eq!(mode("postgres://h/x?ssl=true"), (SslMode::Require, None));
    assert_eq!(mode("postgres://h/x?requiressl=1"), (SslMode::Require, None));
    assert_eq!(mode("postgres://h/x?sslrootcert=system"), (SslMode::VerifyFull, Some("system".into())));
    assert_eq!(
        mode("postgres://h/x?sslmode=verify-full&sslrootcert=/etc/ca%20x.pem"),
        (SslMode::VerifyFull, Some("/etc/ca x.pem".into()))
    );
}

#[cfg(feature = "postgres")]
#[test]
fn a_password_file_is_asked_for_each_server() {
    let case = |text: &str, line: &str, want: &[bool]| {
        let found = postgres(text).passwords_in(format!("{line}:x1").as_bytes());
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), want, "{text} {line}");
    };
    case("postgres://ada@h/shop", "h:5432:shop:ada", &[true]);
    case("postgres://ada@h/shop", "localhost:5432:shop:ada", &[false]);
    case("postgres://ada@h:5433/shop", "h:5432:shop:ada", &[false]);
    case("postgres://ada@h/", "h:5432:ada:ada", &[true]); // the database is called as the role
    case("postgres://ada@localhost/shop", "localhost:5432:shop:ada", &[true]);
    case("postgres://ada@a:1,b:2/shop", "*:2:shop:ada", &[false, true]);
    case("postgres://ada@a,b/shop", "b:5432:shop:ada", &[false, true]);
    case("postgres:///shop?user=ada&hostaddr=127.0.0.1", "127.0.0.1:5432:shop:ada", &[true]);
    case("postgres://ada@h/shop?hostaddr=127.0.0.1", "h:5432:shop:ada", &[true]);
    case("postgres://ada@h/shop?hostaddr=127.0.0.1", "127.0.0.1:5432:shop:ada", &[false]);
}

/// For libpq, a socket in the folder that it was built with is `localhost`; any other socket is its path.
#[cfg(all(feature = "postgres", unix))]
#[test]
fn a_socket_in_a_password_file() {
    let is_there = |folder: &str, line: &str| {
        let address = postgres(&format!("postgres:///shop?user=ada&host={folder}"));
        address.passwords_in(format!("{line}:5432:shop:ada:x1").as_bytes()) != [None]
    };
    assert!(is_there("/tmp", "localhost"));
    assert!(is_there("/tmp", "/tmp"));
    assert!(is_there("/var/run/postgresql", "localhost"));
    assert!(is_there("/srv/pg", "/srv/pg"));
    assert!(!is_there("/srv/pg", "localhost"));
}

/// Every driver has its own, and `DATABASE_URL` has one address for all of them.
#[cfg(feature = "postgres")]
#[test]
fn options_of_other_drivers_are_ignored_and_named() {
    for names in [
        &["connection_limit", "pool_timeout", "pgbouncer", "socket_timeout", "statement_cache_size"][..],
        &["statement-cache-capacity", "keepalives_retries"],
        &["prepareThreshold", "reWriteBatchedInserts", "tcpKeepAlive", "loadBalanceHosts", "stringtype"],
        &["pool", "encoding", "prepared_statements", "checkout_timeout", "conn_max_age"],
        &["pool_max_conns", "default_query_exec_mode", "binary_parameters", "x-migrations-table"],
        &["supa", "workaround", "prepared_statement_cache_size"],
    ] {
        let options: Vec<_> = names.iter().map(|name| format!("{name}=secret")).collect();
        for text in [
            format!("postgres://ada:secret@h/shop?{}", options.join("&")),
            format!("host=h user=ada dbname=shop password=secret {}", options.join(" ")),
        ] {
            shown(&text, "postgresql://ada@h:5432/shop");
            assert_eq!(read(&text).unwrap().ignored(), names);
        }
    }
    assert!(read("postgres://h/shop?schema=public&sslmode=require").unwrap().ignored().is_empty());
    let twice = read("postgres://h/shop?pool=1&pool=2&sslaccept=accept_invalid_certs&ssl=false").unwrap();
    assert_eq!(twice.ignored(), ["pool", "sslaccept", "ssl"]);
}

#[cfg(feature = "postgres")]
#[test]
fn options_of_other_drivers_that_decide_something_are_not_ignored() {
    for name in ["schema", "currentSchema", "search_path", "schema_search_path"] {
        refused(&format!("postgres://ada:secret@h/shop?{name}=app"), "options=-csearch_path%3Dapp");
        refused(&format!("host=h password=secret {name}=app"), "`--history-schema app`");
        shown(&format!("postgres://ada@h/shop?{name}=public"), "postgresql://ada@h:5432/shop");
    }
    refused("postgres://ada:secret@h/shop?schema=se%27cret", "options=-csearch_path%3DNAME");
    refused("postgres://ada:secret@h/shop?sslaccept=secret", "the value of `sslaccept`");
    refused("postgres://ada:secret@h/shop?ssl=secret", "the value of `ssl`");
    refused("postgres://ada:secret@h/shop?ssl-key=secret", "client certificates");
    refused("postgres://ada:secret@h/shop?gssEncMode=require", "GSSAPI");
    refused("postgres://ada:secret@h/shop?ssl-mode=secret", "sslmode of the address is unknown");
    refused("postgres://ada:secret@h/shop?connectTimeout=secret", "connect_timeout");
    let tls = |parameters: &str| {
        let address = postgres(&format!("postgres://h/x?{parameters}"));
        (address.ssl_mode(), address.ssl_root_cert().map(std::path::Path::to_owned))
    };
    let system = || Some("system".into());
    assert_eq!(tls("ssl-mode=require"), (SslMode::Require, None));
    assert_eq!(tls("sslMode=verify-ca&ssl-ca=/ca"), (SslMode::VerifyCa, Some("/ca".into())));
    assert_eq!(tls("ssl=verify-full&ssl-root-cert=/ca"), (SslMode::VerifyFull, Some("/ca".into())));
    for yes in ["1", "on", "true", "no-verify", "require"] {
        assert_eq!(tls(&format!("ssl={yes}")), (SslMode::Require, None));
        assert_eq!(tls(&format!("sslmode=disable&ssl={yes}")), (SslMode::Require, None));
        assert_eq!(tls(&format!("sslmode=verify-full&ssl={yes}")), (SslMode::VerifyFull, None));
    }
    assert_eq!(tls("ssl=false"), (SslMode::Prefer, None));
    assert_eq!(tls("ssl=false&sslmode=require"), (SslMode::Require, None));
    assert_eq!(tls("sslaccept=strict"), (SslMode::VerifyFull, system()));
    assert_eq!(tls("sslaccept=strict&sslmode=require"), (SslMode::VerifyFull, system()));
    assert_eq!(
        tls("sslmode=prefer&sslrootcert=/ca&sslaccept=strict"),
        (SslMode::VerifyFull, Some("/ca".into()))
    );
    assert_eq!(tls("sslaccept=strict&sslmode=disable"), (SslMode::Disable, None));
    assert_eq!(tls("sslaccept=accept_invalid_certs&sslmode=require"), (SslMode::Require, None));
    let options =
        |parameters: &str| postgres(&format!("postgres://h/x?{parameters}")).options().map(str::to_owned);
    assert_eq!(options("options[statement_timeout]=5s").unwrap(), " -c statement_timeout=5s");
    assert_eq!(
        options("options=-cgeqo%3Doff&options[app.name]=a%20b").unwrap(),
        r"-cgeqo=off -c app.name=a\ b"
    );
    refused("postgres://h/x?options[a%20-c%20b]=secret", "invalid URI query parameter: `…`");
}

#[cfg(feature = "postgres")]
#[test]
fn a_typo_of_an_option_is_an_error() {
    for (typo, meant) in [
        ("sslmod=verify-full", "did you mean `sslmode`?"),
        ("ssl_rootcert=/ca&sslrotcert=/ca", "did you mean `sslrootcert`?"),
        ("target_session_attr=any", "did you mean `target_session_attrs`?"),
        ("aplication_name=a", "did you mean `application_name`?"),
        ("passwort=secret", "did you mean `password`?"),
        ("statement-cache=5", "invalid "),
        ("x-=5", "invalid "),
    ] {
        refused(&format!("postgres://ada:secret@h/shop?{typo}"), meant);
        refused(&format!("host=h {}", typo.replace('&', " ")), meant);
    }
    let after_password = read("postgres://h/shop?password=a&sslmod=b").unwrap_err().to_string();
    assert!(!after_password.contains("did you mean"), "{after_password}");
}
