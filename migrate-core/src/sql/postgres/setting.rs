//! SET, RESET, DISCARD.

use squawk_parser::SyntaxKind::*;

use super::name::{content, string};
use super::tree::Node;
use crate::dialect::Engine;
use crate::sql::{Setting, SettingScope};
use crate::token::tokens;

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

/// `SET NAMES`, which the parser does not know: another form of `SET client_encoding` (PostgreSQL manual, SET).
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

/// The values behind the name and `TO`.
fn values(node: Node<'_>) -> Vec<String> {
    let list = node.child(TO_CONFIG_VALUE).unwrap_or(node);
    let values = list.nodes().filter(|value| value.kind() != CONFIG_PARAMETER_REF);
    let plain = |value: Node<'_>| string(value).unwrap_or_else(|| value.text().trim_matches('"').to_owned());
    let values: Vec<String> = values.map(plain).collect();
    // `SET ROLE x`: the node is the value itself.
    if values.is_empty() && !node.is_token() { vec![plain(node)] } else { values }
}
