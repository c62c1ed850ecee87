//! Settings that change what later names mean: `SET search_path = app` makes `t` mean `app.t`.

use super::super::Schema;
use crate::sql::Setting;

impl Schema {
    /// Applies `PRAGMA legacy_alter_table`, which decides what RENAME changes besides the table.
    pub(super) fn pragma(&mut self, name: &str, value: &str) {
        if name == "legacy_alter_table" {
            self.renaming.legacy = !matches!(value, "off" | "0" | "no" | "false");
        }
    }

    /// Applies SET and RESET of `search_path`. LOCAL makes no difference: both end with the script.
    pub(super) fn set(&mut self, setting: &Setting) {
        let names_path = setting.name == "search_path";
        let is_default = |value: &String| value.eq_ignore_ascii_case("default");
        if setting.reset && (names_path || setting.name.is_empty())
            || names_path && setting.values.iter().all(is_default)
        {
            self.search_path = vec![self.engine.default_schema().to_owned()];
        } else if names_path {
            let schemas = setting.values.iter().filter(|value| {
                // Nothing is created in `pg_catalog`, and a schema with the name of the role rarely exists.
                !matches!(value.as_str(), "" | "$user" | "pg_catalog")
            });
            self.search_path = schemas.cloned().collect();
        }
    }
}
