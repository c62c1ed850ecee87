//! VACUUM: whether it is FULL, as a word or as an option in parentheses. `VACUUM (FULL off)` is not.

use squawk_parser::SyntaxKind::*;

use super::tree::Node;

pub(super) fn is_full(node: Node<'_>) -> bool {
    let options = node.child(VACUUM_OPTION_LIST);
    let mut options = options.into_iter().flat_map(|options| options.each(VACUUM_OPTION));
    node.has(FULL_KW) || options.any(|option| option.find(FULL_KW).is_some() && !is_off(option))
}

/// Whether an option has a value that switches it off (PostgreSQL manual, VACUUM, `boolean`).
pub(super) fn is_off(option: Node<'_>) -> bool {
    let value = option.tokens().skip(1).last().map(|word| word.text().to_ascii_lowercase());
    value.is_some_and(|value| matches!(value.trim_matches('\''), "false" | "off" | "0"))
}
