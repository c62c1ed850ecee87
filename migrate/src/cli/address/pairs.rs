//! Reads an address in the form `host=localhost dbname=shop` into settings, as libpq does (PostgreSQL manual, 34.1.1.1).

use std::iter::Peekable;
use std::str::Chars;

use super::foreign::{self, Unfit};
use super::settings::{Settings, is_keyword};
use super::{AddressError, is_printable};

/// Whether a text has this form: it sets a keyword of libpq.
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

/// Reads the keywords and their values.
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
        foreign::set(&mut settings, &name, value.into_bytes()).map_err(|unfit| match unfit {
            Unfit::Refused(error) => error,
            Unfit::Unknown => unknown(&name, is_after_password),
        })?;
        is_after_password = name.ends_with("password");
    }
}

/// Takes the word before a `=`, and the `=`.
fn name(rest: &mut Peekable<Chars<'_>>) -> Result<String, AddressError> {
    let mut name = String::new();
    while let Some(c) = rest.next_if(|c| *c != '=' && !is_blank(*c)) {
        name.push(c);
    }
    skip_blanks(rest);
    match rest.next() {
        Some('=') => {}
        // The word is not shown: it may be the rest of a password with a blank.
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
            // A backslash makes the next byte literal.
            Some('\\') => value.extend(rest.next()),
            Some(c) => value.push(c),
        }
    }
}

fn skip_blanks(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| is_blank(*c)).is_some() {}
}

/// White space as `isspace` of C defines it, because libpq uses that.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

fn unknown(name: &str, is_after_password: bool) -> AddressError {
    // After an unquoted password with a blank, this word is the rest of the password.
    let shown = if is_after_password || !is_printable(name) { "…" } else { name };
    let meant = foreign::meant(shown).map_or(String::new(), |meant| format!("did you mean `{meant}`? Else "));
    AddressError::new(
        format!("invalid connection option: `{shown}`"),
        format!(
            "{meant}write a parameter of libpq (PostgreSQL manual, 34.1.2), or leave it out; put quotes around a value \
             with blanks: `password='a b'`"
        ),
    )
}

fn unreadable(what: &str) -> AddressError {
    AddressError::new(
        format!("the address of the database cannot be read: {what}"),
        r"write `host=localhost dbname=name`; put quotes around a value with blanks, `'a b'`, and write a quote as `\'`",
    )
}
