//! Finds a password in the text of a password file (PostgreSQL manual, 34.16). A line is
//! `host:port:database:user:password`, such as `db.example.com:5432:shop:*:x1`.

/// The connection that needs a password.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'w> {
    /// The names that the file may use for the host.
    pub(super) hosts: &'w [&'w str],
    pub(super) port: u16,
    pub(super) database: &'w str,
    pub(super) user: &'w str,
}

/// The password of the first line that matches.
pub(super) fn password(file: &[u8], wanted: Wanted<'_>) -> Option<Vec<u8>> {
    file.split(|byte| *byte == b'\n').find_map(|line| of_line(line, wanted))
}

fn of_line(line: &[u8], wanted: Wanted<'_>) -> Option<Vec<u8>> {
    if line.starts_with(b"#") {
        return None;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (host, rest) = cut(line)?;
    let (port, rest) = cut(rest)?;
    let (database, rest) = cut(rest)?;
    let (user, rest) = cut(rest)?;
    // A colon ends the password too, and libpq ignores the text after it.
    let (password, _) = cut(rest).unwrap_or((rest, &[]));
    let matches = wanted.hosts.iter().any(|name| is(host, name))
        && is(port, &wanted.port.to_string())
        && is(database, wanted.database)
        && is(user, wanted.user);
    matches.then(|| unescaped(password))
}

/// The text before the next unescaped colon, and the text after it.
fn cut(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut is_escaped = false;
    let colon = text.iter().position(|byte| {
        let ends = *byte == b':' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    })?;
    Some((&text[..colon], &text[colon + 1..]))
}

fn is(field: &[u8], value: &str) -> bool {
    field == b"*" || unescaped(field) == value.as_bytes()
}

/// The text without its escapes: each backslash makes the next byte literal.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.iter();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let escaped = if *byte == b'\\' { bytes.next() } else { None };
        out.push(*escaped.unwrap_or(byte));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_matches() {
        let wanted = Wanted { hosts: &["db.example.com"], port: 5432, database: "shop", user: "ada" };
        let case = |file: &str, want: Option<&str>| {
            let found = password(file.as_bytes(), wanted);
            assert_eq!(found.as_deref(), want.map(str::as_bytes), "{file}");
        };
        case("db.example.com:5432:shop:ada:x1", Some("x1"));
        case("db.example.com:5432:shop:ada:x1\n", Some("x1"));
        case("db.example.com:5432:shop:ada:x1\r\n", Some("x1"));
        case("*:*:*:*:x1", Some("x1"));
        case("*:*:*:ada:first\ndb.example.com:5432:shop:ada:second", Some("first"));
        // Each field has to be it, and all of it.
        case("db.example.co:*:*:*:x1", None);
        case("db.example.com.:*:*:*:x1", None);
        case("DB.example.com:*:*:*:x1", None);
        case("*:5433:*:*:x1", None);
        case("*:*:shops:*:x1", None);
        case("*:*:*:eve:x1\n*:*:*:ada:x2", Some("x2"));
        case("*.example.com:*:*:*:x1", None); // an asterisk is a whole field
        case("\\*:*:*:*:x1", None);
        case("", None);
        case("\n\n", None);
        case("# *:*:*:*:x1", None);
        case("#*:*:*:*:x1\n*:*:*:*:x2", Some("x2"));
        case("*:*:*:ada", None); // no password
        case("*:*:*:*:", Some(""));
        case("*:*:*:*:a:b", Some("a"));
        case(r"*:*:*:*:a\:b\\c\d", Some(r"a:b\cd"));
        case("*:*:*:*: a b#c ", Some(" a b#c "));
        case(r"*:*:*:*:a\", Some(r"a\"));
        case("*:*:*:*:größe", Some("größe"));
    }

    #[test]
    fn names_that_are_escaped() {
        let case = |file: &str, wanted: Wanted<'_>| {
            assert_eq!(password(file.as_bytes(), wanted).as_deref(), Some(&b"x1"[..]), "{file}");
        };
        let wanted = Wanted { hosts: &["::1"], port: 5432, database: r"a\b", user: "*" };
        case(r"\:\:1:5432:a\\b:*:x1", wanted);
        case(r"\:\:1:5432:a\\b:\*:x1", wanted);
        let wanted = Wanted { hosts: &["/tmp", "localhost"], ..wanted };
        case("localhost:*:*:*:x1", wanted);
        case("/tmp:*:*:*:x1", wanted);
        case("::1:*:*:*:no\n*:*:*:*:x1", wanted); // two empty names and a port 1
    }

    #[test]
    fn a_line_that_is_no_text_disturbs_no_other() {
        let wanted = Wanted { hosts: &["h"], port: 1, database: "d", user: "u" };
        assert_eq!(password(b"\xff\xfe:*:*:*:no\nh:1:d:u:\xff", wanted), Some(vec![0xff]));
    }
}
