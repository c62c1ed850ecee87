//! A template database that tests copy, because applying migrations takes longer than copying their result.
//!
//! What comes in are the contents of a test's database; what goes out is a copy of `mt_t_<key of the contents>`. The
//! name depends on the contents alone, so the template is made once on a server, by the first process that needs it.

use std::time::{Duration, Instant};

use tokio_postgres::NoTls;
use tokio_postgres::error::{ErrorPosition, SqlState};

use super::address::Address;
use super::contents::{BoxError, Contents};
use super::database::{TestDatabase, refused, since_epoch};
use super::error::ServerError;
use super::maintenance::{Maintenance, background};
use super::sweep::{self, BUILDING, TEMPLATE_PREFIX, used_at};
use crate::migrator::Migrator;

/// A database with these contents, for one test.
pub(super) async fn database(
    server: &Address,
    contents: Contents,
    hint: &str,
) -> Result<TestDatabase, BoxError> {
    let (server, hint) = (server.clone(), hint.to_owned());
    let made = background()?.spawn(async move {
        let template = format!("{TEMPLATE_PREFIX}{}", contents.key()?);
        let mut maintenance = Maintenance::of(&server).await?;
        let database = loop {
            match TestDatabase::create_from(&mut maintenance, &server, &hint, &template).await {
                Ok(database) => break database,
                // Copy first and ask later: the template nearly always exists, and a question would cost a round trip
                // each time.
                Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {
                    build(&mut maintenance, &server, &template, contents).await?;
                }
                Err(error) => return Err(refused(&server, error).into()),
            }
        };
        maintenance.rest();
        sweep::once(&server, &template);
        Ok(database)
    });
    made.await.unwrap_or_else(|error| Err(error.into()))
}

/// Makes the template, or waits until another process has.
async fn build(
    maintenance: &mut Maintenance,
    server: &Address,
    template: &str,
    contents: Contents,
) -> Result<(), BoxError> {
    // A failure closes the connection, and that frees the lock.
    lock(maintenance, template).await?;
    let there = format!("SELECT FROM pg_database WHERE datname = '{template}'");
    if maintenance.rows(&there).await?.is_empty() {
        let draft = format!("{template}{BUILDING}");
        let built = fill_draft(maintenance, server, &draft, contents).await;
        if let Err(error) = built {
            // If this fails too, the next builder does it.
            let _ = maintenance.execute(&format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).await;
            return Err(error);
        }
        // No one ever sees half a template: under its name it is complete.
        maintenance.execute(&format!("ALTER DATABASE {draft} RENAME TO {template}")).await?;
        maintenance.execute(&format!("ALTER DATABASE {template} IS_TEMPLATE true")).await?;
    }
    maintenance.execute("SELECT pg_advisory_unlock_all()").await?;
    Ok(())
}

/// Takes the lock on making a template. It polls: a process that waits inside of the server would hold a snapshot
/// there.
async fn lock(maintenance: &mut Maintenance, template: &str) -> Result<(), BoxError> {
    let digits = template.trim_start_matches(TEMPLATE_PREFIX);
    let key = i64::from_str_radix(&digits[..digits.len() - 1], 16)?;
    let deadline = Instant::now() + LOCK_MAX;
    loop {
        let locked = maintenance.rows(&format!("SELECT pg_try_advisory_lock({key})")).await?;
        if locked.concat() == [Some("t".to_owned())] {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!(
                "another process has been making the template {template} for {} minutes; \
                 `SELECT * FROM pg_stat_activity` on the server tells which",
                LOCK_MAX.as_secs() / 60
            )
            .into());
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
}

const LOCK_PAUSE: Duration = Duration::from_millis(20);
const LOCK_MAX: Duration = Duration::from_secs(10 * 60);

/// Makes a database under the name of a draft, with the contents.
async fn fill_draft(
    maintenance: &mut Maintenance,
    server: &Address,
    draft: &str,
    contents: Contents,
) -> Result<(), BoxError> {
    // A builder that was killed left it, and its server processes may not have noticed yet.
    maintenance.execute(&format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).await?;
    let created = maintenance.execute(&format!("CREATE DATABASE {draft} TEMPLATE template0")).await;
    created.map_err(|error| refused(server, error))?;
    let comment = format!("COMMENT ON DATABASE {draft} IS '{}'", used_at(since_epoch()));
    maintenance.execute(&comment).await?;
    fill(&server.with_database(draft), contents).await?;
    // A single connection to it would keep it from being copied.
    maintenance.execute(&format!("ALTER DATABASE {draft} ALLOW_CONNECTIONS false")).await?;
    Ok(())
}

/// Applies the migrations and runs the seeds.
async fn fill(address: &Address, contents: Contents) -> Result<(), BoxError> {
    let connected = address.config.connect(NoTls).await;
    let (mut client, connection) =
        connected.map_err(|error| ServerError::sql(format!("cannot connect to {address}"), error))?;
    let connection = tokio::spawn(connection);
    if let Some(prepare) = contents.prepare()? {
        client.batch_execute(prepare.sql()).await.map_err(|error| {
            prepare.failed(&error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string))
        })?;
    }
    let migrator = Migrator::new(contents.set);
    match contents.up_to {
        Some(version) => migrator.migrate_to(&mut client, version).await?,
        None => migrator.migrate(&mut client).await?,
    };
    for seed in contents.seeds {
        client.batch_execute(seed.sql).await.map_err(|error| {
            let position = error.as_db_error().and_then(|error| error.position());
            let offset = position.and_then(|position| match position {
                ErrorPosition::Original(position) => usize::try_from(*position).ok()?.checked_sub(1),
                ErrorPosition::Internal { .. } => None,
            });
            let what = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
            seed.failed(&what, offset)
        })?;
    }
    drop(client);
    connection.await??;
    Ok(())
}
