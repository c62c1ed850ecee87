use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::{AddressError, Environment, home};

/// What is asked of TLS, with the meaning that libpq gives it (PostgreSQL manual, 34.19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Tls {
    pub(in crate::cli) mode: SslMode,
    pub(in crate::cli) roots: Roots,
    /// Whether the server is told the name that it is called by.
    pub(in crate::cli) sends_name: bool,
    pub(in crate::cli) versions: TlsVersions,
}

/// How much of TLS is asked for (PostgreSQL manual, 34.19.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// None.
    Disable,
    /// None, unless the server insists.
    Allow,
    /// What the server offers.
    Prefer,
    /// TLS. Its certificate is checked only where there are authorities to ask.
    Require,
    /// The certificate comes from a trusted authority.
    VerifyCa,
    /// It also names the host.
    VerifyFull,
}

/// Which authorities are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Roots {
    /// There are none.
    None,
    /// Those in this file.
    File(PathBuf),
    /// Those of the system.
    System,
}

/// Which versions of TLS will do.
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
                "the sslmode of the address is not one that this tool knows",
                "write `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`",
            )
        })
    }

    /// The word of libpq.
    pub fn as_str(self) -> &'static str {
        SslMode::ALL.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(name, _)| name)
    }

    /// Whether the certificate has to come from a trusted authority.
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
                "write `sslmode=verify-full`: a certificate that browsers trust says nothing but the name of its server",
            ));
        }
        let revoked = home::file(".postgresql/root.crl", environment);
        if let (Roots::File(_), Some(path)) = (&roots, revoked.filter(|path| path.exists()))
            && mode != SslMode::Disable
        {
            return Err(AddressError::new(
                format!(
                    "there is a list of revoked certificates, which this tool does not look at\n --> {}",
                    path.display()
                ),
                "move it away, if the connection is safe without it",
            ));
        }
        let sends_name = settings.text("sslsni")? != Some("0");
        Ok(Tls { mode, roots, sends_name, versions: TlsVersions::of(settings)? })
    }

    /// The file of the authorities, as libpq is told it.
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
