//! The name and the table of a `CREATE INDEX CONCURRENTLY`, to find the invalid index that a failed build leaves.

use super::reader::{Reader, catalog_name};

/// The index that a `CREATE INDEX CONCURRENTLY` builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcurrentIndex {
    /// Its name as the catalog holds it.
    pub name: String,
    /// Its table as the statement names it, perhaps with a schema, quoted where it was quoted.
    pub table: String,
}

impl ConcurrentIndex {
    /// Reads a statement. `None` if it is another one, or leaves the name to the server.
    pub fn parse(statement: &str) -> Option<ConcurrentIndex> {
        let mut words = Reader::new(statement);
        words.accept("CREATE")?;
        words.accept("UNIQUE");
        words.accept_all(&["INDEX", "CONCURRENTLY"])?;
        if words.accept("IF").is_some() {
            words.accept_all(&["NOT", "EXISTS"])?;
        }
        if words.accept("ON").is_some() {
            return None;
        }
        let name = catalog_name(words.next()?);
        words.accept("ON")?;
        words.accept("ONLY");
        Some(ConcurrentIndex { name, table: words.name()? })
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
