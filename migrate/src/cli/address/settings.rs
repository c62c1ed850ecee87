//! What an address says, word by word, before it is known whether it makes sense.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::str;

use super::{AddressError, Environment};

/// The value of each keyword that has one. An empty value counts: it keeps the environment out.
///
/// The password is among them, so this is never shown.
#[derive(Clone, Default)]
pub(super) struct Settings(BTreeMap<&'static str, Vec<u8>>);

/// The keywords of libpq up to version 18, and the variables that replace them where an address has none
/// (PostgreSQL manual, 34.1.2 and 34.15).
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

/// Settings of the session that only the environment has.
const SESSION: [(&str, &str); 3] = [("PGDATESTYLE", "datestyle"), ("PGTZ", "timezone"), ("PGGEQO", "geqo")];

/// Whether libpq knows the word.
pub(super) fn is_keyword(word: &str) -> bool {
    keyword(word).is_some()
}

fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.iter().find(|(name, _)| *name == word).map(|(name, _)| *name)
}

/// A word that libpq does not know.
#[derive(Debug)]
pub(super) struct UnknownKeyword;

impl Settings {
    /// Sets one; of two for the same keyword the later counts.
    pub(super) fn set(&mut self, word: &str, value: impl Into<Vec<u8>>) -> Result<(), UnknownKeyword> {
        let value = value.into();
        let (name, value) = match word {
            // What it was called before there was `sslmode`.
            "requiressl" if value.starts_with(b"1") => ("sslmode", b"require".to_vec()),
            "requiressl" => ("sslmode", b"prefer".to_vec()),
            _ => (keyword(word).ok_or(UnknownKeyword)?, value),
        };
        self.0.insert(name, value);
        Ok(())
    }

    /// Sets one unless it has a value.
    pub(super) fn set_default(
        &mut self,
        word: &str,
        value: impl Into<Vec<u8>>,
    ) -> Result<(), UnknownKeyword> {
        self.0.entry(keyword(word).ok_or(UnknownKeyword)?).or_insert_with(|| value.into());
        Ok(())
    }

    /// Takes from the environment what has no value yet. An empty variable counts as none.
    pub(super) fn complete(&mut self, environment: Environment<'_>) {
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        for (name, value) in KEYWORDS.iter().filter_map(|(name, of)| Some((*name, variable((*of)?)?))) {
            self.0.entry(name).or_insert_with(|| bytes(&value));
        }
        if variable("PGREQUIRESSL").is_some_and(|value| bytes(&value).starts_with(b"1")) {
            self.0.entry("sslmode").or_insert_with(|| b"require".to_vec());
        }
        let session: Vec<u8> = SESSION
            .iter()
            .filter_map(|(of, name)| Some(option(name, &variable(of)?)))
            .collect::<Vec<_>>()
            .concat();
        if !session.is_empty() {
            self.0.entry("options").or_default().extend(session);
        }
    }

    /// The value as it was written; none where there is none, or an empty one.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice).filter(|value| !value.is_empty())
    }

    /// The value; none where there is none, or an empty one.
    ///
    /// # Errors
    ///
    /// When it is not UTF-8.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, AddressError> {
        self.bytes(name).map(str::from_utf8).transpose().map_err(|_| {
            AddressError::new(
                format!("the value of `{name}` is not valid UTF-8"),
                "write it in UTF-8, in the address or in its variable",
            )
        })
    }

    /// Whether it has an empty value, which libpq takes for a wrong one where only some words are allowed.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Vec::is_empty)
    }
}

/// A setting in the form of `options` (PostgreSQL manual, 34.1.2): a blank ends a word unless it is escaped.
fn option(name: &str, value: &OsStr) -> Vec<u8> {
    let mut out = format!(" -c {name}=").into_bytes();
    for byte in bytes(value) {
        if byte.is_ascii_whitespace() || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

fn bytes(value: &OsStr) -> Vec<u8> {
    value.as_encoded_bytes().to_vec()
}
