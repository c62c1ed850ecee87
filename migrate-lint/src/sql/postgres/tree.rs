//! A tree over the parser's output: the words of a statement and the nodes that they belong to, without white space.
//!
//! The parser reports events (enter, token, exit); they become one vector of entries in the order in which they
//! begin, each with the index after its last descendant. So the descendants of a node are a range, and walking a
//! statement is a loop over a slice. The analysis walks every statement several times, and macros run unoptimized, so this is much of its time.

use squawk_parser::{EntryPoint, LexedStr, StrStep, SyntaxKind};

use migrate_core::token::{TokenKind, tokens};
use migrate_core::{Engine, Span};

/// A text and its nodes, in the order in which they begin. The descendants of a node follow it directly.
pub(super) struct Tree<'a> {
    text: &'a str,
    /// The offset of the text in its script.
    offset: u32,
    entries: Vec<Entry>,
    /// The places in the script where the parser or the lexer found an error, in order.
    pub(super) errors: Vec<Span>,
}

/// A node or a word.
struct Entry {
    kind: SyntaxKind,
    is_token: bool,
    /// The start of its first word, and the end of its last, in the text.
    start: u32,
    end: u32,
    /// The index after its last descendant.
    next: u32,
    parent: u32,
}

impl<'a> Tree<'a> {
    /// Parses `text`, which begins at `offset` of its script.
    pub(super) fn parse(text: &'a str, offset: usize, entry_point: EntryPoint) -> Tree<'a> {
        let lexed = LexedStr::new(text);
        let output = entry_point.parse(&lexed.to_input());
        let mut builder = Builder::default();
        lexed.intersperse_trivia(&output, &mut |step| builder.step(&step));
        let offset = narrow(offset);
        let of_lexer = lexed.errors().map(|(range, _)| (range.start, range.end));
        let mut errors: Vec<Span> = (builder.errors.iter().map(|at| (*at, *at)).chain(of_lexer))
            .map(|(start, end)| Span::new(offset + start, offset + end))
            .collect();
        errors.sort_by_key(|span| span.start());
        Tree { text, offset, entries: builder.entries, errors }
    }

    pub(super) fn root(&self) -> Node<'_> {
        Node { tree: self, index: 0 }
    }
}

/// The depth of parentheses and blocks that the parser is given. It recurses, and a thread has 2 MiB of stack; in a debug
/// build that is enough for three times this depth.
const DEEPEST: usize = 200;

/// The signs that an expression may have without a comma, parenthesis, AND or OR. Some operators recurse too.
const LONGEST: usize = 600;

/// Whether the parser would need more stack for `text` than there is. A stack overflow ends the process and cannot be
/// caught, so this has to be known before.
pub(super) fn is_too_deep(text: &str) -> bool {
    // Most statements are too short for that, and their length is known without scanning their words.
    let parentheses = text.bytes().filter(|byte| matches!(byte, b'(' | b'[')).count();
    if text.len() <= LONGEST && parentheses + text.len() / "CASE ".len() <= DEEPEST {
        return false;
    }
    let (mut open, mut signs, mut ends) = (0_usize, 0, false);
    for token in tokens(text, Engine::Postgres) {
        let word = &text[token.range];
        let is = |words: &[&str]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        match token.kind {
            TokenKind::Symbol(sign) => {
                signs = if matches!(sign, ',' | ';' | '(' | ')') { 0 } else { signs + 1 };
                match sign {
                    '(' | '[' => open += 1,
                    ')' | ']' => open = open.saturating_sub(1),
                    _ => {}
                }
            }
            TokenKind::Word if is(&["BEGIN", "CASE", "LOOP"]) => open += usize::from(!ends),
            // IF is not counted as a beginning, because of `IF EXISTS`, so `END IF` must not be counted as an end.
            TokenKind::Word if is(&["IF"]) => open += usize::from(ends),
            TokenKind::Word if is(&["END"]) => open = open.saturating_sub(1),
            TokenKind::Word if is(&["AND", "OR"]) => signs = 0,
            TokenKind::Word if is(&["NOT", "EXPLAIN", "PREPARE", "RULE"]) => signs += 1,
            _ => {}
        }
        ends = is(&["END"]);
        if open > DEEPEST || signs > LONGEST {
            return true;
        }
    }
    false
}

/// Builds the entries from the events of the parser.
#[derive(Default)]
struct Builder {
    entries: Vec<Entry>,
    open: Vec<usize>,
    errors: Vec<u32>,
    at: u32,
    /// The end of the last word.
    end: u32,
}

impl Builder {
    /// Takes the next event of the parser.
    fn step(&mut self, step: &StrStep<'_>) {
        match *step {
            StrStep::Enter { kind } => {
                let index = self.entries.len();
                self.push(kind, false, self.at, self.at);
                self.open.push(index);
            }
            StrStep::Exit => {
                let next = narrow(self.entries.len());
                let index = self.open.pop().expect("the parser leaves only what it entered");
                let entry = &mut self.entries[index];
                entry.end = self.end.max(entry.start);
                entry.next = next;
            }
            StrStep::Token { kind, text } => {
                let start = self.at;
                self.at += narrow(text.len());
                if !kind.is_trivia() {
                    self.end = self.at;
                    self.push(kind, true, start, self.end);
                }
            }
            StrStep::Error { pos, .. } => self.errors.push(narrow(pos)),
        }
    }

    fn push(&mut self, kind: SyntaxKind, is_token: bool, start: u32, end: u32) {
        let next = narrow(self.entries.len() + 1);
        let parent = narrow(self.open.last().copied().unwrap_or(0));
        self.entries.push(Entry { kind, is_token, start, end, next, parent });
    }
}

/// A script's size is checked before it is parsed: `TextProblem::TooLarge`.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// A word, or a node of the grammar with several words.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    tree: &'t Tree<'t>,
    index: usize,
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t Entry {
        &self.tree.entries[self.index]
    }

    pub(super) fn kind(self) -> SyntaxKind {
        self.entry().kind
    }

    pub(super) fn is_token(self) -> bool {
        self.entry().is_token
    }

    pub(super) fn is(self, other: Node<'_>) -> bool {
        self.index == other.index
    }

    pub(super) fn text(self) -> &'t str {
        &self.tree.text[self.entry().start as usize..self.entry().end as usize]
    }

    /// The text between two nodes: white space and comments, if one follows the other.
    pub(super) fn between(self, first: Node<'_>, second: Node<'_>) -> &'t str {
        &self.tree.text[first.entry().end as usize..second.entry().start as usize]
    }

    /// Its place in the script.
    pub(super) fn span(self) -> Span {
        let entry = self.entry();
        Span::new(self.tree.offset + entry.start, self.tree.offset + entry.end)
    }

    /// The node that contains it. The root contains itself.
    pub(super) fn parent(self) -> Node<'t> {
        Node { tree: self.tree, index: self.entry().parent as usize }
    }

    pub(super) fn children(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let (tree, end) = (self.tree, self.entry().next as usize);
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            let node = (index < end).then_some(Node { tree, index })?;
            index = node.entry().next as usize;
            Some(node)
        })
    }

    /// The children that are nodes and not words.
    pub(super) fn nodes(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.children().filter(|child| !child.is_token())
    }

    /// Everything in it, in the order of the text.
    pub(super) fn descendants(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let tree = self.tree;
        (self.index + 1..self.entry().next as usize).map(move |index| Node { tree, index })
    }

    /// The words in it.
    pub(super) fn tokens(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.descendants().filter(|node| node.is_token())
    }

    pub(super) fn child(self, kind: SyntaxKind) -> Option<Node<'t>> {
        self.children().find(|child| child.kind() == kind)
    }

    pub(super) fn has(self, kind: SyntaxKind) -> bool {
        self.child(kind).is_some()
    }

    /// All children of a kind.
    pub(super) fn each(self, kind: SyntaxKind) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.children().filter(move |child| child.kind() == kind)
    }

    /// The first of a kind anywhere in it.
    pub(super) fn find(self, kind: SyntaxKind) -> Option<Node<'t>> {
        self.descendants().find(|node| node.kind() == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep() {
        let depth = |opening: &str, closing: &str, count| {
            is_too_deep(&format!("SELECT {}1{}", opening.repeat(count), closing.repeat(count)))
        };
        for (opening, closing) in [("(", ")"), ("f(", ")"), ("(SELECT ", ")"), ("CASE WHEN a THEN ", " END")]
        {
            assert!(!depth(opening, closing, DEEPEST), "{opening}");
            assert!(depth(opening, closing, DEEPEST + 1), "{opening}");
        }
        assert!(depth("NOT ", "", LONGEST + 1));
        assert!(depth("'a' || ", "", LONGEST));
        assert!(!depth("a = 1 OR ", "", 10_000));
        assert!(!depth("'a' || 'b', ", "", 10_000));
        assert!(!depth("IF a THEN DROP TABLE IF EXISTS b; END IF; LOOP END LOOP;", "", 1_000));
        assert!(!depth("CASE a WHEN b THEN c END CASE;", "", 1_000));
    }
}
