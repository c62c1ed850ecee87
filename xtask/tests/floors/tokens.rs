/// A word or a symbol of a Rust file, and its line. Comments and the content of literals are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// Just enough of Rust's lexer to find paths: words, `::` and single symbols.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { chars: source.chars().collect(), at: 0, line: 1, tokens: Vec::new() };
    while reader.at < reader.chars.len() {
        reader.step();
    }
    reader.tokens
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.line += usize::from(self.peek(0) == '\n');
            self.at += 1;
        }
    }

    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.skip_until(|reader| reader.peek(0) == '\n'),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('\'', _) => self.quote(),
            (':', ':') => self.push("::".to_owned(), 2),
            (first, _) if first.is_alphabetic() || first == '_' => self.word(),
            (first, _) if first.is_whitespace() => self.skip(1),
            (first, _) => self.push(first.to_string(), 1),
        }
    }

    fn push(&mut self, text: String, length: usize) {
        self.tokens.push(Token { text, line: self.line });
        self.skip(length);
    }

    fn skip_until(&mut self, is_end: impl Fn(&Reader) -> bool) {
        while self.at < self.chars.len() && !is_end(self) {
            self.skip(1);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => (depth, _) = (depth + 1, self.skip(2)),
                ('*', '/') => (depth, _) = (depth - 1, self.skip(2)),
                _ => self.skip(1),
            }
            if depth == 0 || self.at >= self.chars.len() {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.skip(1);
        while self.at < self.chars.len() && self.peek(0) != '"' {
            self.skip(if self.peek(0) == '\\' { 2 } else { 1 });
        }
        self.skip(1);
    }

    /// `r"…"` and `r#"…"#`, from the first `#` or quote on.
    fn raw_string(&mut self) {
        let hashes = (0..).take_while(|ahead| self.peek(*ahead) == '#').count();
        self.skip(hashes + 1);
        self.skip_until(|reader| {
            reader.peek(0) == '"' && (1..=hashes).all(|ahead| reader.peek(ahead) == '#')
        });
        self.skip(hashes + 1);
    }

    /// A character, or a lifetime.
    fn quote(&mut self) {
        match (self.peek(1), self.peek(2)) {
            ('\\', _) => {
                self.skip(3);
                self.skip_until(|reader| reader.peek(0) == '\'');
                self.skip(1);
            }
            (_, '\'') => self.skip(3),
            _ => self.skip(1),
        }
    }

    fn word(&mut self) {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let length = (0..).take_while(|ahead| is_part(self.peek(*ahead))).count();
        let text: String = self.chars[self.at..self.at + length].iter().collect();
        let after = self.peek(length);
        match text.as_str() {
            "r" | "br" | "cr"
                if after == '"' || (after == '#' && matches!(self.peek(length + 1), '"' | '#')) =>
            {
                self.skip(length);
                self.raw_string();
            }
            "b" | "c" if after == '"' => {
                self.skip(length);
                self.string();
            }
            "b" if after == '\'' => {
                self.skip(length);
                self.quote();
            }
            _ => self.push(text, length),
        }
    }
}

#[test]
fn literals_and_comments_hold_no_words() {
    let source = "a // b\n/* c /* d */ e */ \"f\\\"g\" r#\"h\"i\"# b'j' 'k' '\\'' &'l m::n b\"o\"";
    let read: Vec<(String, usize)> =
        tokens(source).into_iter().map(|token| (token.text, token.line)).collect();
    let read: Vec<(&str, usize)> = read.iter().map(|(text, line)| (text.as_str(), *line)).collect();
    assert_eq!(read, [("a", 1), ("&", 2), ("l", 2), ("m", 2), ("::", 2), ("n", 2)]);
}
