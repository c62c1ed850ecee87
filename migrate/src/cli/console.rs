//! All output of a program: texts and JSON come in, and go to stdout or stderr. Nothing else in `cli` prints an answer.

use std::fmt;
use std::io::{self, ErrorKind, IsTerminal, Write, stdout};

use anstyle::Style;
use migrate_core::{Diagnostic, Severity};
use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::failure::Failure;
use super::style;
use super::terminal::{safe, safe_json};

/// The output of a program: the answer goes to stdout, everything else to stderr.
#[derive(Clone, Debug)]
pub struct Console {
    program: String,
    json: bool,
    quiet: bool,
}

impl Console {
    /// A console for the program that people call by this name. `quiet` leaves only answers and errors.
    pub fn new(program: &str, json: bool, quiet: bool) -> Console {
        Console { program: program.to_owned(), json, quiet }
    }

    /// The name of the program, up to the verb. Messages use it to name the next command.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Whether the answer is JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether to print progress and notes.
    pub fn is_talkative(&self) -> bool {
        !self.quiet && !self.json
    }

    /// Prints the answer of a verb: the text, or the JSON object if JSON is wanted.
    ///
    /// # Panics
    ///
    /// If `json` is not an object.
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

    /// Prints an answer that a file or a program will read, such as SQL. Only a terminal gets it with control characters
    /// made visible; a file or a pipe gets it unchanged.
    ///
    /// # Panics
    ///
    /// If `json` is not an object.
    pub fn document(&self, verb: &str, text: &str, json: Value) {
        if self.json || stdout().is_terminal() {
            self.answer(verb, text, json);
        } else {
            // `anstream` would remove escape sequences from the text on its way to a file.
            written(writeln!(stdout(), "{text}"));
        }
    }

    /// Prints a note, unless the program is quiet or prints JSON.
    pub fn note(&self, text: impl fmt::Display) {
        if self.is_talkative() {
            anstream::eprintln!("{}", safe(text));
        }
    }

    /// Prints a warning, unless the program is quiet.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            report("warning", style::WARNING, &text);
        }
    }

    /// Prints an error or a warning about a folder.
    pub fn diagnostic(&self, diagnostic: &Diagnostic) {
        match diagnostic.severity {
            Severity::Error => report("error", style::ERROR, diagnostic),
            Severity::Warning => self.warn(&diagnostic.to_string()),
        }
    }

    /// Prints a failure: for people on stderr, and with `--json` also for machines on stdout.
    pub fn error(&self, failure: &Failure) {
        match failure.diagnostics() {
            Some(diagnostics) => diagnostics.iter().for_each(|one| self.diagnostic(one)),
            None => report("error", style::ERROR, failure),
        }
        if self.json {
            print_json(&json!({ "error": failure.json() }));
        }
    }

    /// Prints a failure and returns its exit code.
    pub fn fail(&self, failure: &Failure) -> Exit {
        self.error(failure);
        failure.exit()
    }
}

fn report(label: &str, style: Style, text: &dyn fmt::Display) {
    anstream::eprintln!("{}", safe(style::message(label, style, &text.to_string())));
}

pub(super) fn print_json(document: &Value) {
    write(&safe_json(&format!("{document:#}")));
}

fn write(text: &str) {
    written(writeln!(anstream::stdout(), "{text}"));
}

/// A reader that closes the pipe early, such as `head`, is not a failure.
fn written(result: io::Result<()>) {
    if let Err(error) = result
        && error.kind() != ErrorKind::BrokenPipe
    {
        report("error", style::ERROR, &format!("cannot write the answer: {error}"));
    }
}
