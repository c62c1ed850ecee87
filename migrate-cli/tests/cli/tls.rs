//! TLS against a server with its own certificate. PostgreSQL takes no TLS on its socket, so a small door in front of it
//! does.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use migrate::testing::TestDatabase;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_rustls::TlsAcceptor;

use crate::outcome::Outcome;
use crate::project::Project;

/// What a client sends before it speaks TLS (PostgreSQL manual, 54.7, SSLRequest).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

struct Door {
    port: u16,
    authority: PathBuf,
    /// What it is run by, until the end of the test.
    _runtime: tokio::runtime::Runtime,
}

impl Door {
    /// A door with a certificate for `name`, or with none when it knows no TLS.
    fn open(project: &Project, name: Option<&str>) -> Door {
        let authority = project.path().join(format!("{}.pem", name.unwrap_or("none")));
        let acceptor = name.map(|name| {
            let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
            std::fs::write(&authority, cert.pem()).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
            let config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![cert.der().clone()], key);
            TlsAcceptor::from(Arc::new(config.unwrap()))
        });
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = project.database.as_ref().map(TestDatabase::config).unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A handshake that fails is what some of the tests want.
                tokio::spawn(pass(stream, acceptor.clone(), server.clone()));
            }
        });
        Door { port, authority, _runtime: runtime }
    }

    /// The status of the database, reached through the door.
    fn status(&self, project: &Project, host: &str, parameters: &str) -> Outcome {
        let database = project.database.as_ref().unwrap();
        let config = database.config();
        let url = format!(
            "postgres://{}@{host}:{}/{}?{parameters}",
            config.get_user().unwrap(),
            self.port,
            database.name()
        );
        let mut command = project.command();
        command.env("DATABASE_URL", url).arg("status");
        if let Some(password) = config.get_password() {
            command.env("PGPASSWORD", String::from_utf8_lossy(password).into_owned());
        }
        Outcome::new(&["status", parameters], command.output().unwrap())
    }

    fn root(&self) -> String {
        format!("sslrootcert={}", self.authority.display())
    }
}

async fn pass(mut stream: TcpStream, acceptor: Option<TlsAcceptor>, server: Config) -> io::Result<()> {
    let mut request = [0; 8];
    stream.peek(&mut request).await?;
    if request != SSL_REQUEST {
        return inward(stream, &server).await;
    }
    stream.read_exact(&mut request).await?;
    let Some(acceptor) = acceptor else {
        stream.write_all(b"N").await?;
        return inward(stream, &server).await;
    };
    stream.write_all(b"S").await?;
    inward(acceptor.accept(stream).await?, &server).await
}

async fn inward(mut outside: impl AsyncRead + AsyncWrite + Unpin, server: &Config) -> io::Result<()> {
    let port = server.get_ports().first().copied().unwrap_or(5432);
    match &server.get_hosts()[0] {
        Host::Unix(folder) => {
            let mut inside = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?;
            copy_bidirectional(&mut outside, &mut inside).await?;
        }
        Host::Tcp(name) => {
            let mut inside = TcpStream::connect((name.as_str(), port)).await?;
            copy_bidirectional(&mut outside, &mut inside).await?;
        }
    }
    Ok(())
}

#[test]
fn each_mode_asks_for_what_libpq_asks_for() {
    let project = Project::postgres("tls_modes").with_tables();
    let good = Door::open(&project, Some("localhost"));
    let other = Door::open(&project, Some("elsewhere.example"));
    let none = Door::open(&project, None);
    let (reached, failed) = (1, 16);
    let cases: &[(&Door, &str, Option<&Door>, i32)] = &[
        (&good, "disable", None, reached),
        (&good, "prefer", None, reached),
        (&good, "require", None, reached),
        (&good, "require", Some(&good), reached),
        (&good, "require", Some(&other), failed), // authorities that are named are asked
        (&good, "verify-ca", Some(&good), reached),
        (&good, "verify-ca", Some(&other), failed),
        (&good, "verify-ca", None, failed), // the system does not know it
        (&good, "verify-full", Some(&good), reached),
        (&good, "verify-full", Some(&other), failed),
        (&other, "require", None, reached),
        (&other, "verify-ca", Some(&other), reached), // the name is not looked at
        (&other, "verify-full", Some(&other), failed),
        (&none, "disable", None, reached),
        (&none, "prefer", None, reached),
        (&none, "require", None, failed),
        (&none, "verify-full", Some(&good), failed),
    ];
    for (door, mode, authority, code) in cases {
        let root = authority.map_or(String::new(), |door| format!("&{}", door.root()));
        door.status(&project, "localhost", &format!("sslmode={mode}{root}")).exits(*code);
    }
}

#[test]
fn what_is_wrong_with_a_certificate_is_reported() {
    let project = Project::postgres("tls_texts").with_tables();
    let good = Door::open(&project, Some("localhost"));
    let other = Door::open(&project, Some("elsewhere.example"));
    let none = Door::open(&project, None);
    let full = |door: &Door| format!("sslmode=verify-full&{}", door.root());
    good.status(&project, "localhost", &full(&other)).says("invalid peer certificate");
    other.status(&project, "localhost", &full(&other)).says("not valid for name");
    none.status(&project, "localhost", "sslmode=require").says("server does not support TLS");
    good.status(&project, "localhost", "sslmode=verify-full&sslrootcert=nowhere.pem").says("nowhere.pem");
}

#[test]
fn the_environment_stands_in_for_the_address() {
    let project = Project::postgres("tls_variables").with_tables();
    let good = Door::open(&project, Some("localhost"));
    let none = Door::open(&project, None);
    let run = |door: &Door, variables: &[(&str, &str)]| {
        let database = project.database.as_ref().unwrap();
        let user = database.config().get_user().unwrap().to_owned();
        let url = format!("postgres://{user}@localhost:{}/{}", door.port, database.name());
        let mut command = project.command();
        command.env("DATABASE_URL", url).envs(variables.iter().copied()).arg("status");
        Outcome::new(&["status"], command.output().unwrap())
    };
    let authority = good.authority.to_str().unwrap();
    run(&good, &[("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", authority)]).exits(1);
    run(&none, &[("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", authority)]).exits(16);
    run(&none, &[]).exits(1);
}
