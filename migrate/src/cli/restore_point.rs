//! A named point in the write-ahead log, to which a base backup can be brought (PostgreSQL manual, 26.3.4).

use migrate_core::{Query, Value};

use super::database::Database;
use super::failure::Failure;
use super::session::Session;

/// Whether this role may set a restore point, and the server's log is detailed enough for one.
const MAY: &str =
    "SELECT CASE WHEN has_function_privilege('pg_catalog.pg_create_restore_point(text)', 'EXECUTE')
    AND current_setting('wal_level') <> 'minimal' AND NOT pg_is_in_recovery() THEN 1 ELSE 0 END";

/// The name of a restore point has at most 63 bytes.
const SET: &str = "WITH point AS (SELECT 'migrate ' || to_char(clock_timestamp() AT TIME ZONE 'UTC',
    'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') AS name)
    SELECT name || ' at ' || pg_create_restore_point(name)::text FROM point";

/// Sets a restore point if that is possible, and prints its name.
pub(super) fn set(session: &Session<'_>, database: &mut Database) -> Result<Option<String>, Failure> {
    if !database.connection.engine().has_restore_points() {
        return Ok(None);
    }
    if scalar(database, MAY)?.as_ref().and_then(Value::as_integer) != Some(1) {
        return Ok(None);
    }
    match scalar(database, SET) {
        Ok(point) => {
            let point = point.as_ref().and_then(Value::as_text).map(str::to_owned);
            point.iter().for_each(|point| session.console.note(format_args!("restore point {point}")));
            Ok(point)
        }
        // A warning is enough: no one asked for a restore point, as `--backup` asks for a backup.
        Err(failure) => {
            session.console.warn(&format!("no restore point was set: {failure}"));
            Ok(None)
        }
    }
}

fn scalar(database: &mut Database, sql: &str) -> Result<Option<Value>, Failure> {
    let rows = database.connection.query(&Query { sql: sql.to_owned(), values: Vec::new() })?;
    Ok(rows.unwrap_or_default().into_iter().next().and_then(|row| row.into_iter().next()))
}
