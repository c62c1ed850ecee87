//! The keywords that a mistyped word may have meant: `PRIMRY` gives `PRIMARY`, and `MODIFY`, which is another
//! product's word, gives `ALTER`. `syntax` tries each and keeps the one with which the statement parses.

/// The keywords that `word` may have meant, the nearest first. A correct keyword only gets the word that PostgreSQL has in
/// its place.
pub(super) fn resembling(word: &str) -> impl Iterator<Item = &'static str> {
    let word = word.to_ascii_uppercase();
    let limit = match word.len() {
        _ if KEYWORDS.contains(&word.as_str()) => 0,
        0..5 => 1,
        _ => 2,
    };
    let mut near: Vec<(usize, &str)> = KEYWORDS
        .iter()
        .map(|keyword| (strsim::damerau_levenshtein(keyword, &word), *keyword))
        .filter(|(distance, _)| (1..=limit).contains(distance))
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    let foreign = FOREIGN.iter().filter(move |(other, _)| *other == word).map(|(_, keyword)| *keyword);
    foreign.chain(near.into_iter().map(|(_, keyword)| keyword))
}

/// Words of other products, each with PostgreSQL's word.
const FOREIGN: &[(&str, &str)] =
    &[("CHANGE", "ALTER"), ("DELETE", "DROP"), ("MODIFY", "ALTER"), ("REMOVE", "DROP")];

/// The keywords that scripts use.
const KEYWORDS: &[&str] = &[
    "ACTION",
    "ADD",
    "AFTER",
    "ALL",
    "ALTER",
    "ALWAYS",
    "ANALYZE",
    "AND",
    "AS",
    "ASC",
    "ATTACH",
    "BEFORE",
    "BEGIN",
    "BETWEEN",
    "BIGINT",
    "BOOLEAN",
    "BY",
    "CALL",
    "CASCADE",
    "CASE",
    "CAST",
    "CHAR",
    "CHARACTER",
    "CHECK",
    "COLLATE",
    "COLUMN",
    "COMMENT",
    "COMMIT",
    "CONCURRENTLY",
    "CONFLICT",
    "CONSTRAINT",
    "COPY",
    "CREATE",
    "CROSS",
    "CURRENT",
    "DEFAULT",
    "DEFERRABLE",
    "DEFERRED",
    "DELETE",
    "DESC",
    "DETACH",
    "DISABLE",
    "DISTINCT",
    "DO",
    "DOMAIN",
    "DOUBLE",
    "DROP",
    "EACH",
    "ELSE",
    "ENABLE",
    "END",
    "ENUM",
    "EXCLUDE",
    "EXECUTE",
    "EXISTS",
    "EXTENSION",
    "FALSE",
    "FOR",
    "FORCE",
    "FOREIGN",
    "FROM",
    "FULL",
    "FUNCTION",
    "GENERATED",
    "GRANT",
    "GROUP",
    "HAVING",
    "IDENTITY",
    "IF",
    "IN",
    "INCLUDE",
    "INDEX",
    "INHERITS",
    "INITIALLY",
    "INNER",
    "INSERT",
    "INTEGER",
    "INTERVAL",
    "INTO",
    "IS",
    "JOIN",
    "KEY",
    "LANGUAGE",
    "LEFT",
    "LEVEL",
    "LIKE",
    "LIMIT",
    "LOCAL",
    "LOCK",
    "MATERIALIZED",
    "NO",
    "NOT",
    "NOTHING",
    "NULL",
    "NULLS",
    "NUMERIC",
    "OF",
    "OFFSET",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "OUTER",
    "OWNED",
    "OWNER",
    "PARTITION",
    "POLICY",
    "PRECISION",
    "PRIMARY",
    "PROCEDURE",
    "RANGE",
    "REFERENCES",
    "REFRESH",
    "REINDEX",
    "RENAME",
    "REPLACE",
    "RESET",
    "RESTRICT",
    "RETURNING",
    "RETURNS",
    "REVOKE",
    "RIGHT",
    "ROLLBACK",
    "ROW",
    "RULE",
    "SCHEMA",
    "SECURITY",
    "SELECT",
    "SEQUENCE",
    "SESSION",
    "SET",
    "START",
    "STORED",
    "TABLE",
    "TEMPORARY",
    "THEN",
    "TIME",
    "TIMESTAMP",
    "TO",
    "TRIGGER",
    "TRUE",
    "TRUNCATE",
    "TYPE",
    "UNION",
    "UNIQUE",
    "UNLOGGED",
    "UPDATE",
    "USING",
    "VACUUM",
    "VALID",
    "VALIDATE",
    "VALUE",
    "VALUES",
    "VARYING",
    "VIEW",
    "WHEN",
    "WHERE",
    "WITH",
    "WITHOUT",
    "ZONE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_near_or_of_others() {
        let cases: [(&str, &[&str]); 6] = [
            ("primry", &["PRIMARY"]),
            ("TABEL", &["TABLE"]),
            ("NUL", &["NULL"]),
            ("DELETE", &["DROP"]),
            ("NOT", &[]), // a keyword is no mistyping of others
            ("customers", &[]),
        ];
        for (word, want) in cases {
            assert_eq!(resembling(word).collect::<Vec<_>>(), want, "{word}");
        }
    }
}
