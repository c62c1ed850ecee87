//! An address in the form `host=localhost dbname=shop`, as libpq reads it (PostgreSQL manual, 34.1.1.1).

use std::iter::Peekable;
use std::str::Chars;

use super::settings::{Settings, is_keyword};
use super::{AddressError, is_printable};

/// Whether a text is of this form: it sets a keyword of libpq.
pub(super) fn is_of_this_form(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        let word = before.trim_end_matches(is_blank).rsplit(is_blank).next().unwrap_or_default();
        if is_keyword(word) || word == "requiressl" {
            return true;
        }
        rest = after;
    }
    false
}

/// Reads keywords with their values.
pub(super) fn parse(text: &str) -> Result<Settings, AddressError> {
    let mut settings = Settings::default();
    let mut rest = text.chars().peekable();
    let mut is_after_password = false;
    loop {
        skip_blanks(&mut rest);
        if rest.peek().is_none() {
            return Ok(settings);
        }
        let name = name(&mut rest)?;
        let value = value(&mut rest)?;
        settings.set(&name, value).map_err(|_| unknown(&name, is_after_password))?;
        is_after_password = name.ends_with("password");
    }
}

/// What stands before a `=`. The `=` is taken too.
fn name(rest: &mut Peekable<Chars<'_>>) -> Result<String, AddressError> {
    let mut name = String::new();
    while let Some(c) = rest.next_if(|c| *c != '=' && !is_blank(*c)) {
        name.push(c);
    }
    skip_blanks(rest);
    match rest.next() {
        Some('=') => {}
        // The word itself may be the rest of a password with a blank.
        _ => return Err(unreadable("a word has no `=` after it")),
    }
    skip_blanks(rest);
    Ok(name)
}

fn value(rest: &mut Peekable<Chars<'_>>) -> Result<String, AddressError> {
    let is_quoted = rest.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match rest.next() {
            None if is_quoted => return Err(unreadable("a quoted value has no quote at its end")),
            None => return Ok(value),
            Some('\'') if is_quoted => return Ok(value),
            Some(c) if is_blank(c) && !is_quoted => return Ok(value),
            // It makes what follows it stand for itself.
            Some('\\') => value.extend(rest.next()),
            Some(c) => value.push(c),
        }
    }
}

fn skip_blanks(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| is_blank(*c)).is_some() {}
}

/// As `isspace` of C has it.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

fn unknown(name: &str, is_after_password: bool) -> AddressError {
    // A password with a blank that was not quoted has its rest here.
    let shown = if is_after_password || !is_printable(name) { "…" } else { name };
    AddressError::new(
        format!("invalid connection option: `{shown}`"),
        "write a parameter of libpq (PostgreSQL manual, 34.1.2), or leave it out; a value with blanks stands in quotes: \
         `password='a b'`",
    )
}

fn unreadable(what: &str) -> AddressError {
    AddressError::new(
        format!("the address of the database does not read: {what}"),
        r"write `host=localhost dbname=name`; a value with blanks stands in quotes: `'a b'`, in which `\'` is a quote",
    )
}
