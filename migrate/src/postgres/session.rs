use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

/// The settings of a session as they were before a script changed them.
#[derive(Debug)]
pub(crate) struct Session {
    names: Vec<String>,
    values: Vec<String>,
}

/// Settings of this session alone. Both users come first, so that the others are set with their rights.
const SAVE: &str =
    "SELECT name, current_setting(name) FROM (VALUES ('session_authorization'), ('role')) AS users(name)
    UNION ALL SELECT name, setting FROM pg_settings WHERE source = 'session'";

/// What a script has set and the session had not. `RESET ALL` would also forget settings of the caller's own
/// making, which no view lists.
const RESET: &str = "WITH changed AS MATERIALIZED (
        SELECT name, reset_val FROM pg_settings WHERE source = 'session' AND name <> ALL ($1)
    )
    SELECT set_config(name, reset_val, false) FROM changed";

const RESTORE: &str = "SELECT set_config(name, value, false)
    FROM unnest($1, $2) WITH ORDINALITY AS saved(name, value, place) ORDER BY place";

impl Session {
    pub(crate) async fn save(client: &Client) -> Result<Session, Error> {
        let rows = client.query_typed(SAVE, &[]).await?;
        let column = |i: usize| rows.iter().map(|row| row.try_get(i)).collect::<Result<Vec<String>, Error>>();
        Ok(Session { names: column(0)?, values: column(1)? })
    }

    /// Sets everything back, in one round trip: what a script has changed since is reset first. Inside a
    /// transaction it takes effect when that commits, for good.
    pub(crate) async fn restore(&self, client: &Client) -> Result<(), Error> {
        let saved: [(&(dyn ToSql + Sync), Type); 2] =
            [(&self.names, Type::TEXT_ARRAY), (&self.values, Type::TEXT_ARRAY)];
        let user = client.batch_execute("RESET SESSION AUTHORIZATION");
        let reset = client.query_typed(RESET, &saved[..1]);
        let restore = client.query_typed(RESTORE, &saved);
        let (user, reset, restored) = futures_util::join!(user, reset, restore);
        user.and(reset).and(restored).map(drop)
    }
}
