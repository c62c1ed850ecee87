//! A web service that brings its PostgreSQL database up to date before it listens.

mod customers;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use deadpool_postgres::{Manager, Pool};
use migrate::{MigrationSet, Migrator, embed_migrations};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_postgres::NoTls;

static MIGRATIONS: MigrationSet = embed_migrations!("migrations");

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The text of a failed migration names the file, the line and what to do.
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let url = env::var("DATABASE_URL")
        .map_err(|_| "DATABASE_URL is not set; it looks like postgres://user@localhost/loyalty")?;
    let pool = Pool::builder(Manager::new(url.parse()?, NoTls)).build()?;

    // Many replicas may start at once: one of them migrates, the others wait and find nothing to do.
    let report = Migrator::new(&MIGRATIONS)
        .application(concat!("axum-startup ", env!("CARGO_PKG_VERSION")))
        .migrate(&pool)
        .await?;
    println!("{report}");

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, customers::router(pool)).with_graceful_shutdown(terminated()).await?;
    Ok(())
}

/// Completes when the service receives a signal to stop.
async fn terminated() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
