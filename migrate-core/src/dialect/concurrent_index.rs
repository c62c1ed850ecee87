use crate::dialect::Engine;
use crate::token::{Token, TokenKind, tokens};

/// The index that a `CREATE INDEX CONCURRENTLY` builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcurrentIndex {
    /// Its name as the catalog holds it.
    pub name: String,
    /// Its table as the statement names it, perhaps with a schema, quoted where it was quoted.
    pub table: String,
}

impl ConcurrentIndex {
    /// Reads a statement; `None` when it is another, or leaves the name to the server.
    pub fn parse(statement: &str) -> Option<ConcurrentIndex> {
        let is_code = |token: &Token| !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment);
        let mut tokens = tokens(statement, Engine::Postgres)
            .filter(is_code)
            .map(|token| &statement[token.range])
            .peekable();
        let mut accept = |word: &str| tokens.next_if(|token| token.eq_ignore_ascii_case(word));
        accept("CREATE")?;
        accept("UNIQUE");
        accept("INDEX")?;
        accept("CONCURRENTLY")?;
        if accept("IF").is_some() {
            accept("NOT")?;
            accept("EXISTS")?;
        }
        if accept("ON").is_some() {
            return None;
        }
        let name = catalog_name(tokens.next()?);
        let mut accept = |word: &str| tokens.next_if(|token| token.eq_ignore_ascii_case(word));
        accept("ON")?;
        accept("ONLY");
        let mut table = tokens.next()?.to_owned();
        while tokens.next_if(|token| *token == ".").is_some() {
            table = format!("{table}.{}", tokens.next()?);
        }
        Some(ConcurrentIndex { name, table })
    }
}

/// An identifier as the catalog holds it: in lower case unless it is quoted.
fn catalog_name(identifier: &str) -> String {
    match identifier.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => identifier.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_name_and_table() {
        let cases = [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", Some(("i", "t"))),
            (
                "create unique index concurrently IF NOT EXISTS Big ON app.T USING btree (a)",
                Some(("big", "app.T")),
            ),
            (
                "CREATE INDEX CONCURRENTLY \"a \"\"b\" -- why\n ON ONLY \"My\".\"t\" (a)",
                Some(("a \"b", "\"My\".\"t\"")),
            ),
            ("CREATE INDEX CONCURRENTLY ON t (a)", None), // the server chooses the name
            ("CREATE INDEX i ON t (a)", None),
            ("DROP INDEX CONCURRENTLY i", None),
            ("CREATE INDEX CONCURRENTLY", None),
        ];
        for (statement, want) in cases {
            let found = ConcurrentIndex::parse(statement);
            let want = want.map(|(name, table)| ConcurrentIndex { name: name.into(), table: table.into() });
            assert_eq!(found, want, "{statement}");
        }
    }
}
