//! SET, RESET and DISCARD.
//!
//! `SET LOCAL TIME ZONE 'UTC'` becomes the setting `timezone` with the value `UTC` and the scope local: each
//! spelling of a setting gets the name that `pg_settings` has.

use squawk_parser::SyntaxKind::*;

use migrate_core::Engine;
use migrate_core::token::tokens;

use super::name::{content, string};
use super::tree::Node;
use crate::sql::{Setting, SettingScope};

/// A SET, RESET or DISCARD. `SET x TO DEFAULT` counts as RESET.
pub(super) fn setting(node: Node<'_>) -> Setting {
    let value = node.nodes().find(|child| !matches!(child.kind(), LOCAL_SCOPE | SESSION_SCOPE));
    let is_reset = matches!(node.kind(), RESET | RESET_ROLE | RESET_SESSION_AUTH | DISCARD);
    let to_default = value.is_some_and(|value| {
        value.tokens().any(|word| matches!(word.kind(), DEFAULT_KW)) || value.has(LOCAL_KW)
    });
    let reset = is_reset || to_default || node.find(SET_ROLE_NONE).is_some();
    Setting {
        scope: if node.has(LOCAL_SCOPE) { SettingScope::Local } else { SettingScope::Session },
        name: name(node, value),
        values: value.filter(|_| !reset).map(values).unwrap_or_default(),
        reset,
    }
}

/// Whether a SET TRANSACTION has to come before the first query. READ COMMITTED does not, where it is the default, and
/// READ ONLY may come at any time (PostgreSQL manual, SET TRANSACTION).
pub(super) fn comes_first(node: Node<'_>) -> bool {
    node.descendants().any(|mode| {
        matches!(
            mode.kind(),
            SERIALIZABLE
                | REPEATABLE_READ
                | READ_UNCOMMITTED
                | DEFERRABLE
                | NOT_DEFERRABLE
                | TRANSACTION_SNAPSHOT
        )
    })
}

/// `SET NAMES`, which the parser does not know. It is another form of `SET client_encoding` (PostgreSQL manual, SET).
pub(super) fn names(text: &str) -> Option<Setting> {
    let mut tokens =
        tokens(text, Engine::Postgres).filter(|token| !token.is_comment()).map(|token| &text[token.range]);
    let mut word =
        tokens.next().filter(|word| word.eq_ignore_ascii_case("SET")).and_then(|_| tokens.next())?;
    let scope = if word.eq_ignore_ascii_case("LOCAL") { SettingScope::Local } else { SettingScope::Session };
    if scope == SettingScope::Local || word.eq_ignore_ascii_case("SESSION") {
        word = tokens.next()?;
    }
    let encoding = tokens.next().unwrap_or("DEFAULT");
    let reset = encoding.eq_ignore_ascii_case("DEFAULT");
    let value = content(encoding);
    let is_whole = word.eq_ignore_ascii_case("NAMES") && tokens.next().is_none();
    (is_whole && (reset || value.is_some())).then(|| Setting {
        scope,
        name: "client_encoding".to_owned(),
        reset,
        values: value.into_iter().collect(),
    })
}

/// The name of the setting. Some statements have their own grammar for one, such as SET ROLE.
fn name(node: Node<'_>, value: Option<Node<'_>>) -> String {
    let fixed = match (node.kind(), value.map(Node::kind)) {
        (SET_ROLE | RESET_ROLE, _) => "role",
        (SET_SESSION_AUTH | RESET_SESSION_AUTH, _) => "session_authorization",
        (SET_TRANSACTION, _) => "default_transaction_isolation",
        (_, Some(SET_TIME_ZONE | RESET_TIME_ZONE)) => "timezone",
        (_, Some(SET_SCHEMA_VALUE)) => "search_path",
        (_, Some(SET_XML_OPTION)) => "xmloption",
        (_, Some(RESET_TRANSACTION_ISOLATION)) => "transaction_isolation",
        _ => "",
    };
    let written = node.find(CONFIG_PARAMETER_REF).map(|parameter| parameter.text().to_ascii_lowercase());
    if fixed.is_empty() { written.unwrap_or_default() } else { fixed.to_owned() }
}

/// The values after the name and `TO`.
fn values(node: Node<'_>) -> Vec<String> {
    let list = node.child(TO_CONFIG_VALUE).unwrap_or(node);
    let values = list.nodes().filter(|value| value.kind() != CONFIG_PARAMETER_REF);
    let plain = |value: Node<'_>| string(value).unwrap_or_else(|| value.text().trim_matches('"').to_owned());
    let values: Vec<String> = values.map(plain).collect();
    // `SET ROLE x`: the node is the value itself.
    if values.is_empty() && !node.is_token() { vec![plain(node)] } else { values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Kind;
    use crate::sql::postgres::testing::kind;

    #[test]
    fn settings() {
        use SettingScope::{Local, Session};
        let cases: [(&str, SettingScope, &str, &[&str]); 14] = [
            ("SET lock_timeout = '5s'", Session, "lock_timeout", &["5s"]),
            ("SET SESSION Lock_Timeout TO 0", Session, "lock_timeout", &["0"]),
            ("SET LOCAL search_path TO a, 'b', \"C\"", Local, "search_path", &["a", "b", "C"]),
            ("SET app.tenant = 'x'", Session, "app.tenant", &["x"]),
            ("SET a = -1", Session, "a", &["-1"]),
            ("SET a = on", Session, "a", &["on"]),
            ("SET TIME ZONE 'UTC'", Session, "timezone", &["UTC"]),
            ("SET SCHEMA 'x'", Session, "search_path", &["x"]),
            ("SET LOCAL ROLE x", Local, "role", &["x"]),
            ("SET SESSION AUTHORIZATION 'x'", Session, "session_authorization", &["x"]),
            ("SET NAMES 'UTF8'", Session, "client_encoding", &["UTF8"]),
            ("set local names 'UTF8' -- why", Local, "client_encoding", &["UTF8"]),
            ("SELECT 1; SET a = 1", Session, "a", &["1"]),
            ("SET statement_timeout = 5.5", Session, "statement_timeout", &["5.5"]),
        ];
        for (sql, scope, name, values) in cases {
            let want = Kind::Set(Setting {
                scope,
                name: name.to_owned(),
                values: values.iter().map(ToString::to_string).collect(),
                reset: false,
            });
            let found = crate::sql::postgres::parse(sql).statements.pop().expect(sql).kind;
            assert_eq!(found, want, "{sql}");
        }
    }

    #[test]
    fn settings_put_back() {
        for (sql, name) in [
            ("RESET ALL", ""),
            ("RESET lock_timeout", "lock_timeout"),
            ("RESET TIME ZONE", "timezone"),
            ("RESET ROLE", "role"),
            ("RESET SESSION AUTHORIZATION", "session_authorization"),
            ("SET lock_timeout TO DEFAULT", "lock_timeout"),
            ("SET TIME ZONE LOCAL", "timezone"),
            ("SET ROLE NONE", "role"),
            ("SET SESSION AUTHORIZATION DEFAULT", "session_authorization"),
            ("SET NAMES", "client_encoding"),
            ("SET NAMES DEFAULT", "client_encoding"),
            ("DISCARD ALL", ""),
        ] {
            let Kind::Set(setting) = kind(sql) else { panic!("{sql}") };
            assert_eq!(
                (&setting.name[..], setting.reset, &setting.values[..]),
                (name, true, &[][..]),
                "{sql}"
            );
        }
        assert_eq!(kind("SET CONSTRAINTS ALL DEFERRED"), Kind::Harmless);
        for (sql, comes_first) in [
            ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", true),
            ("SET TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ", true),
            ("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", true),
            ("SET TRANSACTION NOT DEFERRABLE", true),
            ("SET TRANSACTION SNAPSHOT 'x'", true),
            ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", false),
            ("SET TRANSACTION READ ONLY", false),
        ] {
            assert_eq!(kind(sql), Kind::SetTransaction { comes_first }, "{sql}");
        }
        assert_eq!(crate::sql::postgres::parse("SET NAMES x y").errors.len(), 1);
    }
}
