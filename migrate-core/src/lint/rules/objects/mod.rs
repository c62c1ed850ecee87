//! Tables, indexes and other objects as a whole, and the rows in them.

mod drop_table;

use super::Rule;

pub(super) const RULES: &[Rule] = &[drop_table::check];
