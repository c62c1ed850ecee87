//! The code, the message and the help of a problem, which are written together.

use std::borrow::Cow;

use crate::Unseen;

/// A problem in words.
pub(super) struct Wording {
    /// Its name for programs, in kebab-case.
    pub(super) code: &'static str,
    /// What was found.
    pub(super) message: Cow<'static, str>,
    /// What to do.
    pub(super) help: Cow<'static, str>,
}

impl Wording {
    pub(super) fn new(
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Wording {
        Wording { code, message: message.into(), help: help.into() }
    }

    /// With a note about a character in the message that no reader can see.
    pub(super) fn naming_the_invisible(mut self) -> Wording {
        if let Some(unseen) = Unseen::first_invisible(&self.message) {
            self.help = format!("{}\n note: the text holds {unseen}; {}", self.help, unseen.advice()).into();
        }
        self
    }
}
