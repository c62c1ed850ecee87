//! TLS with the meaning that libpq gives to `sslmode`.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::cli::address::{PostgresAddress, SslMode};
use crate::cli::failure::Failure;

pub(super) fn connector(address: &PostgresAddress) -> Result<MakeRustlsConnect, Failure> {
    // Named here, because a program that links two providers has no default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = Trust::of(address, &provider)?;
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| failure(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { trust, provider }))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn failure(error: &dyn std::error::Error) -> Failure {
    Failure::new("tls", format!("TLS cannot be set up: {error}"))
}

/// What a certificate has to show.
#[derive(Debug)]
enum Trust {
    Anything,
    Authority(Arc<WebPkiServerVerifier>),
    AuthorityAndName(Arc<WebPkiServerVerifier>),
}

impl Trust {
    fn of(address: &PostgresAddress, provider: &Arc<CryptoProvider>) -> Result<Trust, Failure> {
        let of_roots = |roots: RootCertStore| {
            WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
                .build()
                .map_err(|error| failure(&error))
        };
        match address.ssl_mode() {
            SslMode::Disable | SslMode::Prefer => Ok(Trust::Anything),
            // As with libpq: where authorities are named, they are asked.
            SslMode::Require if address.ssl_root_cert().is_none() => Ok(Trust::Anything),
            SslMode::Require | SslMode::VerifyCa => Ok(Trust::Authority(of_roots(roots(address)?)?)),
            SslMode::VerifyFull => Ok(Trust::AuthorityAndName(of_roots(roots(address)?)?)),
        }
    }
}

/// The authorities in the file that the address names, else those of the system.
fn roots(address: &PostgresAddress) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    match address.ssl_root_cert() {
        Some(path) if path.as_os_str() != "system" => {
            let unreadable = |error: &dyn std::error::Error| {
                Failure::new("tls", format!("the authorities in {} cannot be read: {error}", path.display()))
                    .help("name a PEM file with `sslrootcert` or PGSSLROOTCERT")
            };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
            for certificate in certificates {
                roots
                    .add(certificate.map_err(|error| unreadable(&error))?)
                    .map_err(|error| unreadable(&error))?;
            }
        }
        _ => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    if roots.is_empty() {
        return Err(Failure::new("tls", "there is no authority to trust")
            .help("name a PEM file with `sslrootcert` in the address, or with PGSSLROOTCERT"));
    }
    Ok(roots)
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
                // The name is looked at last, when all else is right.
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
