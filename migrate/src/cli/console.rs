use std::fmt;
use std::io::{self, ErrorKind, IsTerminal, Write, stdout};

use anstyle::Style;
use migrate_core::{Diagnostic, Severity};
use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::failure::Failure;
use super::style;
use super::terminal::{safe, safe_json};

/// Where a program tells what it found and does: the answer on stdout, all else on stderr.
#[derive(Clone, Debug)]
pub struct Console {
    program: String,
    json: bool,
    quiet: bool,
}

impl Console {
    /// The console of a program that people call by this name.
    pub fn new(program: &str, json: bool, quiet: bool) -> Console {
        Console { program: program.to_owned(), json, quiet }
    }

    /// How people call the program, up to the verb.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Whether the answer is for machines.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether anybody wants to know how it goes.
    pub fn is_talkative(&self) -> bool {
        !self.quiet && !self.json
    }

    /// The answer of a verb: a text, or an object in JSON.
    ///
    /// # Panics
    ///
    /// When `json` is no object.
    pub fn answer(&self, verb: &str, text: impl fmt::Display, json: Value) {
        if self.json {
            let Value::Object(fields) = json else { panic!("an answer in JSON is an object") };
            let mut document = Map::from_iter([("verb".to_owned(), Value::from(verb))]);
            document.extend(fields);
            print_json(&Value::Object(document));
        } else {
            write(&safe(text));
        }
    }

    /// The answer of a verb that is a text of its own, such as SQL, for a file or a program: to the letter, but for a
    /// terminal.
    ///
    /// # Panics
    ///
    /// When `json` is no object.
    pub fn document(&self, verb: &str, text: &str, json: Value) {
        if self.json || stdout().is_terminal() {
            self.answer(verb, text, json);
        } else {
            // Not through `anstream`, which takes escape sequences out of what goes to a file.
            written(writeln!(stdout(), "{text}"));
        }
    }

    /// What is good to know.
    pub fn note(&self, text: impl fmt::Display) {
        if self.is_talkative() {
            anstream::eprintln!("{}", safe(text));
        }
    }

    /// What may be wrong.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            told("warning", style::WARNING, &text);
        }
    }

    /// What is wrong with a folder, or may be.
    pub fn diagnostic(&self, diagnostic: &Diagnostic) {
        match diagnostic.severity {
            Severity::Error => told("error", style::ERROR, diagnostic),
            Severity::Warning => self.warn(&diagnostic.to_string()),
        }
    }

    /// What failed: for people, and with `--json` for machines too.
    pub fn error(&self, failure: &Failure) {
        match failure.diagnostics() {
            Some(diagnostics) => diagnostics.iter().for_each(|one| self.diagnostic(one)),
            None => told("error", style::ERROR, failure),
        }
        if self.json {
            print_json(&json!({ "error": failure.json() }));
        }
    }

    /// Tells a failure, and how to exit with it.
    pub fn fail(&self, failure: &Failure) -> Exit {
        self.error(failure);
        failure.exit()
    }
}

fn told(label: &str, style: Style, text: &dyn fmt::Display) {
    anstream::eprintln!("{}", safe(style::message(label, style, &text.to_string())));
}

pub(super) fn print_json(document: &Value) {
    write(&safe_json(&format!("{document:#}")));
}

fn write(text: &str) {
    written(writeln!(anstream::stdout(), "{text}"));
}

/// A reader that has seen enough, such as `head`, is no failure.
fn written(result: io::Result<()>) {
    if let Err(error) = result
        && error.kind() != ErrorKind::BrokenPipe
    {
        told("error", style::ERROR, &format!("the answer cannot be written: {error}"));
    }
}
