//! INSERT into what is not there, or with another number of values than columns.

use super::Place;
use crate::schema::Table;
use crate::sql::{Generated, Insert};

impl Place<'_> {
    pub(super) fn inserted(&self, insert: &Insert) -> Option<String> {
        const ROW_ID: &[&str] = &["rowid", "oid", "_rowid_"];
        let known = self.with_known_columns(&insert.table);
        let mut columns = insert.columns.iter().filter(|column| !ROW_ID.contains(&column.as_str()));
        self.gone(&insert.table)
            .or_else(|| columns.find_map(|column| self.lacks(known?, column)))
            .or_else(|| uneven(insert))
            .or_else(|| self.too_wide(insert, known?))
    }

    /// That a row has more values than the table has columns; or, where the columns without a value have to be named, not
    /// as many.
    fn too_wide(&self, insert: &Insert, table: &Table) -> Option<String> {
        let [width] = insert.widths[..] else { return None };
        if insert.targets > 0 {
            return None;
        }
        let names_missing = self.schema.engine().rebuilds_tables();
        let has_value = |generated: &Option<Generated>| !names_missing || generated.is_none();
        let columns = table.columns.iter().filter(|column| has_value(&column.generated)).count();
        let is_wrong = if names_missing { width != columns } else { width > columns };
        is_wrong.then(|| format!("a row has {width} values, and `{}` has {columns} columns", insert.table))
    }
}

/// That rows are not all as long as each other, and as the list of columns.
fn uneven(insert: &Insert) -> Option<String> {
    match insert.widths[..] {
        [shortest, .., longest] => Some(format!("one row has {shortest} values, and another {longest}")),
        [width] if insert.targets > 0 && insert.targets != width => {
            Some(format!("a row has {width} values for {} columns", insert.targets))
        }
        _ => None,
    }
}
