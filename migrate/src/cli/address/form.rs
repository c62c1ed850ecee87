//! Tells the forms of an address apart by the beginning of its text, such as `postgres://` or `host=`.

use super::AddressError;
#[cfg(feature = "postgres")]
use super::pairs;
use super::redacted::names_password;

/// The form in which an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form<'t> {
    /// The text after `postgres://`.
    Uri(&'t str),
    /// Keywords of libpq with their values.
    #[cfg(feature = "postgres")]
    Pairs(&'t str),
    /// The text after `sqlite:`.
    Sqlite(&'t str),
    /// The path of a file.
    Path(&'t str),
}

const POSTGRES: [&str; 3] = ["postgres", "postgresql", "postgis"];
const SQLITE: [&str; 3] = ["sqlite", "sqlite3", "file"];

impl<'t> Form<'t> {
    /// Finds the form of a text by its beginning. A text that may hold a password is never taken for the path of a file,
    /// because paths are shown.
    pub(super) fn of(text: &'t str) -> Result<Form<'t>, AddressError> {
        if text.starts_with(['\'', '"', '`', '‘', '’', '“', '”']) {
            return Err(AddressError::new(
                "the address of the database has quotes around it",
                "remove them: a shell, `.env` or YAML reader should have removed them, and something kept them",
            ));
        }
        if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("jdbc:")) {
            return Err(of_java(&text[5..]));
        }
        #[cfg(feature = "postgres")]
        if !begins_with_scheme(text) && pairs::is_of_this_form(text) {
            return Ok(Form::Pairs(text));
        }
        if text.trim() != text {
            return Err(AddressError::new(
                "the address of the database begins or ends with white space",
                "remove it; write `%20` for a blank in a URL",
            ));
        }
        match text.split_once(':') {
            Some((scheme, rest)) if POSTGRES.contains(&scheme) => match rest.strip_prefix("//") {
                Some(rest) => Ok(Form::Uri(rest)),
                None => Err(AddressError::new(
                    format!("the address of the database has no `//` after `{scheme}:`"),
                    "write it as `postgres://user@host:5432/name`",
                )),
            },
            Some((scheme, rest)) if SQLITE.contains(&scheme) => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if may_hold_password(path) { Err(no_path()) } else { Ok(Form::Sqlite(rest)) }
            }
            Some((scheme, rest)) if rest.starts_with("//") => Err(AddressError::new(
                format!("the address of the database begins with `{}:`", printable_scheme(scheme)),
                "this tool knows `postgres://` and `sqlite:`, in small letters",
            )),
            _ if may_hold_password(text) || text.starts_with("//") || has_parameters(text) => Err(no_path()),
            _ => Ok(Form::Path(text)),
        }
    }
}

/// Whether the text may hold a password: it has a `:` before an `@`, as in `user:password@host`, or a word such as
/// `password=`, and does not begin like a path.
fn may_hold_password(text: &str) -> bool {
    let before = text.rsplit_once('@').map_or("", |(before, _)| before);
    (before.contains(':') || names_password(text)) && !is_clearly_path(text)
}

/// Whether a `=` follows a `?`, as in a URL without its scheme.
fn has_parameters(text: &str) -> bool {
    text.split_once('?').is_some_and(|(_, rest)| rest.contains('=')) && !is_clearly_path(text)
}

fn is_clearly_path(text: &str) -> bool {
    let is_of_drive = matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
        && !text[2..].starts_with("//");
    let is_of_folder = ["/", "./", "../", ".\\", "..\\"].iter().any(|start| text.starts_with(start));
    (is_of_folder && !text.starts_with("//")) || is_of_drive
}

fn no_path() -> AddressError {
    AddressError::new(
        "the address of the database is neither a URL nor the path of a file",
        "write `postgres://user:password@host/name` for a server, and `sqlite:./file` for a file whose name has an `@` \
         or a `?`",
    )
}

fn of_java(rest: &str) -> AddressError {
    let help = if rest.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("sqlite")) {
        "leave out `jdbc:`, and write `sqlite:` and the path of the file"
    } else {
        "leave out `jdbc:`, and write the role and its password before the host: `postgres://user:password@host:5432/name`"
    };
    AddressError::new("the address of the database is for Java: it begins with `jdbc:`", help)
}

#[cfg(feature = "postgres")]
fn begins_with_scheme(text: &str) -> bool {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    POSTGRES.contains(&scheme) || SQLITE.contains(&scheme)
}

/// The scheme if it looks like one. A longer text may be a password, and is not shown.
fn printable_scheme(scheme: &str) -> &str {
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if scheme.len() <= 20 && scheme.bytes().all(is_of_scheme) { scheme } else { "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_text_is() {
        let case = |text, want| assert_eq!(Form::of(text).unwrap(), want, "{text}");
        case("postgres://h/x", Form::Uri("h/x"));
        case("postgresql://", Form::Uri(""));
        case("postgis://h", Form::Uri("h"));
        case("sqlite:a.db", Form::Sqlite("a.db"));
        case("sqlite:./a:b@c", Form::Sqlite("./a:b@c"));
        case("sqlite:///srv/a:b@c", Form::Sqlite("///srv/a:b@c"));
        case("file:a.db?mode=rw", Form::Sqlite("a.db?mode=rw"));
        case("sqlite::memory:", Form::Sqlite(":memory:"));
        case(":memory:", Form::Path(":memory:"));
        case("a.db", Form::Path("a.db"));
        case("a%20b.db", Form::Path("a%20b.db"));
        case("a=b.db", Form::Path("a=b.db"));
        case("me@home.db", Form::Path("me@home.db"));
        case("./a:b@c.db", Form::Path("./a:b@c.db"));
        case("/srv/a:b@c.db?d=e", Form::Path("/srv/a:b@c.db?d=e"));
        case(r"C:\data\me@home.db", Form::Path(r"C:\data\me@home.db"));
        case("C:/data/me@home.db", Form::Path("C:/data/me@home.db"));
        #[cfg(feature = "postgres")]
        for text in
            ["host=h", "  user = ada  host=h", "password=http://x host=h", "x=1 dbname=d", "requiressl=1"]
        {
            case(text, Form::Pairs(text));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let case = |text: &str, want: &str| {
            let error = Form::of(text).unwrap_err().to_string();
            assert!(error.contains(want) && !error.contains("hunter"), "{text}: {error}");
        };
        for text in ["'postgres://a:hunter2@h/x'", "\"a.db\"", "`a.db`", "“postgres://h”", "'postgres://h"]
        {
            case(text, "quotes around it");
        }
        case("jdbc:postgresql://h/x?user=a&password=hunter2", "leave out `jdbc:`");
        case("JDBC:postgresql://a:hunter2@h/x", "leave out `jdbc:`");
        case("jdbc:sqlite:a.db", "`sqlite:` and the path");
        case(" postgres://a:hunter2@h/x", "white space");
        case("postgres://a:hunter2@h/x\n", "white space");
        case("postgres:/a:hunter2@h/x", "no `//`");
        case("postgresql:a:hunter2@h/x", "no `//`");
        case("Postgres://a:hunter2@h/x", "`Postgres:`");
        case("mysql://a:hunter2@h/x", "`mysql:`");
        case("postgresql+asyncpg://a:hunter2@h/x", "`postgresql+asyncpg:`");
        case("DATABASE_URL=postgres://a:hunter2@h/x", "`…:`");
        for text in [
            "a:hunter2@h/x",
            "a:hunter@2@h",
            ":hunter2@h",
            "//a:hunter2@h/x",
            "h/x?user=a&password=hunter2",
            "\u{feff}a:hunter2@h/x",
            "sqlite:a:hunter2@h/x",
            "sqlite://a:hunter2@h/x",
            "c://a:hunter2@h/x",
            "Server=h;User Id=a;Password=hunter2;Database=x",
            "Driver={PostgreSQL};Server=h;Pwd=hunter2",
            "PGPASSWORD=hunter2 psql h",
            "sqlite:Data Source=a.db;Password=hunter2",
        ] {
            case(text, "");
        }
    }
}
