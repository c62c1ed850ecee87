//! Migrates an SQLite database, uses its tables, and rolls the last migration back and applies it again.
//!
//! `cargo run -p quickstart` deletes its database at the end; `-- --database shop.db` keeps it.

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::path::PathBuf;

use migrate::{MigrationSet, Migrator, Progress, Target, embed_migrations};
use rusqlite::Connection;

/// The folder `migrations` next to `Cargo.toml`. The compiler checked every script and put it in the binary.
static MIGRATIONS: MigrationSet = embed_migrations!("migrations");

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = database_argument()?.unwrap_or_else(|| directory.path().join("loyalty.db"));
    println!("The database: {}", path.display());
    let mut connection = Connection::open(&path)?;
    connection.execute_batch("PRAGMA foreign_keys = ON")?;

    let migrator = Migrator::new(&MIGRATIONS)
        .application(concat!("quickstart ", env!("CARGO_PKG_VERSION")))
        .on_progress(print_progress);

    print("The plan: what a run would do", migrator.plan(&mut connection, Target::Latest)?);

    println!("\nThe run");
    let report = migrator.migrate(&mut connection)?;
    print("The report", report);

    println!("\nThe tables in use");
    use_tables(&connection)?;

    print("The status", migrator.status(&mut connection)?);

    println!("\nOne step back");
    migrator.rollback(&mut connection, 1)?;
    print("The status", migrator.status(&mut connection)?);

    println!("\nAnd forth again");
    migrator.migrate(&mut connection)?;
    print("The status", migrator.status(&mut connection)?);
    Ok(())
}

/// The path after `--database`.
fn database_argument() -> Result<Option<PathBuf>, String> {
    let mut arguments = env::args_os().skip(1);
    match (arguments.next(), arguments.next(), arguments.next()) {
        (None, ..) => Ok(None),
        (Some(option), Some(path), None) if option == "--database" => Ok(Some(path.into())),
        _ => Err("usage: quickstart [--database PATH]".to_owned()),
    }
}

/// Called during a run, at each step.
fn print_progress(progress: &Progress<'_>) {
    match progress {
        Progress::Planned(plan) => println!("  migrations to go: {}", plan.steps.len()),
        Progress::Done(done) => println!("  {}, statements: {}", done.name, done.statements),
        _ => {}
    }
}

/// Adds two customers of one tenant, deletes one, and lists the live ones.
fn use_tables(connection: &Connection) -> rusqlite::Result<()> {
    // If the database was used before, its rows are already there.
    connection.execute_batch(
        "INSERT INTO tenants (business_id, name) VALUES ('bakery', 'The Corner Bakery'), ('cinema', 'Odeon')
         ON CONFLICT DO NOTHING;
         INSERT INTO loyalty_programs (id, business_id, name, points_per_euro)
         VALUES (1, 'bakery', 'Golden Crust', 2), (2, 'cinema', 'Front Row', 1)
         ON CONFLICT DO NOTHING",
    )?;
    let mut insert = connection.prepare(
        "INSERT INTO customers (business_id, program_id, email, points) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
    )?;
    insert.execute(("bakery", 1, "ada@example.com", 120))?;
    insert.execute(("bakery", 1, "grace@example.com", 45))?;
    insert.execute(("cinema", 2, "ada@example.com", 7))?;
    println!("  customers of the bakery: {}", live_customers(connection, "bakery")?.join(", "));

    connection.execute(
        "UPDATE customers SET deleted_at = datetime() WHERE business_id = ?1 AND email = ?2 AND deleted_at IS NULL",
        ("bakery", "grace@example.com"),
    )?;
    println!("  after Grace has left:    {}", live_customers(connection, "bakery")?.join(", "));
    Ok(())
}

fn live_customers(connection: &Connection, business_id: &str) -> rusqlite::Result<Vec<String>> {
    let mut select = connection.prepare(
        "SELECT email, points FROM customers WHERE business_id = ?1 AND deleted_at IS NULL ORDER BY email",
    )?;
    let customers = select.query_map([business_id], |row| {
        Ok(format!("{} ({} points)", row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    customers.collect()
}

/// A title, and a text below it.
fn print(title: &str, text: impl Display) {
    println!("\n{title}");
    for line in text.to_string().lines() {
        println!("  {line}");
    }
}
