//! VACUUM, and options in parentheses.

use squawk_parser::SyntaxKind::*;

use super::tree::Node;

pub(super) fn is_full(node: Node<'_>) -> bool {
    let options = node.child(VACUUM_OPTION_LIST);
    let mut options = options.into_iter().flat_map(|options| options.each(VACUUM_OPTION));
    node.has(FULL_KW) || options.any(|option| option.find(FULL_KW).is_some() && !is_off(option))
}

/// Whether an option is followed by a word for no (PostgreSQL manual, VACUUM, `boolean`).
pub(super) fn is_off(option: Node<'_>) -> bool {
    let value = option.tokens().skip(1).last().map(|word| word.text().to_ascii_lowercase());
    value.is_some_and(|value| matches!(value.trim_matches('\''), "false" | "off" | "0"))
}
