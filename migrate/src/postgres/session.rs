use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

/// The settings of a session as they were before a script changed them.
#[derive(Debug)]
pub(super) struct Session {
    names: Vec<String>,
    values: Vec<String>,
}

/// Settings of this session alone. Both users come first, so that the others are set with their rights.
const SAVE: &str =
    "SELECT name, current_setting(name) FROM (VALUES ('session_authorization'), ('role')) AS users(name)
    UNION ALL SELECT name, setting FROM pg_settings WHERE source = 'session'";

const RESTORE: &str = "SELECT set_config(name, value, false) FROM unnest($1, $2) WITH ORDINALITY AS saved(name, value, place) ORDER BY place";

impl Session {
    pub(super) async fn save(client: &Client) -> Result<Session, Error> {
        let rows = client.query_typed(SAVE, &[]).await?;
        let column = |i: usize| rows.iter().map(|row| row.try_get(i)).collect::<Result<Vec<String>, Error>>();
        Ok(Session { names: column(0)?, values: column(1)? })
    }

    /// Sets everything back, in one round trip: what a script has changed since is reset first. Inside a
    /// transaction it takes effect when that commits, for good.
    pub(super) async fn restore(&self, client: &Client) -> Result<(), Error> {
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(&self.names, Type::TEXT_ARRAY), (&self.values, Type::TEXT_ARRAY)];
        let reset = client.batch_execute("RESET SESSION AUTHORIZATION; RESET ALL");
        let restore = client.query_typed(RESTORE, &parameters);
        let (reset, restored) = futures_util::join!(reset, restore);
        reset.and(restored).map(drop)
    }
}
