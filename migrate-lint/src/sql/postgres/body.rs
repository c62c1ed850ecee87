//! Syntax errors inside the bodies of functions, procedures and DO blocks.
//!
//! `CREATE FUNCTION f() … LANGUAGE sql AS 'SELEC 1'` is one good statement with a string, and the server refuses it,
//! because it parses the string too. So does this module: all of a body in SQL, and of one in PL/pgSQL the statements
//! that are SQL. The grammar of PL/pgSQL itself is not checked, as the parser knows only a part of it. Names are not
//! checked either: what a body names may be created later.
//!
//! `check_function_bodies = off` switches the server's check off, so a script that names it is not checked.

use migrate_core::token::{Token, TokenKind, tokens};
use migrate_core::{Engine, Span, SyntaxError};
use squawk_parser::SyntaxKind::*;

use super::name::{content, inside, last, string};
use super::tree::Node;
use super::{block, parse_statement};
use crate::sql::{Block, Body, Chance};

/// The setting that switches the server's check off.
const SWITCH: &str = "check_function_bodies";

/// Whether the server checks the bodies that a script creates.
pub(super) fn is_checked(script: &str) -> bool {
    !script.to_ascii_lowercase().contains(SWITCH)
}

/// The first syntax error in the body of a CREATE FUNCTION, CREATE PROCEDURE or DO.
pub(super) fn error(node: Node<'_>) -> Option<SyntaxError> {
    let (language, literal) = body(node)?;
    let written = literal.text();
    // The escapes of `E'…'` are longer than their characters, so errors would have wrong places; and so with quotes
    // inside of quotes.
    let (start, content) = inside(written).filter(|_| written.starts_with(['\'', '$']))?;
    let is_quoted = written.starts_with('\'');
    if is_quoted && content.contains("''''") {
        return None;
    }
    let content = if is_quoted { block::single_quotes(content) } else { content.to_owned() };
    let found = match language.as_str() {
        "sql" => of_sql(&content),
        "plpgsql" => of_plpgsql(&content),
        _ => None,
    }?;
    Some(moved(found, literal.span().start() + start))
}

/// The body of a CREATE FUNCTION or CREATE PROCEDURE, if it is a string in a language that is parsed.
pub(super) fn text(node: Node<'_>) -> Option<Body> {
    let (language, literal) = body(node)?;
    let is_plpgsql = language == "plpgsql";
    let is_plain = literal.text().starts_with(['\'', '$']);
    let text = content(literal.text()).filter(|_| is_plain && (is_plpgsql || language == "sql"))?;
    Some(Body { is_plpgsql, text })
}

impl Body {
    /// Its statements. It is opaque if it executes a string or does not parse.
    pub(crate) fn block(&self) -> Block {
        if self.is_plpgsql {
            return block::read(&self.text, 0);
        }
        let parsed = super::parse(&self.text);
        let chances = parsed.statements.iter().map(|_| Chance::Open).collect();
        Block { is_opaque: !parsed.errors.is_empty(), chances, statements: parsed.statements }
    }
}

/// The language of a body, and the literal that holds it.
fn body(node: Node<'_>) -> Option<(String, Node<'_>)> {
    let named = |clause: Node<'_>| {
        clause.nodes().next().and_then(|language| string(language).or_else(|| last(language)))
    };
    match node.kind() {
        CREATE_FUNCTION | CREATE_PROCEDURE => {
            let options = node.child(FUNC_OPTION_LIST)?;
            let language = options.child(LANGUAGE_FUNC_OPTION).and_then(named)?;
            let literal = options.child(AS_FUNC_OPTION)?.child(AS_DEFINITION)?.child(LITERAL)?;
            Some((language, only(literal)?))
        }
        DO => {
            let language = node.child(DO_LANGUAGE).map_or(Some("plpgsql".to_owned()), named)?;
            (language == "plpgsql").then_some((language, only(node.child(LITERAL)?)?))
        }
        _ => None,
    }
}

/// The string of a literal, unless it continues in another string.
fn only(literal: Node<'_>) -> Option<Node<'_>> {
    let mut parts = literal.children();
    parts.next().filter(|_| parts.next().is_none())
}

fn of_sql(body: &str) -> Option<SyntaxError> {
    super::parse(body).errors.into_iter().next()
}

/// The first error in the statements of a PL/pgSQL body that are SQL. The server gives each of them to the parser of SQL,
/// with spaces in place of `INTO target`.
fn of_plpgsql(body: &str) -> Option<SyntaxError> {
    let plain = block::without_targets(body);
    let tokens: Vec<Token> = tokens(&plain, Engine::Postgres).filter(|token| !token.is_comment()).collect();
    let words = Words { text: &plain, tokens: &tokens };
    words.sql_statements().into_iter().find_map(|(range, text)| {
        let span = Span::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX));
        parse_statement(&text, span, true).1.map(|error| moved(error, range))
    })
}

fn moved(error: SyntaxError, by: usize) -> SyntaxError {
    let at = |offset: usize| u32::try_from(offset + by).unwrap_or(u32::MAX);
    SyntaxError { span: Span::new(at(error.span.start()), at(error.span.end())), ..error }
}

/// The words of a PL/pgSQL body.
struct Words<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

/// The words with which a statement of PL/pgSQL itself begins, or which are between its statements.
const OWN: &[&str] = &[
    "ASSERT",
    "BEGIN",
    "CALL",
    "CASE",
    "CLOSE",
    "COMMIT",
    "CONTINUE",
    "DECLARE",
    "DO",
    "ELSE",
    "ELSEIF",
    "ELSIF",
    "END",
    "EXCEPTION",
    "EXECUTE",
    "EXIT",
    "FETCH",
    "FOR",
    "FOREACH",
    "GET",
    "IF",
    "LOOP",
    "MOVE",
    "NULL",
    "OPEN",
    "RAISE",
    "RETURN",
    "ROLLBACK",
    "WHEN",
    "WHILE",
];

/// The words with which SQL begins wherever a statement may begin. `THEN` and `ELSE` are also inside of expressions, so
/// other words after them may be names.
const SQL: &[&str] = &["ALTER", "CREATE", "DROP", "GRANT", "INSERT", "REVOKE", "SELECT", "TRUNCATE", "WITH"];

impl Words<'_> {
    fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &self.text[token.range.clone()])
    }

    fn is(&self, index: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.word(index).eq_ignore_ascii_case(word))
    }

    /// Each statement that is certainly SQL, with its place in the body.
    fn sql_statements(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut declares = false;
        let mut depth = 0_usize;
        let mut index = 0;
        while index < self.tokens.len() {
            match self.tokens[index].kind {
                TokenKind::Symbol('(' | '[') => depth += 1,
                TokenKind::Symbol(')' | ']') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if self.is(index, &["DECLARE"]) {
                declares = true;
            }
            if declares && depth == 0 && self.is(index, &["BEGIN"]) {
                declares = false;
            }
            if !declares && depth == 0 && self.begins(index) && self.is_sql(index) {
                let end = self.end(index);
                found.extend(self.statement(index, end));
                index = end;
            } else {
                index += 1;
            }
        }
        found
    }

    /// Whether a statement may begin at this word.
    fn begins(&self, index: usize) -> bool {
        index == 0 || self.is(index - 1, &[";", "BEGIN", "THEN", "ELSE", "LOOP"])
    }

    /// Whether the statement that begins here is SQL.
    fn is_sql(&self, index: usize) -> bool {
        let is_word = self.tokens[index].kind == TokenKind::Word && !self.word(index).starts_with('"');
        // `name := value`, `name = value`, `name.field := value`.
        if !is_word || self.is(index + 1, &[":", ":=", "=", ".", "["]) {
            return false;
        }
        let is_between = index > 0 && self.is(index - 1, &["THEN", "ELSE", "LOOP"]);
        let is_certain = self.is(index, SQL) || self.is(index, &["PERFORM"]);
        let is_update = self.is(index, &["DELETE"]) && self.is(index + 1, &["FROM"]);
        is_certain
            || is_update
            || (index > 0 && !is_between && !self.is(index, OWN))
            || (self.is(index, &["RETURN"]) && self.is(index + 1, &["QUERY"]))
    }

    /// The index of the semicolon that ends the statement.
    fn end(&self, from: usize) -> usize {
        let mut depth = 0_usize;
        for index in from..self.tokens.len() {
            match self.tokens[index].kind {
                TokenKind::Symbol('(') => depth += 1,
                TokenKind::Symbol(')') => depth = depth.saturating_sub(1),
                TokenKind::Symbol(';') if depth == 0 => return index,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The statement from one word to another as the server parses it, unless that is not certain.
    fn statement(&self, from: usize, end: usize) -> Option<(usize, String)> {
        let start = self.tokens[from].range.start;
        let last = &self.tokens[end.checked_sub(1)?];
        let text = &self.text[start..last.range.end];
        let has = |words: &[&str]| (from..end).any(|index| self.is(index, words));
        // A body in a body, and a target after FETCH FIRST, which could not be told from that of a FETCH.
        if has(&["ATOMIC"]) || (has(&["FETCH"]) && has(&["INTO"])) || end == self.tokens.len() {
            return None;
        }
        if self.is(from, &["PERFORM"]) {
            return Some((start, format!("SELECT {}", &text["PERFORM".len()..])));
        }
        if self.is(from, &["RETURN"]) {
            if self.is(from + 2, &["EXECUTE"]) {
                return None;
            }
            let start = self.tokens.get(from + 2)?.range.start;
            return (from + 2 < end).then(|| (start, self.text[start..last.range.end].to_owned()));
        }
        Some((start, text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::postgres::parse;

    /// The words with errors.
    #[track_caller]
    fn errors(sql: &str, want: &[&str]) {
        let parsed = parse(sql);
        let found: Vec<&str> = parsed.errors.iter().map(|error| error.span.of(sql)).collect();
        assert_eq!(found, want, "{sql}: {:?}", parsed.errors);
        let is_known =
            |statement: &crate::sql::Statement| !matches!(statement.kind, crate::sql::Kind::Unknown(_));
        assert!(parsed.statements.iter().all(is_known), "{sql}");
    }

    #[test]
    fn bodies_in_sql() {
        let f = |body: &str| format!("CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS {body}; SELECT 1");
        errors(&f("$$ SELECT 1; SELEC 2 $$"), &["SELEC"]);
        errors(&f("$body$\nUPDATE t SET a = 1 WERE b\n$body$"), &["WERE"]);
        errors(&f("'SELECT ''a'' FORM t WHERE b'"), &["t"]);
        errors("CREATE OR REPLACE PROCEDURE p() LANGUAGE 'sql' AS $$ DELETE t $$", &["t"]);
        // These are parsed with their statement.
        for sql in ["BEGIN ATOMIC SELECT 1 FORM t WHERE a; END", "RETURN 1 +"] {
            let errors = parse(&format!("CREATE FUNCTION f() RETURNS int {sql}")).errors;
            assert_eq!(errors.len(), 1, "{sql}");
        }
        // What is correct, or cannot be known.
        for body in [
            "$$ SELECT $1 + a $$",
            "$$ $$",
            "$$ SELECT * FROM not_there; $$",
            "'SELECT ''it''''s'''",
            "E'SELECT \\'a\\' FORM t'",
            "'SELECT 1'\n' FORM t'",
        ] {
            errors(&f(body), &[]);
        }
        errors("CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$ return 1 $$", &[]);
        errors("CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'f'", &[]);
        errors(
            "SET check_function_bodies = off; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELEC'",
            &[],
        );
    }

    #[test]
    fn bodies_in_plpgsql() {
        let f = |body: &str| {
            format!("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$; SELECT 1")
        };
        for (body, word) in [
            ("BEGIN UPDATE t SET a = 1 WERE b = 2; RETURN NEW; END", "WERE"),
            ("BEGIN IF a THEN INSRT INTO t VALUES (1); ELSE INSERT INTO t VALUE (1); END IF; END", "VALUE"),
            ("BEGIN NULL; UPDTE t SET a = 1; END", "UPDTE"),
            ("DECLARE n int; BEGIN SELECT count(*) INTO n FORM t WHERE a; RETURN n; END", "t"),
            ("BEGIN PERFORM f() FORM t WHERE a; END", "t"),
            ("BEGIN FOR r IN SELECT 1 LOOP DELETE FROM t WHERE; END LOOP; END", ""),
            ("BEGIN RETURN QUERY SELECT 1 FORM t WHERE a; END", "t"),
            ("BEGIN INSERT INTO t VALUES (1) RETURN NEW; END", "RETURN"),
        ] {
            errors(&f(body), &[word]);
            errors(&format!("DO $$ {body} $$"), &[word]);
        }
        for body in [
            "BEGIN x := 1; y.z := 2; w[1] = 3; \"Q\" := 1; RETURN NEW; END;",
            "DECLARE a int := 1; b CONSTANT text DEFAULT 'x'; c CURSOR (k int) FOR SELECT 1; r record; BEGIN NULL; END",
            "<<outer>> DECLARE x t%ROWTYPE; y t.a%TYPE; BEGIN <<l>> LOOP EXIT l WHEN a; CONTINUE; END LOOP; END",
            "BEGIN SELECT a, b INTO STRICT x, y.z FROM t; SELECT INTO x a FROM t; END",
            "BEGIN INSERT INTO t VALUES (NEW.a) RETURNING id INTO x; DELETE FROM t WHERE id = x; END",
            "BEGIN x := CASE WHEN a THEN update ELSE delete END; CASE x WHEN 1 THEN NULL; ELSE NULL; END CASE; END",
            "BEGIN EXECUTE 'x' INTO a USING b; RETURN QUERY EXECUTE 'SELECT ' || a; RETURN NEXT; END",
            "BEGIN GET DIAGNOSTICS n = ROW_COUNT; FETCH c INTO x; MOVE c; CLOSE c; OPEN c FOR SELECT 1; END",
            "BEGIN RAISE EXCEPTION 'a %', b USING ERRCODE = 'x'; ASSERT a, 'b'; EXCEPTION WHEN OTHERS THEN RAISE; END",
            "#variable_conflict use_column\nBEGIN PERFORM DISTINCT a FROM t; CALL p(1); COMMIT; END",
            "BEGIN FOREACH x SLICE 1 IN ARRAY a LOOP WHILE b LOOP NULL; END LOOP; END LOOP; END",
            "BEGIN CREATE TEMP TABLE t AS SELECT 1; SET LOCAL a = 1; LOCK t; NOTIFY x; ANALYZE t; END",
            "BEGIN IF TG_OP = 'DELETE' THEN RETURN OLD; ELSIF a THEN WITH q AS (SELECT 1) UPDATE t SET a = 1; END IF; END",
            "BEGIN LOOP UPDATE t SET a = 1; IF found THEN RETURN; END IF; BEGIN INSERT INTO t VALUES (1); EXCEPTION WHEN unique_violation THEN END; END LOOP; END",
            "BEGIN x := (SELECT a FROM t WHERE b IN (SELECT 1)); IF EXISTS (SELECT 1) THEN NULL; END IF; END",
        ] {
            errors(&f(body), &[]);
        }
    }

    #[test]
    fn an_error_stands_where_it_is_in_the_script() {
        let sql = "CREATE TABLE t (a int);\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN\n  PERFORM 1 FORM t WHERE ''x'';\n\
                   END';";
        let errors = parse(sql).errors;
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].span.of(sql), "t");
        assert_eq!(errors[0].hint.as_deref(), Some("did you mean `FROM` instead of `FORM`?"));
    }
}
