//! Views in the place of the history's tables.

use migrate::Migrator;
use rusqlite::Connection;

use crate::{TABLES, column, folder, history};

#[test]
fn a_view_that_takes_rows_and_keeps_none_is_an_error() {
    for table in ["migrate_history", "migrate_log"] {
        let mut connection = Connection::open_in_memory().unwrap();
        let set = folder().table(1, "a").table(2, "b").set();
        let migrator = Migrator::new(&set);
        migrator.migrate_to(&mut connection, "1".parse().unwrap()).unwrap();
        connection
            .execute_batch(&format!(
                "ALTER TABLE {table} RENAME TO kept; CREATE VIEW {table} AS SELECT * FROM kept;
                CREATE TRIGGER taken INSTEAD OF INSERT ON {table} BEGIN SELECT 1; END"
            ))
            .unwrap();
        let error = migrator.migrate(&mut connection).unwrap_err().to_string();
        assert!(error.contains(table) && error.contains("trigger"), "{error}");
        assert_eq!(column(&connection, TABLES), ["a", "kept"]);
        connection.execute_batch(&format!("DROP VIEW {table}; ALTER TABLE kept RENAME TO {table}")).unwrap();
        assert_eq!(history(&connection), ["1 applied"]);
        assert_eq!(migrator.migrate(&mut connection).unwrap().migrations.len(), 1);
    }
}
