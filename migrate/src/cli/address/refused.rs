//! Parameters that libpq honours and this tool does not. If ignoring one would weaken the connection, the address is refused.

use super::AddressError;
use super::settings::Settings;

/// A keyword, the values that change nothing here, and why this tool does not honour any other.
type Refusal = (&'static str, &'static [&'static str], &'static str);

const NO_CLIENT_CERTIFICATE: &str = "this tool has no client certificates";
const NO_REVOCATION: &str = "this tool does not check lists of revoked certificates";
const NO_OAUTH: &str = "this tool does not support OAuth";

const REFUSED: [Refusal; 18] = [
    ("sslcert", &[], NO_CLIENT_CERTIFICATE),
    ("sslkey", &[], NO_CLIENT_CERTIFICATE),
    ("sslpassword", &[], NO_CLIENT_CERTIFICATE),
    ("sslcertmode", &["disable", "allow"], NO_CLIENT_CERTIFICATE),
    ("sslcrl", &[], NO_REVOCATION),
    ("sslcrldir", &[], NO_REVOCATION),
    ("sslnegotiation", &["postgres"], "this tool always asks the server for TLS first"),
    ("sslkeylogfile", &[], "this tool writes no keys to files"),
    ("gssencmode", &["disable", "prefer"], "this tool does not encrypt with GSSAPI"),
    ("requirepeer", &[], "this tool does not check who runs a server"),
    ("require_auth", &[], "this tool uses the authentication that the server asks for"),
    ("min_protocol_version", &["3.0"], "this tool uses version 3.0 of the protocol"),
    ("replication", &["false", "off", "no", "0"], "this tool does not replicate"),
    ("scram_client_key", &[], "this tool needs the password itself"),
    ("scram_server_key", &[], "this tool needs the password itself"),
    ("oauth_issuer", &[], NO_OAUTH),
    ("oauth_client_id", &[], NO_OAUTH),
    ("oauth_client_secret", &[], NO_OAUTH),
];

/// Refuses parameters that are not honoured.
///
/// Some are ignored instead. `gssencmode=prefer` and the like allow a connection without GSSAPI. `sslcompression`,
/// `krbsrvname`, `gsslib`, `gssdelegation`, `max_protocol_version` and `oauth_scope` change nothing here. `client_encoding`
/// is ignored because scripts are UTF-8.
pub(super) fn check(settings: &Settings) -> Result<(), AddressError> {
    for (name, harmless, reason) in REFUSED {
        // The value is not shown, because some are secret.
        match settings.text(name)? {
            Some(value) if !harmless.contains(&value) => {
                return Err(AddressError::new(
                    format!("the address has `{name}`, and {reason}"),
                    "leave it out of the address, of its service and of the environment, if the connection is safe without it",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}
