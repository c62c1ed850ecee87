//! TLS with the meaning that libpq gives to `sslmode`: the settings of an address come in, and a connector for the driver
//! comes out. The driver's own modes cannot check an authority without the name, which `verify-ca` asks for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fmt, io};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};
use tokio_postgres::Socket;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::cli::address::{Roots, SslMode, Tls, TlsVersions};
use crate::cli::failure::Failure;

/// Sets up TLS for connections to one server, and remembers how far they got.
#[derive(Clone)]
pub(super) struct Connector {
    inner: MakeRustlsConnect,
    name: String,
    progress: Arc<Progress>,
}

/// How far a connection got. The driver's error does not say it, and what to try next depends on it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    is_connected: AtomicBool,
    has_begun_tls: AtomicBool,
    has_tls: AtomicBool,
}

impl Progress {
    /// Whether the socket was connected.
    pub(super) fn is_connected(&self) -> bool {
        self.is_connected.load(Ordering::Relaxed)
    }

    /// Whether the server agreed to TLS.
    pub(super) fn has_begun_tls(&self) -> bool {
        self.has_begun_tls.load(Ordering::Relaxed)
    }

    /// Whether the connection is encrypted.
    pub(super) fn has_tls(&self) -> bool {
        self.has_tls.load(Ordering::Relaxed)
    }
}

impl Connector {
    /// A connector for the server `host` at the IP address `address`. If `tls` is `None`, it trusts any certificate.
    pub(super) fn new(tls: Option<&Tls>, host: &str, address: &str) -> Result<Connector, Failure> {
        // A program that links two crypto providers has no default one, so this names it.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = tls.map_or(Ok(Trust::Anything), |tls| Trust::of(tls, &provider))?;
        // If the name is not checked, it need not be a name that TLS allows.
        let name = match (&trust, ServerName::try_from(host)) {
            (_, Ok(_)) => host,
            (Trust::AuthorityAndName(_), Err(_)) => {
                return Err(Failure::new(
                    "tls",
                    "`sslmode=verify-full` needs the name of the host, to find it in the certificate",
                )
                .help("write the name as `host`, next to `hostaddr`, or use `sslmode=verify-ca`"));
            }
            _ => address,
        };
        let versions: &[&SupportedProtocolVersion] = match tls.map(|tls| tls.versions) {
            Some(TlsVersions::Only12) => &[&TLS12],
            Some(TlsVersions::Only13) => &[&TLS13],
            Some(TlsVersions::All) | None => &[&TLS13, &TLS12],
        };
        let mut config = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .map_err(|error| failure(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { trust, provider }))
            .with_no_client_auth();
        config.enable_sni = tls.is_none_or(|tls| tls.sends_name);
        Ok(Connector {
            inner: MakeRustlsConnect::new(config),
            name: name.to_owned(),
            progress: Arc::default(),
        })
    }

    /// How far the connections of this connector got.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }
}

impl MakeTlsConnect<Socket> for Connector {
    type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
    type TlsConnect = Handshake;
    type Error = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Error;

    /// The driver calls this once the socket is connected. The name that it passes is not used: it is the one in the
    /// driver's configuration, which may be an IP address.
    fn make_tls_connect(&mut self, _name: &str) -> Result<Handshake, Self::Error> {
        self.progress.is_connected.store(true, Ordering::Relaxed);
        let inner = MakeTlsConnect::<Socket>::make_tls_connect(&mut self.inner, &self.name)?;
        Ok(Handshake { inner, progress: self.progress.clone() })
    }
}

pub(super) struct Handshake {
    inner: <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect,
    progress: Arc<Progress>,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Stream>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        self.progress.has_begun_tls.store(true, Ordering::Relaxed);
        let Handshake { inner, progress } = self;
        let handshake = inner.connect(stream);
        Box::pin(async move {
            let stream = handshake.await?;
            progress.has_tls.store(true, Ordering::Relaxed);
            Ok(stream)
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("name", &self.name).finish_non_exhaustive()
    }
}

fn failure(error: &dyn std::error::Error) -> Failure {
    Failure::new("tls", format!("cannot set up TLS: {error}"))
}

/// What the certificate of the server must prove.
#[derive(Debug)]
enum Trust {
    Anything,
    Authority(Arc<WebPkiServerVerifier>),
    AuthorityAndName(Arc<WebPkiServerVerifier>),
}

impl Trust {
    /// What to check for a mode. As in libpq, if there are authorities, the certificate is checked in every mode.
    fn of(tls: &Tls, provider: &Arc<CryptoProvider>) -> Result<Trust, Failure> {
        let roots = match &tls.roots {
            Roots::None if tls.mode.verifies() => return Err(no_authority()),
            Roots::None => return Ok(Trust::Anything),
            roots => self::roots(roots)?,
        };
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
            .build()
            .map_err(|error| failure(&error))?;
        Ok(match tls.mode {
            SslMode::VerifyFull => Trust::AuthorityAndName(verifier),
            _ => Trust::Authority(verifier),
        })
    }
}

fn no_authority() -> Failure {
    Failure::new("tls", "no trusted authority is known").help(
        "name a PEM file with `sslrootcert` in the address, with PGSSLROOTCERT, or put it at ~/.postgresql/root.crt; \
         `sslrootcert=system` trusts the authorities of the system",
    )
}

fn roots(of: &Roots) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    match of {
        Roots::None => {}
        Roots::File(path) => {
            let unreadable = |error: &dyn std::error::Error| {
                Failure::new("tls", format!("cannot read the authorities in {}: {error}", path.display()))
                    .help("name a PEM file with `sslrootcert` or PGSSLROOTCERT")
            };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
            for certificate in certificates {
                roots
                    .add(certificate.map_err(|error| unreadable(&error))?)
                    .map_err(|error| unreadable(&error))?;
            }
        }
        Roots::System => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() { Err(no_authority()) } else { Ok(roots) }
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match &self.trust {
            Trust::Anything => Ok(ServerCertVerified::assertion()),
            Trust::AuthorityAndName(verifier) => verified(verifier),
            Trust::Authority(verifier) => match verified(verifier) {
                // rustls checks the name last, so everything else about this certificate is valid.
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )) => Ok(ServerCertVerified::assertion()),
                result => result,
            },
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
