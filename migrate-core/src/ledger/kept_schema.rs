//! The SQL of the table that keeps the schema.

use super::HistoryTable;
use super::written::fails_unless;
use crate::fingerprint::postgres::{self, options};
use crate::history::kept_schema::FORMAT;
use crate::{Engine, Query};

/// A script without transaction that was cut off is in no log, and may have changed the schema.
const INTERRUPTED: &str = "state IN ('applying', 'rolling_back')";

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

    /// Asks for the rows of a [`KeptSchema`](crate::KeptSchema); on SQLite those of the schema as it is come from [`HistoryTable::fingerprint`].
    /// On PostgreSQL it belongs where that does.
    pub fn kept_schema(&self) -> Query {
        let HistoryTable { kept, log, history, .. } = self;
        let format = self.format();
        let sql = format!(
            "SELECT state, {KEY}, value FROM {kept} \
             UNION ALL SELECT 'now', '', '', '', '', 'format', {format} \
             UNION ALL SELECT 'now', '', '', '', '', 'log', CAST(coalesce(max(id), 0) AS text) FROM {log} \
             UNION ALL SELECT 'since', '', '', '', '', '', CAST(version AS text) FROM (SELECT version FROM {log} WHERE id > \
             (SELECT CAST(value AS bigint) FROM {kept} WHERE state = 'head' AND property = 'log') ORDER BY id LIMIT 1) AS later \
             UNION ALL SELECT 'since', '', '', '', '', '', CAST(version AS text) FROM {history} WHERE {INTERRUPTED}"
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

    /// What does [`KeptSchema::note`](crate::KeptSchema::note) on PostgreSQL, where [`HistoryTable::fingerprint`] belongs.
    ///
    /// It reads each row once and joins none: the planner knows nothing of how many rows the catalog's part has, and
    /// what compares row with row takes minutes where there are thousands of tables.
    pub fn note_schema(&self) -> Option<Query> {
        let live = self.live()?;
        let HistoryTable { kept, log, history, .. } = self;
        let format = self.format();
        let sql = format!(
            "{}, known AS MATERIALIZED (
                SELECT count(*) = 2 AS is_known FROM {kept} WHERE state = 'head' AND CASE property
                    WHEN 'format' THEN value = {format}
                    ELSE NOT EXISTS (SELECT FROM {log} WHERE id > CAST(value AS bigint))
                        AND NOT EXISTS (SELECT FROM {history} WHERE {INTERRUPTED}) END
            ), every AS (
                SELECT {KEY}, max(value) FILTER (WHERE state = 'live') AS live,
                    max(value) FILTER (WHERE state = 'kept') AS kept
                FROM (
                    SELECT 'live', live.* FROM live UNION ALL SELECT * FROM {kept} WHERE state = 'kept'
                ) AS row (state, {KEY}, value)
                WHERE (SELECT is_known FROM known)
                GROUP BY {KEY}
            ), noted AS MATERIALIZED (
                SELECT * FROM every WHERE live IS DISTINCT FROM kept
            ), old AS MATERIALIZED (
                SELECT 1 FROM {kept} WHERE state IN ('added', 'removed') AND (SELECT is_known FROM known)
            ), gone AS (
                DELETE FROM {kept} WHERE state IN ('added', 'removed') AND (SELECT is_known FROM known) RETURNING 1
            ), come AS (
                INSERT INTO {kept}
                SELECT 'added', {KEY}, live FROM noted WHERE live IS NOT NULL
                UNION ALL
                SELECT 'removed', {KEY}, kept FROM noted WHERE kept IS NOT NULL
                RETURNING 1
            )
            SELECT {}",
            live.sql,
            fails_unless(&[
                "(SELECT count(*) FROM gone) = (SELECT count(*) FROM old)",
                "(SELECT count(*) FROM come) = (SELECT count(live) + count(kept) FROM noted)"
            ])
        );
        Some(Query { sql, ..live })
    }

    /// What does [`KeptSchema::keep`](crate::KeptSchema::keep) on PostgreSQL, where [`HistoryTable::fingerprint`] belongs. As
    /// [`HistoryTable::note_schema`] it joins nothing but the rows that go, by their place in the table.
    pub fn keep_schema(&self) -> Option<Query> {
        let live = self.live()?;
        let HistoryTable { kept, log, .. } = self;
        let format = self.format();
        let sql = format!(
            "{}, comparable AS MATERIALIZED (
                SELECT count(*) > 0 AS is_comparable FROM {kept}
                WHERE state = 'head' AND property = 'format' AND value = {format}
            ), every AS (
                SELECT {KEY}, max(value) FILTER (WHERE state = 'live') AS live,
                    max(value) FILTER (WHERE state = 'kept') AS kept,
                    max(value) FILTER (WHERE state = 'added') AS added,
                    max(value) FILTER (WHERE state = 'removed') AS removed,
                    array_agg(place) FILTER (WHERE state = 'kept') AS places
                FROM (
                    SELECT 'live', live.*, NULL FROM live
                    UNION ALL
                    SELECT old.*, old.ctid FROM {kept} AS old WHERE state = 'kept'
                        OR state <> 'head' AND (SELECT is_comparable FROM comparable)
                ) AS row (state, {KEY}, value, place)
                GROUP BY {KEY}
            ), target AS (
                SELECT {KEY}, kept, places, CASE
                    WHEN coalesce(added, removed) IS NOT NULL AND live IS NOT DISTINCT FROM added THEN removed
                    ELSE live END AS value
                FROM every
            ), changed AS MATERIALIZED (
                SELECT * FROM target WHERE kept IS DISTINCT FROM value
            ), old AS MATERIALIZED (
                SELECT place FROM changed, unnest(places) AS place
                UNION ALL
                SELECT ctid FROM {kept} WHERE state = 'head'
                    OR state <> 'kept' AND NOT (SELECT is_comparable FROM comparable)
            ), gone AS (
                DELETE FROM {kept} USING old WHERE {kept}.ctid = old.place RETURNING 1
            ), come AS (
                INSERT INTO {kept}
                SELECT 'kept', {KEY}, value FROM changed WHERE value IS NOT NULL
                UNION ALL
                VALUES ('head', '', '', '', '', 'format', {format}),
                    ('head', '', '', '', '', 'log', (SELECT CAST(coalesce(max(id), 0) AS text) FROM {log}))
                RETURNING 1
            )
            SELECT {}",
            live.sql,
            fails_unless(&[
                "(SELECT count(*) FROM gone) = (SELECT count(*) FROM old)",
                "(SELECT count(*) FROM come) = 2 + (SELECT count(value) FROM changed)"
            ])
        );
        Some(Query { sql, ..live })
    }

    /// What forgets the changes by hand, so that they are kept as if a run had made them.
    pub fn forget_noted(&self) -> Query {
        let HistoryTable { kept, .. } = self;
        let gone = fails_unless(&[&format!(
            "(SELECT count(*) FROM gone) = (SELECT count(*) FROM {kept} WHERE state IN ('added', 'removed'))"
        )]);
        let sql = format!(
            "WITH gone AS (DELETE FROM {kept} WHERE state IN ('added', 'removed') RETURNING 1) SELECT {gone}"
        );
        Query { sql, values: Vec::new() }
    }

    /// What makes the table hold the rows of a [`KeptSchema`](crate::KeptSchema) on SQLite: what clears it, and what takes a row away
    /// and adds one. The table has no index, so each row that is taken away is looked for in all of it.
    pub fn write_kept(&self) -> [String; 3] {
        let kept = &self.kept;
        [
            format!("DELETE FROM {kept}"),
            format!("DELETE FROM {kept} WHERE (state, {KEY}, value) = ($1, $2, $3, $4, $5, $6, $7)"),
            format!("INSERT INTO {kept} VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        ]
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
