//! Runs the example against a real server. The server offers no TLS, so a small proxy in front of it does.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use migrate::testing::{Server, TestDatabase};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_rustls::TlsAcceptor;

/// What a client sends before it speaks TLS (PostgreSQL manual, 54.7, SSLRequest).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A listener that speaks TLS outwards and plain PostgreSQL inwards.
struct Door {
    port: u16,
    directory: TempDir,
}

impl Door {
    /// A proxy to the server of `database`. Without a certificate, it answers that it offers no TLS.
    async fn open(database: &TestDatabase, knows_tls: bool) -> Door {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), cert.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![cert.der().clone()],
                PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = knows_tls.then(|| TlsAcceptor::from(Arc::new(config)));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = database.config();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // One of the tests expects the handshake to fail.
                tokio::spawn(pass(stream, acceptor.clone(), server.clone()));
            }
        });
        Door { port, directory }
    }

    async fn run_example(&self, database: &TestDatabase, authorities: &Path) -> Output {
        let config = database.config();
        let mut url = format!("host=localhost port={} dbname={}", self.port, database.name());
        url += &format!(" user={}", config.get_user().unwrap());
        if let Some(password) = config.get_password() {
            url += &format!(" password='{}'", String::from_utf8_lossy(password));
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_tls"));
        command.env("DATABASE_URL", url).env("PGSSLROOTCERT", authorities);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    fn authority(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }
}

async fn pass(mut stream: TcpStream, acceptor: Option<TlsAcceptor>, server: Config) -> io::Result<()> {
    let mut request = [0; 8];
    stream.read_exact(&mut request).await?;
    assert_eq!(request, SSL_REQUEST, "the client does not ask for TLS");
    let Some(acceptor) = acceptor else { return stream.write_all(b"N").await };
    stream.write_all(b"S").await?;
    let mut outside = acceptor.accept(stream).await?;
    let port = server.get_ports().first().copied().unwrap_or(5432);
    match &server.get_hosts()[0] {
        Host::Unix(directory) => {
            let mut inside = UnixStream::connect(directory.join(format!(".s.PGSQL.{port}"))).await?;
            copy_bidirectional(&mut outside, &mut inside).await?;
        }
        Host::Tcp(name) => {
            let mut inside = TcpStream::connect((name.as_str(), port)).await?;
            copy_bidirectional(&mut outside, &mut inside).await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn pool_and_client_migrate_over_tls() {
    let database = Server::shared().unwrap().create_database("tls").await.unwrap();
    let door = Door::open(&database, true).await;
    let output = door.run_example(&database, &door.authority()).await;
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("applied      20251107100000_create_accounts"), "{text}");
    assert!(text.contains("up to date"), "{text}");
    database.connect().await.unwrap().batch_execute("TABLE accounts").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_authority_is_refused() {
    let database = Server::shared().unwrap().create_database("tls_unknown").await.unwrap();
    let (door, other) = (Door::open(&database, true).await, Door::open(&database, true).await);
    let output = door.run_example(&database, &other.authority()).await;
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("invalid peer certificate"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_refused() {
    let database = Server::shared().unwrap().create_database("tls_none").await.unwrap();
    let door = Door::open(&database, false).await;
    let output = door.run_example(&database, &door.authority()).await;
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("server does not support TLS"), "{output:?}");
}
