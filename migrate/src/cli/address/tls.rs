//! The TLS settings of an address: keywords such as `sslmode` come in, and a checked combination comes out.

use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::{AddressError, Environment, home};

/// The TLS settings of an address, with the meaning that libpq gives them (PostgreSQL manual, 34.19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Tls {
    pub(in crate::cli) mode: SslMode,
    pub(in crate::cli) roots: Roots,
    /// Whether to send the host name to the server (SNI).
    pub(in crate::cli) sends_name: bool,
    pub(in crate::cli) versions: TlsVersions,
}

/// The `sslmode` of an address: how much TLS it asks for (PostgreSQL manual, 34.19.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SslMode {
    /// `disable`: no TLS.
    Disable,
    /// `allow`: no TLS, unless the server insists.
    Allow,
    /// `prefer`: TLS if the server offers it. This is the default.
    Prefer,
    /// `require`: TLS. The certificate is checked only if there are authorities to trust.
    Require,
    /// `verify-ca`: TLS, and the certificate comes from a trusted authority.
    VerifyCa,
    /// `verify-full`: as `verify-ca`, and the certificate names the host.
    VerifyFull,
}

/// The authorities to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Roots {
    /// No authorities are known.
    None,
    /// The authorities in this PEM file.
    File(PathBuf),
    /// The authorities of the system.
    System,
}

/// The versions of TLS to accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum TlsVersions {
    All,
    Only12,
    Only13,
}

impl SslMode {
    const ALL: [(&'static str, SslMode); 6] = [
        ("disable", SslMode::Disable),
        ("allow", SslMode::Allow),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
        ("verify-ca", SslMode::VerifyCa),
        ("verify-full", SslMode::VerifyFull),
    ];

    fn parse(text: &str) -> Result<SslMode, AddressError> {
        let known = SslMode::ALL.iter().find(|(name, _)| *name == text);
        known.map(|(_, mode)| *mode).ok_or_else(|| {
            AddressError::new(
                "the sslmode of the address is unknown",
                "write `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`",
            )
        })
    }

    /// The name of the mode in libpq, such as `verify-full`.
    pub fn as_str(self) -> &'static str {
        SslMode::ALL.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(name, _)| name)
    }

    /// Whether the mode always checks the certificate: `verify-ca` and `verify-full` do.
    pub(in crate::cli) fn verifies(self) -> bool {
        matches!(self, SslMode::VerifyCa | SslMode::VerifyFull)
    }
}

impl Tls {
    pub(super) fn of(settings: &Settings, environment: Environment<'_>) -> Result<Tls, AddressError> {
        let roots = match settings.text("sslrootcert")? {
            Some("system") => Roots::System,
            Some(path) => Roots::File(PathBuf::from(path)),
            None => match home::file(".postgresql/root.crt", environment).filter(|path| path.exists()) {
                Some(path) => Roots::File(path),
                None => Roots::None,
            },
        };
        let mode = match (settings.text("sslmode")?, &roots) {
            _ if settings.is_empty("sslmode") => SslMode::parse("")?,
            (Some(text), _) => SslMode::parse(text)?,
            (None, Roots::System) => SslMode::VerifyFull,
            (None, _) => SslMode::Prefer,
        };
        if roots == Roots::System && mode != SslMode::VerifyFull {
            return Err(AddressError::new(
                format!("`sslmode={}` is too weak for `sslrootcert=system`", mode.as_str()),
                "write `sslmode=verify-full`: anyone can get a certificate that the system trusts, so the name must match",
            ));
        }
        let revoked = home::file(".postgresql/root.crl", environment);
        if let (Roots::File(_), Some(path)) = (&roots, revoked.filter(|path| path.exists()))
            && mode != SslMode::Disable
        {
            return Err(AddressError::new(
                format!(
                    "there is a list of revoked certificates, which this tool does not check\n --> {}",
                    path.display()
                ),
                "move the file away, if the connection is safe without it",
            ));
        }
        let sends_name = settings.text("sslsni")? != Some("0");
        Ok(Tls { mode, roots, sends_name, versions: TlsVersions::of(settings)? })
    }

    /// The value of `sslrootcert` for libpq.
    pub(in crate::cli) fn root_file(&self) -> Option<&Path> {
        match &self.roots {
            Roots::None => None,
            Roots::File(path) => Some(path),
            Roots::System => Some(Path::new("system")),
        }
    }
}

impl TlsVersions {
    fn of(settings: &Settings) -> Result<TlsVersions, AddressError> {
        const VERSIONS: [&str; 4] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
        let rank = |name: &str, default: usize| match settings.text(name)? {
            None => Ok(default),
            Some(text) => {
                let known = VERSIONS.iter().position(|version| version.eq_ignore_ascii_case(text));
                known.ok_or_else(|| {
                    AddressError::new(
                        format!("the value of `{name}` is not a version of TLS"),
                        "write `TLSv1.2` or `TLSv1.3`",
                    )
                })
            }
        };
        let (lowest, highest) = (rank("ssl_min_protocol_version", 2)?, rank("ssl_max_protocol_version", 3)?);
        match (lowest, highest) {
            (lowest, highest) if lowest > highest || highest < 2 => Err(AddressError::new(
                "no version of TLS is left between `ssl_min_protocol_version` and `ssl_max_protocol_version`",
                "this tool knows `TLSv1.2` and `TLSv1.3`; allow one of them",
            )),
            (3, _) => Ok(TlsVersions::Only13),
            (_, 2) => Ok(TlsVersions::Only12),
            _ => Ok(TlsVersions::All),
        }
    }
}
