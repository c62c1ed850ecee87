//! DO blocks: the statements in their bodies.
//!
//! `DO $$ BEGIN IF x THEN DROP TABLE t; END IF; END $$` gives one statement, `DROP TABLE t`, with its place in the
//! script. Which of the statements run is decided on the server, so all are returned. A body that executes a string,
//! or that the parser does not understand, is opaque.

use squawk_parser::EntryPoint;
use squawk_parser::SyntaxKind::*;

use migrate_core::Engine;
use migrate_core::token::{Token, TokenKind, tokens};

use super::name::{inside, last, string};
use super::statement::{statement, with_kind};
use super::tree::{Node, Tree, is_too_deep};
use crate::sql::{Block, Chance, Kind, Statement};

/// The block of a DO statement. One in another language than PL/pgSQL is opaque.
pub(super) fn block(node: Node<'_>) -> Block {
    let language = node.child(DO_LANGUAGE).and_then(|clause| clause.nodes().next());
    let language = language.and_then(|language| string(language).or_else(|| last(language)));
    let literal = node.child(LITERAL).and_then(|literal| literal.children().next());
    // The escapes of `E'…'` are longer than their characters, so later statements would have wrong places.
    let plain = literal.filter(|literal| literal.text().starts_with(['\'', '$']));
    let body = plain.and_then(|literal| Some((literal, inside(literal.text())?)));
    match body.filter(|_| language.is_none_or(|language| language == "plpgsql")) {
        Some((literal, (start, body))) => {
            let is_quoted = literal.text().starts_with('\'');
            let body = if is_quoted { single_quotes(body) } else { body.to_owned() };
            read(&body, literal.span().start() + start)
        }
        None => opaque(),
    }
}

/// Replaces doubled quotes by single ones and a space outside of the string, so that all places stay the same.
pub(super) fn single_quotes(content: &str) -> String {
    let mut parts = content.split("''");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for (number, part) in parts.enumerate() {
        plain.push_str(if number % 2 == 0 { " '" } else { "' " });
        plain.push_str(part);
    }
    plain
}

/// The block of a body that begins at `offset` of its script. The parser does not know all of PL/pgSQL, so what it does
/// not understand is not a syntax error: it makes the block opaque.
pub(super) fn read(body: &str, offset: usize) -> Block {
    let body = without_targets(body);
    if is_too_deep(&body) {
        return opaque();
    }
    let Ok(tree) = super::guarded(|| Tree::parse(&body, offset, EntryPoint::Plpgsql)) else {
        return opaque();
    };
    let root = tree.root();
    let executes_string = root.descendants().any(|node| {
        matches!(
            node.kind(),
            PLPGSQL_DYN_EXECUTE_STMT
                | PLPGSQL_FOR_DYN_STMT
                | PLPGSQL_OPEN_EXECUTE
                | PLPGSQL_RETURN_QUERY_EXECUTE_STMT
        )
    });
    let end = root.descendants().find(|node| may_leave(*node)).map(|node| node.span().start());
    let chance = |node: Node<'_>| {
        let is_after_end = end.is_some_and(|end| node.span().start() > end);
        chance(node, root, is_after_end)
    };
    let found = root.descendants().filter_map(|node| Some((inner(node)?, chance(node))));
    let (statements, chances) = found.unzip();
    Block { statements, chances, is_opaque: executes_string || !tree.errors.is_empty() }
}

/// A block about which nothing is known.
fn opaque() -> Block {
    Block { statements: Vec::new(), chances: Vec::new(), is_opaque: true }
}

/// Whether a node may end the block before its end.
fn may_leave(node: Node<'_>) -> bool {
    match node.kind() {
        PLPGSQL_RAISE_STMT => node.child(PLPGSQL_RAISE_LEVEL).is_none_or(|level| level.has(EXCEPTION_KW)),
        kind => matches!(
            kind,
            PLPGSQL_RETURN_STMT | PLPGSQL_EXIT_STMT | PLPGSQL_CONTINUE_STMT | PLPGSQL_ASSERT_STMT
        ),
    }
}

/// Whether a statement is executed: not if it is in anything but a block, and not for certain after a RETURN.
fn chance(node: Node<'_>, root: Node<'_>, is_after_end: bool) -> Chance {
    let mut chance = if is_after_end { Chance::Open } else { Chance::Certain };
    let mut around = node.parent();
    while !around.is(root) {
        match around.kind() {
            PLPGSQL_BLOCK if around.has(PLPGSQL_EXCEPTION_SECTION) => return Chance::Caught,
            PLPGSQL_BLOCK | PLPGSQL_BODY | PLPGSQL_EXEC_SQL_STMT => {}
            _ => chance = Chance::Open,
        }
        around = around.parent();
    }
    chance
}

/// The statement that a node of the body executes, if it executes one.
fn inner(node: Node<'_>) -> Option<Statement> {
    let is_body = |parent: Node<'_>| {
        matches!(
            parent.kind(),
            PLPGSQL_EXEC_SQL_STMT
                | PLPGSQL_PERFORM_STMT
                | PLPGSQL_CALL_STMT
                | PLPGSQL_DO_STMT
                | PLPGSQL_FOR_QUERY_STMT
                | PLPGSQL_OPEN_QUERY
                | PLPGSQL_RETURN_QUERY_STMT
        )
    };
    match node.kind() {
        PLPGSQL_COMMIT_STMT | PLPGSQL_ROLLBACK_STMT => Some(with_kind(node, Kind::Transaction)),
        // An expression is a query to PL/pgSQL. Without a call or a table no rule needs it.
        PLPGSQL_EXPR => {
            Some(statement(node)).filter(|query| !query.calls.is_empty() || !query.reads.is_empty())
        }
        PLPGSQL_FOR_VARIABLE | PLPGSQL_BODY | PLPGSQL_LABEL => None,
        _ if !node.is_token() && is_body(node.parent()) => Some(statement(node)),
        _ => None,
    }
}

/// The body with spaces in place of every `INTO target`, which the parser does not know in a query.
pub(super) fn without_targets(body: &str) -> String {
    let tokens: Vec<Token> = tokens(body, Engine::Postgres).collect();
    let is = |token: &Token, word: &str| body[token.range.clone()].eq_ignore_ascii_case(word);
    let mut plain = body.to_owned().into_bytes();
    let mut fetches = false;
    for (index, token) in tokens.iter().enumerate() {
        fetches = (fetches && !is(token, ";")) || is(token, "FETCH");
        let names_table = index > 0 && (is(&tokens[index - 1], "INSERT") || is(&tokens[index - 1], "MERGE"));
        if is(token, "INTO") && !names_table && !fetches {
            let end = targets_end(body, &tokens[index + 1..]).unwrap_or(token.range.end);
            plain[token.range.start..end].fill(b' ');
        }
    }
    String::from_utf8(plain).expect("whole tokens were replaced by spaces")
}

/// The end of the list of variables at the start of `tokens`: `STRICT a, b.c, d`.
fn targets_end(body: &str, tokens: &[Token]) -> Option<usize> {
    let text = |token: &Token| &body[token.range.clone()];
    let mut end = None;
    let mut wants_name = true;
    for token in tokens {
        let joins = matches!(token.kind, TokenKind::Symbol(',' | '.'));
        let is_strict = end.is_none() && text(token).eq_ignore_ascii_case("STRICT");
        match token.kind {
            TokenKind::Word | TokenKind::Literal if wants_name => {
                end = Some(token.range.end);
                wants_name = is_strict;
            }
            _ if joins && !wants_name => wants_name = true,
            TokenKind::LineComment | TokenKind::BlockComment => {}
            _ => break,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::postgres::testing::kind;

    #[track_caller]
    fn inner_of(sql: &str) -> (Vec<String>, bool) {
        let Kind::Do(block) = kind(sql) else { panic!("{sql}") };
        let statements = block.statements.iter().map(|statement| statement.span.of(sql).to_owned());
        (statements.collect(), block.is_opaque)
    }

    #[test]
    fn statements_are_found_wherever_they_stand() {
        let cases: [(&str, &[&str]); 12] = [
            ("BEGIN DROP TABLE a; END", &["DROP TABLE a"]),
            (
                "BEGIN IF a THEN DROP TABLE a; ELSIF b THEN DELETE FROM b; ELSE UPDATE c SET d = 1; END IF; END",
                &["DROP TABLE a", "DELETE FROM b", "UPDATE c SET d = 1"],
            ),
            ("DECLARE n int := (SELECT max(a) FROM t); BEGIN NULL; END", &["(SELECT max(a) FROM t)"]),
            (
                "BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type) THEN CREATE TYPE e AS ENUM ('a'); END IF; END",
                &["NOT EXISTS (SELECT 1 FROM pg_type)", "CREATE TYPE e AS ENUM ('a')"],
            ),
            (
                "BEGIN FOR r IN SELECT * FROM t LOOP PERFORM f(r); END LOOP; END",
                &["SELECT * FROM t", "PERFORM f(r)"],
            ),
            (
                "BEGIN CREATE TYPE e AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN DROP TABLE x; END",
                &["CREATE TYPE e AS ENUM ('a')", "DROP TABLE x"],
            ),
            ("BEGIN BEGIN COMMIT; END; CALL p(); END", &["COMMIT;", "CALL p()"]),
            ("BEGIN x := nextval('s'); y := 1; END", &["nextval('s')"]),
            ("BEGIN SELECT a, b INTO STRICT x, y.z FROM t; END", &["SELECT a, b INTO STRICT x, y.z FROM t"]),
            (
                "BEGIN INSERT INTO t VALUES (1) RETURNING id INTO x; END",
                &["INSERT INTO t VALUES (1) RETURNING id"],
            ),
            ("DECLARE c CURSOR FOR SELECT 1; BEGIN OPEN c; FETCH c INTO x; END", &[]),
            (
                "BEGIN LOOP EXIT WHEN a; DELETE FROM t; END LOOP; RAISE NOTICE 'x %', 1; RETURN; END",
                &["DELETE FROM t"],
            ),
        ];
        for (body, want) in cases {
            for (open, close) in [("DO $$", "$$"), ("DO LANGUAGE plpgsql $x$", "$x$")] {
                assert_eq!(
                    inner_of(&format!("{open}{body}{close}")),
                    (want.iter().map(ToString::to_string).collect(), false),
                    "{body}"
                );
            }
        }
    }

    #[test]
    fn what_is_executed() {
        use Chance::{Caught, Certain, Open};
        let cases: [(&str, &[Chance]); 6] = [
            ("BEGIN DROP TABLE a; BEGIN DROP TABLE b; END; END", &[Certain, Certain]),
            ("BEGIN IF a THEN DROP TABLE a; END IF; DROP TABLE b; END", &[Open, Certain]),
            ("BEGIN LOOP COMMIT; END LOOP; END", &[Open]),
            ("BEGIN RAISE NOTICE 'x'; DROP TABLE a; RAISE 'x'; DROP TABLE b; END", &[Certain, Open]),
            ("BEGIN RETURN; COMMIT; END", &[Open]),
            ("BEGIN DROP TABLE a; EXCEPTION WHEN OTHERS THEN DROP TABLE b; END", &[Caught, Caught]),
        ];
        for (body, want) in cases {
            let Kind::Do(block) = kind(&format!("DO $$ {body} $$")) else { panic!("{body}") };
            assert_eq!(block.chances, want, "{body}");
        }
    }

    #[test]
    fn a_body_in_quotes_keeps_its_places() {
        let (statements, is_opaque) =
            inner_of("DO 'BEGIN INSERT INTO t VALUES (''a''); DROP TABLE b; END' LANGUAGE 'plpgsql'");
        assert_eq!(statements, ["INSERT INTO t VALUES (''a'')", "DROP TABLE b"]);
        assert!(!is_opaque);
    }

    #[test]
    fn what_cannot_be_known_is_opaque() {
        for sql in [
            "DO $$ BEGIN EXECUTE 'DROP TABLE ' || a; END $$",
            "DO $$ BEGIN FOR r IN EXECUTE a LOOP NULL; END LOOP; END $$",
            "DO LANGUAGE plpython3u $$ x = 1 $$",
            "DO $$ BEGIN IF this is no language; END $$",
            "DO E'BEGIN NULL; END'",
        ] {
            assert!(inner_of(sql).1, "{sql}");
        }
        let (statements, is_opaque) = inner_of("DO $$ BEGIN DROP TABLE a; EXECUTE b; END $$");
        assert_eq!((statements, is_opaque), (vec!["DROP TABLE a".to_owned()], true));
    }
}
