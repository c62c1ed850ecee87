use super::*;

#[track_caller]
fn shown(text: &str, want: &str) {
    let address = Address::parse(text).unwrap();
    assert_eq!(
        (address.to_string().as_str(), format!("{address:?}").contains("secret")),
        (want, false),
        "{text}"
    );
}

#[track_caller]
fn refused(text: &str, want: &str) {
    let error = Address::parse(text).unwrap_err().to_string();
    assert!(error.contains(want), "{text}: {error}");
    assert!(!error.contains("secret"), "{error}");
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
    shown("sqlite:a%20b.db", "sqlite:a b.db");
    refused("sqlite:", "names no file");
    refused("sqlite:app.db?mode=ro", "mode=ro");
}

#[cfg(feature = "postgres")]
#[test]
fn servers_without_their_passwords() {
    shown("postgres://ada:secret@db.example.com:5433/shop", "postgresql://ada@db.example.com:5433/shop");
    shown("postgresql://ada@localhost/shop", "postgresql://ada@localhost:5432/shop");
    shown("postgis://ada@localhost/shop", "postgresql://ada@localhost:5432/shop");
    shown("postgres://ada@a:1,b:2/shop", "postgresql://ada@a:1,b:2/shop");
    shown("postgres://ada@%2Ftmp%2Fpg:5432/shop", "postgresql://ada@%2Ftmp%2Fpg:5432/shop");
    shown("postgres:///shop?host=/tmp/pg&user=ada", "postgresql://ada@%2Ftmp%2Fpg/shop");
    shown(
        "postgres://ada:secret@h/shop?schema=public&connection_limit=5&pgbouncer=true",
        "postgresql://ada@h:5432/shop",
    );
}

#[cfg(feature = "postgres")]
#[test]
fn what_does_not_read_is_told_without_the_password() {
    refused("postgres://ada:se?secret@h/shop", "before its `@`");
    refused("postgres://ada:secret@h:port/shop", "does not read");
    refused("postgres://ada:secret@h/shop?sslmode=maybe", "sslmode");
    refused("postgres://ada:secret@h/shop?sslcert=a.pem", "client certificates");
    refused("postgres://ada:secret@h/shop?schema=app", "options=-csearch_path%3Dapp");
    refused("postgres://ada:secret@h/shop?colour=red", "colour");
    refused("mysql://ada:secret@h/shop", "mysql");
    refused("host=h user=ada password=secret dbname=shop", "keywords");
}

#[cfg(feature = "postgres")]
#[test]
fn tls_is_as_with_libpq() {
    let mode = |text: &str| match Address::parse(text).unwrap() {
        Address::Postgres(address) => {
            (address.ssl_mode(), address.ssl_root_cert().map(std::path::Path::to_owned))
        }
        #[cfg(feature = "sqlite")]
        Address::Sqlite(_) => unreachable!(),
    };
    assert_eq!(mode("postgres://h/x"), (SslMode::Prefer, None));
    assert_eq!(mode("postgres://h/x?sslmode=disable"), (SslMode::Disable, None));
    assert_eq!(
        mode("postgres://h/x?sslmode=verify-full&sslrootcert=/etc/ca%20x.pem"),
        (SslMode::VerifyFull, Some("/etc/ca x.pem".into()))
    );
    assert_eq!(mode("postgres:///x?host=/tmp&sslmode=require"), (SslMode::Disable, None));
}

#[cfg(feature = "postgres")]
#[test]
fn a_password_file_is_asked_for_each_server() {
    let case = |text: &str, line: &str, want: &[bool]| {
        let found = match Address::parse(text).unwrap() {
            Address::Postgres(address) => address.passwords_in(format!("{line}:x1").as_bytes()),
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => unreachable!(),
        };
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

/// To libpq, a socket in the folder that it was built with is `localhost`, and in another one the path.
#[cfg(all(feature = "postgres", unix))]
#[test]
fn a_socket_in_a_password_file() {
    let is_there = |folder: &str, line: &str| {
        let Ok(Address::Postgres(address)) =
            Address::parse(&format!("postgres:///shop?user=ada&host={folder}"))
        else {
            unreachable!()
        };
        address.passwords_in(format!("{line}:5432:shop:ada:x1").as_bytes()) != [None]
    };
    assert!(is_there("/tmp", "localhost"));
    assert!(is_there("/tmp", "/tmp"));
    assert!(is_there("/var/run/postgresql", "localhost"));
    assert!(is_there("/srv/pg", "/srv/pg"));
    assert!(!is_there("/srv/pg", "localhost"));
}
