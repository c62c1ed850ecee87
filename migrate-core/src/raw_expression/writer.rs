//! Writes an expression anew.
//!
//! What comes in are words and symbols, one after the other; what goes out are the texts between placeholders. It
//! decides about spaces, and about nothing else.

/// The texts between placeholders.
#[derive(Default)]
pub(super) struct Writer {
    before: Vec<String>,
    text: String,
    /// Whether the next word needs a space before it.
    is_behind_word: bool,
}

/// A place in what was written so far.
#[derive(Clone, Copy)]
pub(super) struct Place {
    text: usize,
    at: usize,
}

impl Writer {
    /// Adds a word, literal or operator. No two of these are next to each other without a space.
    pub(super) fn word(&mut self, word: &str) {
        self.space();
        self.text.push_str(word);
        self.is_behind_word = true;
    }

    /// Adds a placeholder: a new text begins.
    pub(super) fn placeholder(&mut self) {
        self.space();
        self.before.push(std::mem::take(&mut self.text));
        self.is_behind_word = true;
    }

    /// Adds one of `( ) [ ] , .`, `::` and `=>`.
    pub(super) fn symbol(&mut self, symbol: &str) {
        self.text.push_str(symbol);
        self.is_behind_word = matches!(symbol, ")" | "]" | "," | "=>");
    }

    /// Puts a space before whatever comes next, if one is needed.
    pub(super) fn space(&mut self) {
        if self.is_behind_word {
            self.text.push(' ');
        }
        self.is_behind_word = false;
    }

    /// The place at which the next word will begin.
    pub(super) fn place(&self) -> Place {
        Place { text: self.before.len(), at: self.text.len() + usize::from(self.is_behind_word) }
    }

    /// Adds text at a place.
    pub(super) fn insert(&mut self, place: Place, text: &str) {
        let of = self.before.get_mut(place.text).unwrap_or(&mut self.text);
        of.insert_str(place.at, text);
    }

    /// The texts.
    pub(super) fn finish(self) -> Vec<String> {
        let mut texts = self.before;
        texts.push(self.text);
        texts
    }
}
