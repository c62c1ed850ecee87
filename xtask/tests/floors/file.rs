use crate::tokens::{Token, tokens};

/// A module as one file, or one `mod name { … }`, declares it.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// `mod name;`
    pub(crate) files: Vec<String>,
    /// `mod name { … }`
    pub(crate) inline: Vec<(String, Module)>,
    /// Every `use`, with the name that it gives what it names.
    pub(crate) uses: Vec<Use>,
    /// Every other path of two or more words.
    pub(crate) paths: Vec<Path>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) words: Vec<String>,
    pub(crate) line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    /// The name inside of this module; `*` for all names.
    pub(crate) name: String,
    pub(crate) path: Path,
}

/// Reads a file. What only a test compiles is left out.
pub(crate) fn read(source: &str) -> Module {
    let tokens = tokens(source);
    let mut reader = Reader { tokens: &tokens, at: 0 };
    let mut module = Module::default();
    reader.module(&mut module);
    module
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    fn text(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text.as_str())
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.line)
    }

    /// Up to the brace that closes the module, or to the end of the file.
    fn module(&mut self, module: &mut Module) {
        let mut depth = 0;
        while self.at < self.tokens.len() {
            match (self.text(0), self.text(2)) {
                ("#", _) if self.text(1) == "[" => self.attribute(),
                ("use", _) if is_word(self.text(1)) || matches!(self.text(1), "{" | "::") => {
                    self.use_item(module);
                }
                ("mod", ";") => {
                    module.files.push(self.text(1).to_owned());
                    self.at += 3;
                }
                ("mod", "{") => {
                    let name = self.text(1).to_owned();
                    self.at += 3;
                    let mut inner = Module::default();
                    self.module(&mut inner);
                    module.inline.push((name, inner));
                }
                ("{", _) => (depth, self.at) = (depth + 1, self.at + 1),
                ("}", _) if depth == 0 => {
                    self.at += 1;
                    return;
                }
                ("}", _) => (depth, self.at) = (depth - 1, self.at + 1),
                (word, _) if is_word(word) && self.text(1) == "::" && !self.is_inside_path() => {
                    module.paths.extend(self.path());
                }
                _ => self.at += 1,
            }
        }
    }

    /// Whether the word follows a `::`, as that of `<T as Trait>::name`.
    fn is_inside_path(&self) -> bool {
        self.at.checked_sub(1).is_some_and(|before| self.tokens[before].text == "::")
    }

    fn path(&mut self) -> Option<Path> {
        let line = self.line();
        let mut words = vec![self.text(0).to_owned()];
        self.at += 1;
        while self.text(0) == "::" && is_word(self.text(1)) {
            words.push(self.text(1).to_owned());
            self.at += 2;
        }
        (words.len() > 1).then_some(Path { words, line })
    }

    /// An attribute, and with one for tests the item that it stands above.
    fn attribute(&mut self) {
        let begin = self.at;
        self.at += 1;
        self.balanced("[", "]");
        let words: Vec<&str> = self.tokens[begin..self.at].iter().map(|token| token.text.as_str()).collect();
        if words.get(2) == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not") {
            self.item();
        }
    }

    /// From the bracket at this place to behind the one that closes it.
    fn balanced(&mut self, open: &str, close: &str) {
        let mut depth = 0;
        while self.at < self.tokens.len() {
            depth += usize::from(self.text(0) == open);
            depth -= usize::from(self.text(0) == close);
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// An item is over behind its `;` or its braces; those of a `use` end no item.
    fn item(&mut self) {
        let mut is_use = false;
        while self.at < self.tokens.len() {
            match self.text(0) {
                "#" if self.text(1) == "[" => {
                    self.at += 1;
                    self.balanced("[", "]");
                }
                "use" => (is_use, self.at) = (true, self.at + 1),
                "(" => self.balanced("(", ")"),
                "{" => {
                    self.balanced("{", "}");
                    if !is_use {
                        return;
                    }
                }
                ";" => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn use_item(&mut self, module: &mut Module) {
        self.at += 1;
        self.use_tree(&[], module);
        self.at += usize::from(self.text(0) == ";");
    }

    fn use_tree(&mut self, before: &[String], module: &mut Module) {
        let mut words = before.to_vec();
        let line = self.line();
        loop {
            match self.text(0) {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while self.at < self.tokens.len() && self.text(0) != "}" {
                        self.use_tree(&words, module);
                        self.at += usize::from(self.text(0) == ",");
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    self.at += 1;
                    module.uses.push(Use { name: "*".to_owned(), path: Path { words, line } });
                    return;
                }
                "as" => {
                    let name = self.text(1).to_owned();
                    self.at += 2;
                    module.uses.push(Use { name, path: Path { words, line } });
                    return;
                }
                word if is_word(word) => {
                    // `use a::{self}` names `a`.
                    if word != "self" || words.is_empty() {
                        words.push(word.to_owned());
                    }
                    self.at += 1;
                }
                _ => {
                    let name = words.last().cloned().unwrap_or_default();
                    module.uses.push(Use { name, path: Path { words, line } });
                    return;
                }
            }
        }
    }
}

fn is_word(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
}

#[test]
fn uses_paths_and_modules_are_read_but_for_those_of_tests() {
    let module = read(
        "mod a; #[cfg(test)] mod tests; #[cfg(test)] mod more { use crate::x::Y; }
         #[cfg(test)] use crate::{x, y}; #[cfg(feature = \"z\")] mod b;
         pub use a::{self, b::*, c::D as E};
         fn f() { crate::g::h(); #[cfg(test)] crate::i::j(); }
         mod k { use super::l; }",
    );
    assert_eq!(module.files, ["a", "b"]);
    let uses: Vec<String> =
        module.uses.iter().map(|one| format!("{}: {}", one.name, one.path.words.join("::"))).collect();
    assert_eq!(uses, ["a: a", "*: a::b", "E: a::c::D"]);
    let paths: Vec<String> = module.paths.iter().map(|path| path.words.join("::")).collect();
    assert_eq!(paths, ["crate::g::h"]);
    assert_eq!(module.inline[0].1.uses[0].path.words, ["super", "l"]);
}
