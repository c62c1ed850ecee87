//! Options that other drivers and tools add to an address, and that libpq refuses.
//!
//! One that decides about TLS or the schema is never ignored. Those of pools and caches change nothing here.

use migrate_core::closest_of;

use super::settings::{Settings, keywords};
use super::{AddressError, is_printable};

/// What an option of another driver means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Foreign {
    /// A keyword of libpq, spelled in another way.
    Keyword(&'static str),
    /// TLS or not, or how much of it.
    Ssl,
    /// Whether a certificate is checked.
    SslAccept,
    /// The schema of names without one.
    Schema,
    /// A setting of the session.
    Setting,
    /// Nothing here depends on it.
    Ignored,
}

/// Other names of keywords of libpq. sqlx has `ssl-ca`; what differs in capitals and hyphens alone needs no line.
const NAMES: [(&str, &str); 2] = [("sslca", "sslrootcert"), ("appname", "application_name")];

/// Prisma, the Java driver, Go's drivers and Rails.
const SCHEMAS: [&str; 4] = ["schema", "currentschema", "searchpath", "schemasearchpath"];

/// In small letters, without hyphens and underscores.
const IGNORED: [&str; 68] = [
    // Prisma
    "connectionlimit",
    "maxconnectionlifetime",
    "maxidleconnectionlifetime",
    "pgbouncer",
    "pooltimeout",
    "singleuseconnections",
    "sockettimeout",
    "statementcachesize",
    // sqlx, diesel, tokio-postgres
    "keepalivesretries",
    "statementcachecapacity",
    // the Java driver
    "adaptivefetch",
    "assumeminserverversion",
    "autosave",
    "binarytransfer",
    "cleanupsavepoints",
    "databasemetadatacachefields",
    "databasemetadatacachefieldsmib",
    "defaultrowfetchsize",
    "hostrecheckseconds",
    "loadbalancehosts",
    "logintimeout",
    "logunclosedconnections",
    "preparedstatementcachequeries",
    "preparedstatementcachesizemib",
    "preferquerymode",
    "preparethreshold",
    "receivebuffersize",
    "rewritebatchedinserts",
    "sendbuffersize",
    "stringtype",
    "tcpkeepalive",
    "tcpnodelay",
    "unknownlength",
    // Rails, Ecto, Django, Crystal
    "adapter",
    "advisorylocks",
    "checkouttimeout",
    "connmaxage",
    "encoding",
    "idletimeout",
    "initialpoolsize",
    "maxidlepoolsize",
    "maxpoolsize",
    "minmessages",
    "pool",
    "poolsize",
    "preparedstatements",
    "reapingfrequency",
    "reconnect",
    "retryattempts",
    "retrydelay",
    "statementlimit",
    "timeout",
    // Go: pgx, pq
    "binaryparameters",
    "defaultqueryexecmode",
    "descriptioncachecapacity",
    "poolhealthcheckperiod",
    "poolmaxconnidletime",
    "poolmaxconnlifetime",
    "poolmaxconnlifetimejitter",
    "poolmaxconns",
    "poolminconns",
    "prefersimpleprotocol",
    "statementcachemode",
    // asyncpg, SQLAlchemy
    "commandtimeout",
    "maxcachedstatementlifetime",
    "preparedstatementcachesize",
    // Vercel
    "supa",
    "workaround",
];

impl Foreign {
    /// What an option means that libpq does not know, or `None` if no other driver is known to have it.
    fn of(name: &str) -> Option<Foreign> {
        if name.starts_with("options[") && name.ends_with(']') {
            return Some(Foreign::Setting);
        }
        // golang-migrate: `x-migrations-table` and others.
        if name.strip_prefix("x-").is_some_and(|rest| is_printable(&rest.replace('-', "_"))) {
            return Some(Foreign::Ignored);
        }
        match plain(name).as_str() {
            "ssl" => Some(Foreign::Ssl),
            "sslaccept" => Some(Foreign::SslAccept),
            plain if SCHEMAS.contains(&plain) => Some(Foreign::Schema),
            plain if IGNORED.contains(&plain) => Some(Foreign::Ignored),
            plain => {
                let other_name = NAMES.iter().find(|(name, _)| *name == plain).map(|(_, keyword)| *keyword);
                other_name.or_else(|| spelled_differently(plain)).map(Foreign::Keyword)
            }
        }
    }
}

/// Why an option is not taken.
pub(super) enum Unfit {
    /// Neither libpq nor another driver has it.
    Unknown,
    Refused(AddressError),
}

/// Sets an option: a keyword of libpq, or what another driver means by one of its own.
pub(super) fn set(settings: &mut Settings, name: &str, value: Vec<u8>) -> Result<(), Unfit> {
    if settings.set(name, value.clone()).is_ok() {
        return Ok(());
    }
    match (Foreign::of(name).ok_or(Unfit::Unknown)?, value.as_slice()) {
        (Foreign::Keyword(keyword), _) => settings.set(keyword, value).map_err(|_| Unfit::Unknown)?,
        (Foreign::Ssl, _) => set_ssl(settings, name, &value)?,
        (Foreign::SslAccept, b"strict") => settings.check_certificate(),
        (Foreign::SslAccept, b"accept_invalid_certs") | (Foreign::Ignored, _) => settings.ignore(name),
        (Foreign::SslAccept, _) => return Err(unknown_value(name, "`strict` or `accept_invalid_certs`")),
        (Foreign::Schema, b"public") => {}
        (Foreign::Schema, schema) => return Err(Unfit::Refused(of_schema(name, schema))),
        (Foreign::Setting, _) => settings.add_option(setting(name).ok_or(Unfit::Unknown)?, &value),
    }
    Ok(())
}

/// The keyword of libpq that was meant by an option of no one.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    closest_of(keywords(), name)
}

/// `ssl` of the Java driver, of Node's and of Python's: a yes or no, or a word of `sslmode`. It never weakens a mode that
/// checks the certificate.
fn set_ssl(settings: &mut Settings, name: &str, value: &[u8]) -> Result<(), Unfit> {
    let mode = match value {
        b"true" | b"1" | b"on" | b"yes" | b"no-verify" => b"require",
        b"false" | b"0" | b"off" | b"no" => {
            settings.ignore(name);
            return Ok(());
        }
        b"disable" | b"allow" | b"prefer" | b"require" | b"verify-ca" | b"verify-full" => value,
        _ => return Err(unknown_value(name, "`sslmode=require`, or another `sslmode`")),
    };
    match settings.bytes("sslmode") {
        Some(b"verify-ca" | b"verify-full") => Ok(()),
        _ => settings.set("sslmode", mode).map_err(|_| Unfit::Unknown),
    }
}

/// The name of the setting in `options[statement_timeout]`.
fn setting(name: &str) -> Option<&str> {
    let name = name.strip_prefix("options[")?.strip_suffix(']')?;
    is_printable(&name.replace('.', "_")).then_some(name)
}

/// The value is not shown: it may be the rest of a password.
fn unknown_value(name: &str, known: &str) -> Unfit {
    let message = format!("the value of `{name}` in the address is unknown");
    Unfit::Refused(AddressError::new(message, format!("write {known}")))
}

fn of_schema(name: &str, schema: &[u8]) -> AddressError {
    let schema = str::from_utf8(schema).ok().filter(|name| is_printable(name)).unwrap_or("NAME");
    AddressError::new(
        format!("the address has `{name}`, which another driver reads as a schema"),
        format!(
            "write `options=-csearch_path%3D{schema}` instead, and give `--history-schema {schema}` to keep the history \
             in that schema too"
        ),
    )
}

/// The keyword of libpq that is this one but for capitals, hyphens and underscores: `ssl-mode`, `connectTimeout`.
fn spelled_differently(plain: &str) -> Option<&'static str> {
    keywords().find(|keyword| self::plain(keyword) == plain)
}

/// The name in small letters, without hyphens and underscores.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}
