use std::fmt;

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::style;

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
            anstream::println!("{text}");
        }
    }

    /// What is good to know.
    pub fn note(&self, text: impl fmt::Display) {
        if self.is_talkative() {
            anstream::eprintln!("{text}");
        }
    }

    /// What may be wrong.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            anstream::eprintln!("{}", style::message("warning", style::WARNING, text));
        }
    }

    /// What failed: for people, and with `--json` for machines too.
    pub fn error(&self, failure: &Failure) {
        anstream::eprintln!("{}", style::message("error", style::ERROR, &failure.to_string()));
        if self.json {
            print_json(&json!({ "error": failure.json() }));
        }
    }
}

fn print_json(document: &Value) {
    anstream::println!("{document:#}");
}
