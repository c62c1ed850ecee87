//! The grammar of an expression.
//!
//! What comes in are tokens; what goes out is the text, written anew. Operators have no precedence here, since
//! nothing is computed: what matters is that operands and operators alternate, so that no word is at a place where
//! the engine would read more into it.

use super::lexer::{Fault, Kind, Token};
use super::words::{
    CATALOG_TYPES, POSTGRES_FORMS, PREFIX, SQLITE_COLLATIONS, SUBQUERY, is_constant, is_function,
    is_reserved, is_type, likes,
};
use super::writer::Writer;
use super::{RawExpressionFault, Surroundings};
use crate::engine::Engine;

/// How deeply parentheses may be nested. The parser recurses, and SQLite's own stack ends at a hundred levels.
const DEEPEST: usize = 50;

/// The SQL of one expression, cut at its `?`.
pub(super) fn parse(tokens: &[Token<'_>], around: Surroundings<'_>) -> Result<Vec<String>, Fault> {
    let mut parser = Parser { tokens, next: 0, depth: 0, around, written: Writer::default() };
    parser.expression()?;
    match parser.peek() {
        None => Ok(parser.written.finish()),
        Some(_) => Err(parser.unexpected()),
    }
}

/// The tokens with a place in them, and what was written so far.
struct Parser<'p> {
    tokens: &'p [Token<'p>],
    next: usize,
    depth: usize,
    around: Surroundings<'p>,
    written: Writer,
}

/// The result of a rule of the grammar. It has written what it has read.
type Parsed<T = ()> = Result<T, Fault>;

impl<'p> Parser<'p> {
    fn engine(&self) -> Engine {
        self.around.engine
    }

    /// The next token.
    fn peek(&self) -> Option<Token<'p>> {
        self.at(0)
    }

    /// The token `ahead` places after the next one.
    fn at(&self, ahead: usize) -> Option<Token<'p>> {
        self.tokens.get(self.next + ahead).copied()
    }

    /// Whether that token is one of these words.
    fn is_word(&self, ahead: usize, words: &[&str]) -> bool {
        self.at(ahead).is_some_and(|token| words.iter().any(|word| token.is_word(word)))
    }

    /// Whether that token is this symbol.
    fn is_symbol(&self, ahead: usize, symbol: &str) -> bool {
        self.at(ahead).is_some_and(|token| token.is_symbol(symbol))
    }

    /// Writes the next token as it is.
    fn take(&mut self) {
        if let Some(token) = self.peek() {
            self.next += 1;
            match token.kind {
                Kind::Placeholder => self.written.placeholder(),
                Kind::Symbol => self.written.symbol(token.text),
                _ => self.written.word(token.text),
            }
        }
    }

    /// Writes the next token if it is one of these words.
    fn take_if_word(&mut self, words: &[&str]) -> bool {
        let is = self.is_word(0, words);
        if is {
            self.take();
        }
        is
    }

    /// Writes the next token if it is this symbol.
    fn take_if_symbol(&mut self, symbol: &str) -> bool {
        let is = self.is_symbol(0, symbol);
        if is {
            self.take();
        }
        is
    }

    fn expect_word(&mut self, word: &str) -> Parsed {
        if self.take_if_word(&[word]) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_symbol(&mut self, symbol: &str) -> Parsed {
        if self.take_if_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A fault at the next token.
    fn fault<T>(&self, fault: RawExpressionFault) -> Parsed<T> {
        Err((self.peek().map_or(usize::MAX, |token| token.at), fault))
    }

    /// The fault of the next token, if nothing of its kind was expected.
    fn unexpected(&self) -> Fault {
        let Some(token) = self.peek() else { return (usize::MAX, RawExpressionFault::Unfinished) };
        let is_subquery = token.kind == Kind::Word && SUBQUERY.contains(&lower(token).as_str());
        let fault = match self.at(1) {
            Some(name) if token.is_symbol(".") => RawExpressionFault::Attribute(name.text.to_owned()),
            _ if is_subquery => RawExpressionFault::Subquery(token.text.to_owned()),
            _ => RawExpressionFault::Unexpected(token.text.to_owned()),
        };
        (token.at, fault)
    }

    /// Parses one level deeper.
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == DEEPEST {
            return self.fault(RawExpressionFault::TooDeep);
        }
        self.depth += 1;
        parse(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// Operands with operators between them.
    fn expression(&mut self) -> Parsed {
        self.nested(|p| {
            p.operand()?;
            while p.infix()? {
                p.operand()?;
            }
            Ok(())
        })
    }

    /// One or more expressions with commas between them.
    fn list(&mut self) -> Parsed {
        self.expression()?;
        while self.take_if_symbol(",") {
            self.expression()?;
        }
        Ok(())
    }

    /// A list in which each value may have a name, such as `make_interval(days => 3)`.
    fn arguments(&mut self) -> Parsed {
        loop {
            let is_word = self.peek().is_some_and(|token| token.kind == Kind::Word);
            if is_word && self.is_symbol(1, "=>") {
                self.take();
                self.take();
            }
            self.expression()?;
            if !self.take_if_symbol(",") {
                return Ok(());
            }
        }
    }

    /// The rule in parentheses.
    fn parenthesized(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.expect_symbol("(")?;
        parse(self)?;
        self.expect_symbol(")")
    }

    /// A value with its prefixes and postfixes.
    fn operand(&mut self) -> Parsed {
        while self.take_if_word(&["not"]) || self.is_prefix() {}
        self.primary()?;
        while self.postfix()? {}
        Ok(())
    }

    /// Writes an operator in front of an operand.
    fn is_prefix(&mut self) -> bool {
        let is =
            self.peek().is_some_and(|token| token.kind == Kind::Operator && PREFIX.contains(&token.text));
        if is {
            self.take();
        }
        is
    }

    /// A value.
    fn primary(&mut self) -> Parsed {
        let Some(token) = self.peek() else { return Err(self.unexpected()) };
        match token.kind {
            Kind::Literal | Kind::Placeholder => self.take(),
            Kind::Symbol if token.is_symbol("(") => {
                self.written.space();
                return self.parenthesized(Self::list);
            }
            Kind::Word => return self.word(token),
            Kind::Quoted => return self.name(),
            Kind::Operator | Kind::Symbol => return Err(self.unexpected()),
        }
        Ok(())
    }

    /// Anything that begins with a word.
    fn word(&mut self, token: Token<'p>) -> Parsed {
        let is_called = self.is_symbol(1, "(");
        match lower(token).as_str() {
            word if SUBQUERY.contains(&word) => Err(self.unexpected()),
            word if is_constant(word, self.around.engine) && !is_called => {
                self.take();
                Ok(())
            }
            "case" => self.case(),
            "cast" if is_called => self.cast(),
            "array" if self.engine().has_arrays() && self.is_symbol(1, "[") => {
                self.take();
                self.array()
            }
            word if is_called && self.engine().has_standard_forms() && POSTGRES_FORMS.contains(&word) => {
                self.form(word)
            }
            _ if self.engine().has_typed_literals() && self.is_typed_string() => {
                self.data_type()?;
                match self.peek() {
                    Some(string) if string.is_string() => self.take(),
                    _ => return Err(self.unexpected()),
                }
                Ok(())
            }
            _ => self.name(),
        }
    }

    /// `CASE … WHEN … THEN … ELSE … END`
    fn case(&mut self) -> Parsed {
        self.take();
        if !self.is_word(0, &["when"]) {
            self.expression()?;
        }
        loop {
            self.expect_word("when")?;
            self.expression()?;
            self.expect_word("then")?;
            self.expression()?;
            if !self.is_word(0, &["when"]) {
                break;
            }
        }
        if self.take_if_word(&["else"]) {
            self.expression()?;
        }
        self.expect_word("end")
    }

    /// `CAST(… AS type)`
    fn cast(&mut self) -> Parsed {
        self.take();
        self.parenthesized(|p| {
            p.expression()?;
            p.expect_word("as")?;
            p.data_type()
        })
    }

    /// `[…, …]`, of values or of nested lists.
    fn array(&mut self) -> Parsed {
        self.nested(|p| {
            p.expect_symbol("[")?;
            while !p.is_symbol(0, "]") {
                if p.is_symbol(0, "[") {
                    p.array()?;
                } else {
                    p.expression()?;
                }
                if !p.take_if_symbol(",") {
                    break;
                }
            }
            p.expect_symbol("]")
        })
    }

    /// A construct that looks like a function but is part of PostgreSQL's grammar.
    fn form(&mut self, word: &str) -> Parsed {
        self.take();
        match word {
            "extract" => self.parenthesized(|p| {
                match p.peek() {
                    Some(field) if field.kind == Kind::Word || field.is_string() => p.take(),
                    _ => return Err(p.unexpected()),
                }
                p.expect_word("from")?;
                p.expression()
            }),
            "position" => self.parenthesized(|p| {
                p.plain_operands()?;
                p.expect_word("in")?;
                p.plain_operands()
            }),
            "trim" => self.parenthesized(|p| {
                p.take_if_word(&["leading", "trailing", "both"]);
                if !p.is_word(0, &["from"]) {
                    p.list()?;
                }
                if p.take_if_word(&["from"]) { p.list() } else { Ok(()) }
            }),
            _ => self.parenthesized(Self::list),
        }
    }

    /// Values and operators, without the words that may be between them: in `position(a IN b)` the word IN is not an
    /// operator.
    fn plain_operands(&mut self) -> Parsed {
        loop {
            while self.is_prefix() {}
            self.nested(Self::primary)?;
            while self.symbolic_postfix()? {}
            if !self.peek().is_some_and(|token| token.kind == Kind::Operator) {
                return Ok(());
            }
            self.take();
        }
    }

    /// Whether a type and a string come next, as in `date '2020-01-01'`.
    fn is_typed_string(&self) -> bool {
        let words = match self.is_word(1, &["with", "without"]) {
            true => 4,
            false if self.is_word(1, &["precision", "varying"]) => 2,
            false => 1,
        };
        let is_type = self.peek().is_some_and(|token| is_type(&lower(token), Engine::Postgres));
        is_type && self.at(words).is_some_and(|token| token.is_string())
    }

    /// A known type, with its length, and on PostgreSQL as an array.
    fn data_type(&mut self) -> Parsed {
        let Some(token) = self.peek() else { return Err(self.unexpected()) };
        let name = lower(token);
        if token.kind != Kind::Word || !is_type(&name, self.around.engine) {
            return self.fault(RawExpressionFault::Type(token.text.to_owned()));
        }
        if self.engine().has_search_path() && CATALOG_TYPES.contains(&name.as_str()) {
            self.written.word("pg_catalog");
            self.written.symbol(".");
        }
        self.take();
        match name.as_str() {
            "double" => self.expect_word("precision")?,
            "character" | "char" | "bit" => drop(self.take_if_word(&["varying"])),
            _ => {}
        }
        if self.is_symbol(0, "(") {
            self.parenthesized(|p| {
                p.length()?;
                while p.take_if_symbol(",") {
                    p.length()?;
                }
                Ok(())
            })?;
        }
        if matches!(name.as_str(), "time" | "timestamp") && self.take_if_word(&["with", "without"]) {
            self.expect_word("time")?;
            self.expect_word("zone")?;
        }
        while self.engine().has_arrays() && self.take_if_symbol("[") {
            self.expect_symbol("]")?;
        }
        Ok(())
    }

    /// A number without a sign.
    fn length(&mut self) -> Parsed {
        match self.peek() {
            Some(token) if token.text.bytes().all(|byte| byte.is_ascii_digit()) => self.take(),
            _ => return Err(self.unexpected()),
        }
        Ok(())
    }

    /// A column, or a call of a function.
    fn name(&mut self) -> Parsed {
        let mut parts = Vec::new();
        loop {
            match self.at(2 * parts.len()) {
                Some(part) if matches!(part.kind, Kind::Word | Kind::Quoted) => parts.push(part),
                Some(part) if part.text == "*" && !parts.is_empty() => parts.push(part),
                _ => {
                    self.next += 2 * parts.len();
                    return Err(self.unexpected());
                }
            }
            if !self.is_symbol(2 * parts.len() - 1, ".") {
                break;
            }
        }
        if self.is_symbol(2 * parts.len() - 1, "(") { self.call(&parts) } else { self.column(&parts) }
    }

    /// A column, by the name that `tables!` declares.
    fn column(&mut self, parts: &[Token<'p>]) -> Parsed {
        let column = match parts {
            [column] if column.kind == Kind::Quoted || !is_reserved(&lower(*column)) => {
                self.visible_column(*column).map(|declared| match self.around.engine {
                    Engine::Postgres => quoted(declared),
                    // In quotes SQLite would read it as a string if the column were out of sight.
                    Engine::Sqlite => column.text.to_owned(),
                })
            }
            [table, column] if table.kind == Kind::Quoted || !is_reserved(&lower(*table)) => self
                .visible_column_of(*table, *column)
                .map(|(alias, column)| format!("{}.{}", quoted(alias), quoted(column))),
            _ => None,
        };
        match column {
            Some(column) => {
                self.written.word(&column);
                self.next += 2 * parts.len() - 1;
                Ok(())
            }
            None => self.fault(RawExpressionFault::Column(joined(parts))),
        }
    }

    /// A column of any table of the statement.
    fn visible_column(&self, name: Token<'p>) -> Option<&'p str> {
        let tables = self.around.tables.iter().rev();
        tables.flat_map(|table| table.columns).find(|column| self.is_named(name, column)).copied()
    }

    /// A column of the table with this name. A table that an inner one hides is not searched.
    fn visible_column_of(&self, table: Token<'p>, name: Token<'p>) -> Option<(&'p str, &'p str)> {
        let table = self.around.tables.iter().rev().find(|known| self.is_named(table, known.alias))?;
        let column = table.columns.iter().find(|column| self.is_named(name, column))?;
        Some((table.alias, column))
    }

    /// Whether a name in the expression is this name of the database.
    fn is_named(&self, token: Token<'_>, name: &str) -> bool {
        let given = unquoted(token);
        match self.around.engine {
            Engine::Postgres if token.kind == Kind::Quoted => given == name,
            Engine::Postgres => given.to_ascii_lowercase() == name,
            Engine::Sqlite => given.eq_ignore_ascii_case(name),
        }
    }

    /// `function(…)`
    fn call(&mut self, parts: &[Token<'p>]) -> Parsed {
        let name = lower(parts[0]);
        let is_well_known =
            parts.len() == 1 && parts[0].kind == Kind::Word && is_function(&name, self.around.engine);
        if !is_well_known && !self.is_allowed(parts) {
            let is_grammar = parts.len() == 1 && parts[0].kind == Kind::Word && is_reserved(&name);
            return if is_grammar {
                Err(self.unexpected())
            } else {
                self.fault(RawExpressionFault::Function(joined(parts)))
            };
        }
        let is_ours = is_well_known && self.engine().has_search_path() && !self.is_allowed(parts);
        let place = self.written.place();
        for _ in 0..2 * parts.len() - 1 {
            self.take();
        }
        let mut is_form = false;
        self.parenthesized(|p| {
            if p.is_symbol(0, ")") {
                return Ok(());
            }
            if name == "count" && p.peek().is_some_and(|token| token.text == "*") {
                p.take();
                return Ok(());
            }
            p.take_if_word(&["distinct"]);
            p.arguments()?;
            // `substring(… FROM … FOR …)` is grammar.
            while p.engine().has_standard_forms() && name == "substring" && p.take_if_word(&["from", "for"]) {
                is_form = true;
                p.expression()?;
            }
            Ok(())
        })?;
        if is_ours && !is_form {
            self.written.insert(place, "pg_catalog.");
        }
        if self.take_if_word(&["filter"]) {
            self.parenthesized(|p| {
                p.expect_word("where")?;
                p.expression()
            })?;
        }
        Ok(())
    }

    /// Whether the caller allows a call of the function.
    fn is_allowed(&self, parts: &[Token<'p>]) -> bool {
        let is_allowed = |allowed: &&str| {
            let names: Vec<&str> = allowed.split('.').collect();
            names.len() == parts.len()
                && parts.iter().zip(names).all(|(part, name)| self.is_called(*part, name))
        };
        let is_query = SUBQUERY.contains(&lower(parts[0]).as_str()) || is_reserved(&lower(parts[0]));
        (!is_query || parts[0].kind == Kind::Quoted) && self.around.functions.iter().any(is_allowed)
    }

    /// Whether a part of the name is this one.
    fn is_called(&self, part: Token<'_>, name: &str) -> bool {
        match part.kind {
            Kind::Quoted => self.is_named(part, name),
            _ => part.text.eq_ignore_ascii_case(name),
        }
    }

    /// Anything after a value that makes another value of it.
    fn postfix(&mut self) -> Parsed<bool> {
        if self.symbolic_postfix()? {
            return Ok(true);
        }
        let not = usize::from(self.is_word(0, &["not"]));
        if self.is_word(not, &["in"]) {
            self.take_words(not + 1);
            self.in_list()?;
            return Ok(true);
        }
        if self.take_if_word(&["isnull", "notnull"]) {
            return Ok(true);
        }
        if self.take_if_word(&["collate"]) {
            self.collation()?;
            return Ok(true);
        }
        let not = usize::from(self.is_word(1, &["not"]));
        let is_truth = self.is_word(1 + not, &["null", "true", "false"])
            || self.engine().has_standard_forms() && self.is_word(1 + not, &["unknown"]);
        if self.is_word(0, &["is"]) && is_truth {
            self.take_words(2 + not);
            return Ok(true);
        }
        Ok(false)
    }

    /// The list after IN. Without parentheses SQLite would read a table there.
    fn in_list(&mut self) -> Parsed {
        if self.peek().is_some() && !self.is_symbol(0, "(") {
            return self.fault(RawExpressionFault::Subquery("IN".to_owned()));
        }
        self.written.space();
        self.parenthesized(Self::list)
    }

    /// Writes the next tokens.
    fn take_words(&mut self, count: usize) {
        for _ in 0..count {
            self.take();
        }
    }

    /// `::type` and `[subscript]`.
    fn symbolic_postfix(&mut self) -> Parsed<bool> {
        if self.engine().has_cast_symbol() && self.take_if_symbol("::") {
            self.data_type()?;
            return Ok(true);
        }
        if self.engine().has_arrays() && self.take_if_symbol("[") {
            self.expression()?;
            self.expect_symbol("]")?;
            return Ok(true);
        }
        Ok(false)
    }

    /// A collation. It is data to PostgreSQL. To SQLite it is a function, and an application may have defined it.
    fn collation(&mut self) -> Parsed {
        match self.peek() {
            Some(token) if token.kind == Kind::Quoted && !self.engine().collations_are_code() => self.take(),
            Some(token)
                if SQLITE_COLLATIONS.contains(&lower(token).as_str())
                    && self.engine().collations_are_code() =>
            {
                self.take();
            }
            _ => return Err(self.unexpected()),
        }
        Ok(())
    }

    /// Anything between two values.
    fn infix(&mut self) -> Parsed<bool> {
        let Some(token) = self.peek() else { return Ok(false) };
        match token.kind {
            Kind::Operator if token.text != "~" || self.engine().matches_with_tilde() => {
                self.take();
                self.quantifier()?;
                return Ok(true);
            }
            Kind::Word => {}
            _ => return Ok(false),
        }
        let not = usize::from(self.is_word(0, &["not"]));
        if self.is_word(not, likes(self.engine())) {
            self.take_words(not + 1);
            self.quantifier()?;
            return Ok(true);
        }
        if self.is_word(not, &["between"]) {
            self.take_words(not + 1);
            if self.engine().has_standard_forms() {
                self.take_if_word(&["symmetric"]);
            }
            return Ok(true);
        }
        if self.engine().has_standard_forms() && self.is_word(not, &["similar"]) {
            self.take_words(not + 1);
            self.expect_word("to")?;
            return Ok(true);
        }
        match lower(token).as_str() {
            "and" | "or" | "escape" => self.take(),
            "is" => {
                self.take();
                self.take_if_word(&["not"]);
                if !self.engine().compares_with_is() || self.is_word(0, &["distinct"]) {
                    self.expect_word("distinct")?;
                    self.expect_word("from")?;
                }
            }
            "at" if self.engine().has_standard_forms() => {
                self.take();
                self.expect_word("time")?;
                self.expect_word("zone")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `= ANY (array)`. The parenthesis is left for the operand.
    fn quantifier(&mut self) -> Parsed {
        if self.engine().has_arrays() && self.take_if_word(&["any", "all", "some"]) && !self.is_symbol(0, "(")
        {
            return Err(self.unexpected());
        }
        Ok(())
    }
}

/// The text in lower case.
fn lower(token: Token<'_>) -> String {
    token.text.to_ascii_lowercase()
}

/// The name that a token means.
fn unquoted(token: Token<'_>) -> String {
    match token.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inside) => inside.replace("\"\"", "\""),
        None => token.text.to_owned(),
    }
}

/// A name in quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The parts with dots between them.
fn joined(parts: &[Token<'_>]) -> String {
    parts.iter().map(|part| part.text).collect::<Vec<_>>().join(".")
}
