use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

/// The settings of a session from before a script changed them.
#[derive(Debug)]
pub(crate) struct Session {
    names: Vec<String>,
    values: Vec<String>,
}

/// How many of the settings are users. They come first, so that the others are set with their rights.
const USERS: usize = 2;

/// The settings that belong to this session only.
const SAVE: &str =
    "SELECT name, current_setting(name) FROM (VALUES ('session_authorization'), ('role')) AS users(name)
    UNION ALL SELECT name, setting FROM pg_settings WHERE source = 'session'";

/// Resets the settings that the script set and the session had not. `RESET ALL` would also forget custom settings of the
/// caller, which no view lists. Settings of a transaction end with it. The size of the temporary buffers cannot change
/// once they are in use, and nothing of ours depends on it.
const RESET: &str = "WITH changed AS MATERIALIZED (
        SELECT name, reset_val FROM pg_catalog.pg_settings WHERE source = 'session' AND name <> ALL ($1)
        AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
        AND NOT ($2 AND name = 'temp_buffers')
    )
    SELECT pg_catalog.set_config(name, reset_val, $2) FROM changed";

const RESTORE: &str = "SELECT pg_catalog.set_config(name, value, $3)
    FROM unnest($1, $2) WITH ORDINALITY AS saved(name, value, place) ORDER BY place";

/// Setting a user again would switch the role for a moment, so only a user that differs is set.
const RESTORE_USERS: &str = "SELECT pg_catalog.set_config(name, value, $3)
    FROM unnest($1, $2) WITH ORDINALITY AS saved(name, value, place)
    WHERE pg_catalog.current_setting(name) <> value ORDER BY place";

impl Session {
    pub(crate) async fn save(client: &Client) -> Result<Session, Error> {
        let rows = client.query_typed(SAVE, &[]).await?;
        let column = |i: usize| rows.iter().map(|row| row.try_get(i)).collect::<Result<Vec<String>, Error>>();
        Ok(Session { names: column(0)?, values: column(1)? })
    }

    /// Sets everything back, in one round trip, and `in_transaction` on request. Settings that a script changed since are
    /// reset first. Inside a transaction this takes effect for good when that commits.
    pub(crate) async fn restore(&self, client: &Client, in_transaction: bool) -> Result<(), Error> {
        let user = client.batch_execute(match in_transaction {
            true => "BEGIN; RESET SESSION AUTHORIZATION",
            false => "RESET SESSION AUTHORIZATION",
        });
        let reset = self.reset(client, false);
        let restore = set(client, RESTORE, &self.names, &self.values, false);
        let ended = async {
            match in_transaction {
                true => client.batch_execute("COMMIT").await,
                false => Ok(()),
            }
        };
        let (user, reset, restored, ended) = futures_util::join!(user, reset, restore, ended);
        user.and(reset).and(restored).and(ended)
    }

    /// Sets everything back for the rest of the transaction, in one round trip. After the transaction the script's changes
    /// hold again.
    pub(crate) async fn restore_locally(&self, client: &Client) -> Result<(), Error> {
        let users = set(client, RESTORE_USERS, &self.names[..USERS], &self.values[..USERS], true);
        let reset = self.reset(client, true);
        let restore = set(client, RESTORE, &self.names[USERS..], &self.values[USERS..], true);
        let (users, reset, restored) = futures_util::join!(users, reset, restore);
        users.and(reset).and(restored)
    }

    async fn reset(&self, client: &Client, is_local: bool) -> Result<(), Error> {
        let values: [(&(dyn ToSql + Sync), Type); 2] =
            [(&self.names, Type::TEXT_ARRAY), (&is_local, Type::BOOL)];
        client.query_typed(RESET, &values).await.map(drop)
    }
}

async fn set(
    client: &Client,
    sql: &str,
    names: &[String],
    values: &[String],
    is_local: bool,
) -> Result<(), Error> {
    let values: [(&(dyn ToSql + Sync), Type); 3] =
        [(&names, Type::TEXT_ARRAY), (&values, Type::TEXT_ARRAY), (&is_local, Type::BOOL)];
    client.query_typed(sql, &values).await.map(drop)
}
