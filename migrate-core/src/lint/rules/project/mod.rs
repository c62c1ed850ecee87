//! What the project declares in `migrate.toml`: its tenants, its soft deletes, its oldest server.

use super::Rule;

pub(super) const RULES: &[Rule] = &[];
