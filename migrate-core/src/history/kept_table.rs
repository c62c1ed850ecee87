//! The SQL of the table that keeps the schema.

use super::HistoryTable;
use crate::fingerprint::postgres::{self, options};
use crate::{Engine, Query};

/// The definition of the rows; what other versions of the library or of the server kept cannot be compared.
pub(super) const FORMAT: &str = "1";

const KEY: &str = "kind, schema_name, parent, name, property";

impl HistoryTable {
    /// What creates the table that keeps the schema.
    pub fn create_kept(&self) -> String {
        let text = match self.engine {
            // Compared with names of the catalog, whatever the collation of the database is.
            Engine::Postgres => "text COLLATE \"C\" NOT NULL",
            Engine::Sqlite => "text NOT NULL",
        };
        let kept = &self.kept;
        format!(
            "CREATE TABLE IF NOT EXISTS {kept} (
    state text NOT NULL CHECK (state IN ('kept', 'added', 'removed', 'head')),
    kind {text},
    schema_name {text},
    parent {text},
    name {text},
    property {text},
    value {text}
);"
        )
    }

    /// Asks for the rows of a [`Kept`](super::Kept); on SQLite those of the schema as it is come from [`HistoryTable::fingerprint`].
    /// On PostgreSQL it belongs where that does.
    pub fn kept_schema(&self) -> Query {
        let HistoryTable { kept, log, .. } = self;
        let format = self.format();
        let sql = format!(
            "SELECT state, {KEY}, value FROM {kept} \
             UNION ALL SELECT 'now', '', '', '', '', 'format', {format} \
             UNION ALL SELECT 'now', '', '', '', '', 'log', CAST(coalesce(max(id), 0) AS text) FROM {log} \
             UNION ALL SELECT 'since', '', '', '', '', '', CAST(version AS text) FROM (SELECT version FROM {log} WHERE id > \
             (SELECT CAST(value AS bigint) FROM {kept} WHERE state = 'head' AND property = 'log') ORDER BY id LIMIT 1) AS later"
        );
        match self.live() {
            Some(live) => {
                Query { sql: format!("{} SELECT 'live', live.* FROM live UNION ALL {sql}", live.sql), ..live }
            }
            None => Query { sql, values: Vec::new() },
        }
    }

    /// Takes out of what is kept on PostgreSQL the options that are no part of a schema: older versions of this library
    /// kept what the server had stamped on each column. It belongs before [`HistoryTable::note_schema`].
    pub fn forget_undocumented(&self) -> Query {
        let (kept, documented) = (&self.kept, options::column_pattern());
        let sql = format!(
            "WITH stamped AS (
                DELETE FROM {kept} WHERE kind = 'column' AND property = 'options'
                    AND EXISTS (SELECT FROM unnest(string_to_array(value, ', ')) o WHERE o !~ '{documented}')
                RETURNING *
            )
            INSERT INTO {kept} SELECT state, {KEY}, told.value FROM stamped, LATERAL (
                SELECT string_agg(o, ', ' ORDER BY n) AS value
                FROM unnest(string_to_array(stamped.value, ', ')) WITH ORDINALITY AS option (o, n) WHERE o ~ '{documented}'
            ) AS told WHERE told.value IS NOT NULL"
        );
        Query { sql, values: Vec::new() }
    }

    /// What does [`Kept::note`](super::Kept::note) on PostgreSQL, where [`HistoryTable::fingerprint`] belongs.
    pub fn note_schema(&self) -> Option<Query> {
        let live = self.live()?;
        let HistoryTable { kept, log, .. } = self;
        let format = self.format();
        let sql = format!(
            "{}, known AS (
                SELECT count(*) = 2 AS is_known FROM {kept} WHERE state = 'head' AND CASE property
                    WHEN 'format' THEN value = {format}
                    ELSE NOT EXISTS (SELECT FROM {log} WHERE id > CAST(value AS bigint)) END
            ), cleared AS (
                DELETE FROM {kept} WHERE state IN ('added', 'removed') AND (SELECT is_known FROM known)
            )
            INSERT INTO {kept} SELECT * FROM (
                SELECT 'added', a.* FROM (SELECT * FROM live
                    EXCEPT SELECT {KEY}, value FROM {kept} WHERE state = 'kept') AS a
                UNION ALL
                SELECT 'removed', r.* FROM (SELECT {KEY}, value FROM {kept} WHERE state = 'kept'
                    EXCEPT SELECT * FROM live) AS r
            ) AS noted WHERE (SELECT is_known FROM known)",
            live.sql
        );
        Some(Query { sql, ..live })
    }

    /// What does [`Kept::keep`](super::Kept::keep) on PostgreSQL, where [`HistoryTable::fingerprint`] belongs.
    pub fn keep_schema(&self) -> Option<Query> {
        let live = self.live()?;
        let HistoryTable { kept, log, .. } = self;
        let format = self.format();
        let is_same = |one: &str, other: &str| {
            let key = |table: &str| {
                KEY.split(", ").map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ")
            };
            format!("({}) = ({})", key(one), key(other))
        };
        let (noted_live, live_by_hand, kept_target) =
            (is_same("n", "l"), is_same("l", "b"), is_same("k", "t"));
        let sql = format!(
            "{}, noted AS (
                SELECT {KEY}, max(value) FILTER (WHERE state = 'added') AS now,
                    max(value) FILTER (WHERE state = 'removed') AS was
                FROM {kept} WHERE state IN ('added', 'removed')
                    AND EXISTS (SELECT FROM {kept} WHERE state = 'head' AND property = 'format' AND value = {format})
                GROUP BY {KEY}
            ), by_hand AS MATERIALIZED (
                SELECT n.* FROM noted n LEFT JOIN live l ON {noted_live} WHERE l.value IS NOT DISTINCT FROM n.now
            ), target AS MATERIALIZED (
                SELECT l.* FROM live l WHERE NOT EXISTS (SELECT FROM by_hand b WHERE {live_by_hand})
                UNION ALL
                SELECT {KEY}, was FROM by_hand WHERE was IS NOT NULL
            ), gone AS (
                DELETE FROM {kept} k WHERE k.state = 'head' OR k.state = 'kept'
                    AND NOT EXISTS (SELECT FROM target t WHERE {kept_target} AND k.value = t.value)
            ), come AS (
                INSERT INTO {kept} SELECT 'kept', n.* FROM (SELECT * FROM target
                    EXCEPT SELECT {KEY}, value FROM {kept} WHERE state = 'kept') AS n
            )
            INSERT INTO {kept} VALUES ('head', '', '', '', '', 'format', {format}),
                ('head', '', '', '', '', 'log', (SELECT CAST(coalesce(max(id), 0) AS text) FROM {log}))",
            live.sql
        );
        Some(Query { sql, ..live })
    }

    /// What forgets the changes by hand, so that they are kept as if a run had made them.
    pub fn forget_noted(&self) -> Query {
        let sql = format!("DELETE FROM {} WHERE state IN ('added', 'removed')", self.kept);
        Query { sql, values: Vec::new() }
    }

    /// What makes the table hold the rows of a [`Kept`](super::Kept): the first statement once, the second for each row.
    pub fn write_kept(&self) -> [String; 2] {
        let kept = &self.kept;
        [format!("DELETE FROM {kept}"), format!("INSERT INTO {kept} VALUES ($1, $2, $3, $4, $5, $6, $7)")]
    }

    /// The common table expression `live`: the schema as it is.
    fn live(&self) -> Option<Query> {
        Some(postgres::live(self.schema.as_deref()?, &self.prefix))
    }

    /// What changes when the same schema is written otherwise: ours, and the server's major version.
    fn format(&self) -> String {
        match self.engine {
            Engine::Postgres => {
                format!("'{FORMAT} on PostgreSQL ' || current_setting('server_version_num')::integer / 10000")
            }
            Engine::Sqlite => format!("'{FORMAT}'"),
        }
    }
}
