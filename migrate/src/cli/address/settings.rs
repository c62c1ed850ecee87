//! The settings of an address as libpq names them, such as `host` or `sslmode`, before their values are checked.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::str;

use super::{AddressError, Environment};

/// The keywords that have a value. An empty value counts too: it overrides the environment.
///
/// The password is one of them, so this type has no Debug.
#[derive(Clone, Default)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, Vec<u8>>,
    /// The names of other drivers' options on which nothing here depends.
    ignored: Vec<String>,
    /// Whether another driver's option asks to check the certificate of the server.
    checks_certificate: bool,
}

/// The keywords of libpq up to version 18, and the variables that set them if the address does not (PostgreSQL manual,
/// 34.1.2 and 34.15).
const KEYWORDS: [(&str, Option<&str>); 50] = [
    ("service", Some("PGSERVICE")),
    ("user", Some("PGUSER")),
    ("password", Some("PGPASSWORD")),
    ("passfile", Some("PGPASSFILE")),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("dbname", Some("PGDATABASE")),
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("port", Some("PGPORT")),
    ("client_encoding", Some("PGCLIENTENCODING")),
    ("options", Some("PGOPTIONS")),
    ("application_name", Some("PGAPPNAME")),
    ("fallback_application_name", None),
    ("keepalives", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("keepalives_count", None),
    ("tcp_user_timeout", None),
    ("sslmode", Some("PGSSLMODE")),
    ("sslnegotiation", Some("PGSSLNEGOTIATION")),
    ("sslcompression", Some("PGSSLCOMPRESSION")),
    ("sslcert", Some("PGSSLCERT")),
    ("sslkey", Some("PGSSLKEY")),
    ("sslpassword", None),
    ("sslcertmode", Some("PGSSLCERTMODE")),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("sslcrl", Some("PGSSLCRL")),
    ("sslcrldir", Some("PGSSLCRLDIR")),
    ("sslsni", Some("PGSSLSNI")),
    ("sslkeylogfile", None),
    ("requirepeer", Some("PGREQUIREPEER")),
    ("require_auth", Some("PGREQUIREAUTH")),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    ("min_protocol_version", Some("PGMINPROTOCOLVERSION")),
    ("max_protocol_version", Some("PGMAXPROTOCOLVERSION")),
    ("gssencmode", Some("PGGSSENCMODE")),
    ("krbsrvname", Some("PGKRBSRVNAME")),
    ("gsslib", Some("PGGSSLIB")),
    ("gssdelegation", Some("PGGSSDELEGATION")),
    ("replication", None),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    ("scram_client_key", None),
    ("scram_server_key", None),
    ("oauth_issuer", None),
    ("oauth_client_id", None),
    ("oauth_client_secret", None),
    ("oauth_scope", None),
];

/// Settings of the session that only the environment can have.
const SESSION: [(&str, &str); 3] = [("PGDATESTYLE", "datestyle"), ("PGTZ", "timezone"), ("PGGEQO", "geqo")];

/// Whether libpq knows the keyword.
pub(super) fn is_keyword(word: &str) -> bool {
    keyword(word).is_some()
}

/// The keywords of libpq.
pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().map(|(name, _)| *name)
}

fn keyword(word: &str) -> Option<&'static str> {
    keywords().find(|name| *name == word)
}

/// A keyword that libpq does not know.
#[derive(Debug)]
pub(super) struct UnknownKeyword;

impl Settings {
    /// Sets a keyword. A later value replaces an earlier one.
    pub(super) fn set(&mut self, word: &str, value: impl Into<Vec<u8>>) -> Result<(), UnknownKeyword> {
        let value = value.into();
        let (name, value) = match word {
            // `requiressl` is the old form of `sslmode`.
            "requiressl" if value.starts_with(b"1") => ("sslmode", b"require".to_vec()),
            "requiressl" => ("sslmode", b"prefer".to_vec()),
            _ => (keyword(word).ok_or(UnknownKeyword)?, value),
        };
        self.values.insert(name, value);
        Ok(())
    }

    /// Sets a keyword that has no value yet.
    pub(super) fn set_default(
        &mut self,
        word: &str,
        value: impl Into<Vec<u8>>,
    ) -> Result<(), UnknownKeyword> {
        self.values.entry(keyword(word).ok_or(UnknownKeyword)?).or_insert_with(|| value.into());
        Ok(())
    }

    /// Sets keywords without a value from the environment. An empty variable counts as unset.
    pub(super) fn complete(&mut self, environment: Environment<'_>) {
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        for (name, value) in KEYWORDS.iter().filter_map(|(name, of)| Some((*name, variable((*of)?)?))) {
            self.values.entry(name).or_insert_with(|| bytes(&value));
        }
        if variable("PGREQUIRESSL").is_some_and(|value| bytes(&value).starts_with(b"1")) {
            self.values.entry("sslmode").or_insert_with(|| b"require".to_vec());
        }
        if self.checks_certificate {
            self.complete_check();
        }
        let session: Vec<u8> = SESSION
            .iter()
            .filter_map(|(of, name)| Some(option(name, &bytes(&variable(of)?))))
            .collect::<Vec<_>>()
            .concat();
        if !session.is_empty() {
            self.values.entry("options").or_default().extend(session);
        }
    }

    /// Any mode that may use TLS becomes one that checks the certificate and the name in it.
    fn complete_check(&mut self) {
        let mode = self.values.entry("sslmode").or_default();
        if !matches!(mode.as_slice(), b"disable" | b"verify-ca" | b"verify-full") {
            *mode = b"verify-full".to_vec();
            self.values.entry("sslrootcert").or_insert_with(|| b"system".to_vec());
        }
    }

    /// Asks to check the certificate of the server, whatever `sslmode` says that would not.
    pub(super) fn check_certificate(&mut self) {
        self.checks_certificate = true;
    }

    /// Adds a setting of the session.
    pub(super) fn add_option(&mut self, name: &str, value: &[u8]) {
        self.values.entry("options").or_default().extend(option(name, value));
    }

    /// Notes an option on which nothing here depends.
    pub(super) fn ignore(&mut self, name: &str) {
        if !self.ignored.iter().any(|ignored| ignored == name) {
            self.ignored.push(name.to_owned());
        }
    }

    /// The names of the options on which nothing here depends.
    pub(super) fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The value as it was written, or `None` if it is missing or empty. A password need not be UTF-8.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice).filter(|value| !value.is_empty())
    }

    /// The value as text, or `None` if it is missing or empty.
    ///
    /// # Errors
    ///
    /// If the value is not UTF-8.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, AddressError> {
        self.bytes(name).map(str::from_utf8).transpose().map_err(|_| {
            AddressError::new(
                format!("the value of `{name}` is not valid UTF-8"),
                "write it in UTF-8, in the address or in its variable",
            )
        })
    }

    /// Whether the value is empty. libpq rejects an empty value if only some words are allowed.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(Vec::is_empty)
    }
}

/// A setting in the form of `options` (PostgreSQL manual, 34.1.2). Blanks are escaped, because a blank would end the value.
fn option(name: &str, value: &[u8]) -> Vec<u8> {
    let mut out = format!(" -c {name}=").into_bytes();
    for byte in value {
        if byte.is_ascii_whitespace() || *byte == b'\\' {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

fn bytes(value: &OsStr) -> Vec<u8> {
    value.as_encoded_bytes().to_vec()
}
