//! A web service for many tenants: no handler can reach the rows of another, and no forgotten `WHERE` either.

mod api;
mod caller;
mod failure;
mod tables;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use deadpool_postgres::{Manager, Pool};
use migrate::scope::{TenantPool, rls};
use migrate::{MigrationSet, Migrator, embed_migrations};
use tokio::net::TcpListener;
use tokio_postgres::NoTls;

static MIGRATIONS: MigrationSet = embed_migrations!("migrations");

#[tokio::main]
async fn main() -> ExitCode {
    let done = match env::args().nth(1).as_deref() {
        Some("scripts") => {
            let rls::Scripts { up, down } = tables::protection();
            println!("{up}\n-- down\n{down}");
            Ok(())
        }
        _ => serve().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    // Two roles: the owner of the tables migrates them, and the role of the service is bound by their policies.
    let report = Migrator::new(&MIGRATIONS).migrate(&pool("MIGRATE_URL")?).await?;
    println!("{report}");

    let pool = TenantPool::new(pool("DATABASE_URL")?);
    let verified = rls::Check::new().declared(tables::TABLES).run(&pool).await?;
    println!("row-level security holds for {}", verified.tables().join(", "));

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, api::router(pool)).await?;
    Ok(())
}

fn pool(variable: &str) -> Result<Pool, Box<dyn Error>> {
    let url = env::var(variable)
        .map_err(|_| format!("{variable} is not set; it looks like postgres://role@localhost/shop"))?;
    Ok(Pool::builder(Manager::new(url.parse()?, NoTls)).build()?)
}
