//! Columns, types and constraints of tables that were there before.

use super::Rule;

pub(super) const RULES: &[Rule] = &[];
