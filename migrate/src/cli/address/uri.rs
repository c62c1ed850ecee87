//! Reads an address in the form of a URI into settings, as libpq does (PostgreSQL manual, 34.1.1.2). The text after
//! `postgres://` comes in, such as `ada@localhost:5432/shop?sslmode=require`.

use super::foreign::{self, Unfit};
use super::settings::Settings;
use super::{AddressError, is_printable};

/// Reads the text after `postgres://`.
pub(super) fn parse(text: &str) -> Result<Settings, AddressError> {
    let mut settings = Settings::default();
    let (credentials, rest) = match text.find(['@', '/']) {
        Some(at) if text[at..].starts_with('@') => (&text[..at], &text[at + 1..]),
        _ => ("", text),
    };
    // libpq takes such an `@` for part of the host. It is far more often part of a password, and the host is shown.
    if rest.contains('@') {
        return Err(AddressError::new(
            "the address of the database has an `@` that is not the one before the host",
            "in a password or a name, write `@` as `%40`, `/` as `%2F`, `:` as `%3A`, `?` as `%3F`, and `%` as `%25`",
        ));
    }
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    store(&mut settings, "user", user)?;
    store(&mut settings, "password", password)?;
    let (hosts, ports, rest) = places(rest)?;
    store(&mut settings, "host", &hosts)?;
    store(&mut settings, "port", &ports)?;
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    store(&mut settings, "dbname", path.strip_prefix('/').unwrap_or(path))?;
    read_parameters(parameters, &mut settings)?;
    Ok(settings)
}

/// Stores a part of the URI. An empty part sets nothing.
fn store(settings: &mut Settings, name: &str, text: &str) -> Result<(), AddressError> {
    if !text.is_empty() {
        settings.set(name, decoded(text)?).expect("it is a keyword");
    }
    Ok(())
}

/// The hosts and the ports, each separated by commas, and the rest of the text.
fn places(mut rest: &str) -> Result<(String, String, &str), AddressError> {
    let (mut hosts, mut ports) = (String::new(), String::new());
    loop {
        let host;
        (host, rest) = match rest.strip_prefix('[') {
            Some(inside) => bracketed(inside)?,
            None => rest.split_at(rest.find([':', '/', '?', ',']).unwrap_or(rest.len())),
        };
        hosts.push_str(host);
        if let Some(after) = rest.strip_prefix(':') {
            let port;
            (port, rest) = after.split_at(after.find(['/', '?', ',']).unwrap_or(after.len()));
            ports.push_str(port);
        }
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok((hosts, ports, rest)),
        }
        hosts.push(',');
        ports.push(',');
    }
}

/// An IPv6 address, and the text after its closing bracket.
fn bracketed(inside: &str) -> Result<(&str, &str), AddressError> {
    let Some((host, rest)) = inside.split_once(']') else {
        return Err(unreadable("an IPv6 address has no `]`"));
    };
    if host.is_empty() {
        return Err(unreadable("an IPv6 address is empty"));
    }
    if !rest.is_empty() && !rest.starts_with([':', '/', '?', ',']) {
        return Err(unreadable("the `]` of an IPv6 address is followed by neither `:` nor `/`"));
    }
    Ok((host, rest))
}

fn read_parameters(mut rest: &str, settings: &mut Settings) -> Result<(), AddressError> {
    let mut is_after_password = false;
    while !rest.is_empty() {
        let pair;
        (pair, rest) = rest.split_once('&').unwrap_or((rest, ""));
        let Some((name, value)) = pair.split_once('=') else {
            return Err(unreadable("a parameter has no `=`"));
        };
        if value.contains('=') {
            return Err(unreadable("a parameter has two `=`; write the second as `%3D`"));
        }
        let (name, value) = (decoded(name)?, decoded(value)?);
        let name = String::from_utf8_lossy(&name).into_owned();
        read_parameter(&name, value, settings, is_after_password)?;
        is_after_password = name.ends_with("password");
    }
    Ok(())
}

fn read_parameter(
    name: &str,
    value: Vec<u8>,
    settings: &mut Settings,
    is_after_password: bool,
) -> Result<(), AddressError> {
    foreign::set(settings, name, value).map_err(|unfit| match unfit {
        Unfit::Refused(error) => error,
        Unfit::Unknown => unknown(name, is_after_password),
    })
}

fn unknown(name: &str, is_after_password: bool) -> AddressError {
    // After a password with an unencoded `&`, this is the rest of the password.
    let shown = if is_after_password || !is_printable(name) { "…" } else { name };
    let meant = foreign::meant(shown).map_or(String::new(), |meant| format!("did you mean `{meant}`? Else "));
    AddressError::new(
        format!("invalid URI query parameter: `{shown}`"),
        format!(
            "{meant}write a parameter of libpq (PostgreSQL manual, 34.1.2), or leave it out; write a `&` in a value as \
             `%26`"
        ),
    )
}

/// Decodes `%41` to `A`. A `+` stays a `+`.
fn decoded(text: &str) -> Result<Vec<u8>, AddressError> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let code = digit().and_then(|high| Some(16 * high + digit()?));
        match code.and_then(|code| u8::try_from(code).ok()) {
            None => {
                return Err(unreadable(
                    "a `%` is not followed by two hexadecimal digits; write a literal `%` as `%25`",
                ));
            }
            Some(0) => return Err(unreadable("`%00` is not allowed")),
            Some(code) => out.push(code),
        }
    }
    Ok(out)
}

/// The error for a URI that cannot be read. It does not show the text, which may hold a password.
fn unreadable(what: &str) -> AddressError {
    AddressError::new(
        format!("the address of the database cannot be read: {what}"),
        "write it as `postgres://user:password@host:5432/name?sslmode=require`; in the password, write every character \
         but letters and digits as `%` and two hexadecimal digits",
    )
}
