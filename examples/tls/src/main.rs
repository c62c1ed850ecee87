//! The caller chooses TLS: a run uses the client or pool that the application gives it.
//!
//! This example uses rustls with the crypto provider ring, so it links no TLS library of the system. You can pass
//! `postgres-native-tls` or `postgres-openssl` to `Manager::new` and `Config::connect` in the same way.
//!
//! ```console
//! $ DATABASE_URL=postgres://user@db.example.com/app PGSSLROOTCERT=ca.pem cargo run -p tls
//! ```

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use deadpool_postgres::{Manager, Pool};
use migrate::{MigrationSet, Migrator, embed_migrations};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

static MIGRATIONS: MigrationSet = embed_migrations!("migrations");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut config: Config = env::var("DATABASE_URL")?.parse()?;
    // The default, `Prefer`, would continue without encryption if the server offers no TLS.
    config.ssl_mode(SslMode::Require);
    let authorities: OsString = env::var_os("PGSSLROOTCERT").ok_or("PGSSLROOTCERT is not set")?;
    let tls = tls(authorities.as_ref())?;

    // With a pool, each of its connections uses TLS.
    let pool = Pool::builder(Manager::new(config.clone(), tls.clone())).build()?;
    println!("{}", Migrator::new(&MIGRATIONS).migrate(&pool).await?);

    // A single client works too.
    let (mut client, connection) = config.connect(tls).await?;
    tokio::spawn(connection);
    println!("{}", Migrator::new(&MIGRATIONS).status(&mut client).await?);
    Ok(())
}

/// Trusts the authorities in a PEM file, as libpq does with `sslrootcert`, and checks the server's name.
///
/// Cloud providers publish such a file for their databases. If browsers accept the server's certificate, use the feature
/// `webpki-roots` or `native-certs` of `tokio-postgres-rustls` instead.
fn tls(authorities: &Path) -> Result<MakeRustlsConnect, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authorities)? {
        roots.add(certificate?)?;
    }
    // A program that links two crypto providers has no default one, so this names it.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
