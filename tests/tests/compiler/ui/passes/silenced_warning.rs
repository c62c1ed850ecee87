#![deny(warnings)]

#[allow(deprecated)]
mod schema {
    pub static MIGRATIONS: migrate::MigrationSet = migrate::embed_migrations!("migrations/warning_not_valid");
}

fn main() {
    let hazards = schema::MIGRATIONS.migrations()[1].hazards();
    assert_eq!(hazards.len(), 1);
    assert_eq!(hazards[0].to_string(), "line 1: new-write-limit, risk controlled");
    assert_eq!(schema::MIGRATIONS.migrations()[1].risk(), Some(migrate::Risk::Controlled));
}
