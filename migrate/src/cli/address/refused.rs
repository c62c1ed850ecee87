//! What libpq would honour and this tool does not. Where that weakens a connection, the address is refused.

use super::AddressError;
use super::settings::Settings;

/// A keyword, the values that change nothing here, and what is missing.
type Refusal = (&'static str, &'static [&'static str], &'static str);

const NO_CLIENT_CERTIFICATE: &str = "this tool has no client certificates";
const NO_REVOCATION: &str = "this tool does not look at lists of revoked certificates";
const NO_OAUTH: &str = "this tool knows no OAuth";

const REFUSED: [Refusal; 18] = [
    ("sslcert", &[], NO_CLIENT_CERTIFICATE),
    ("sslkey", &[], NO_CLIENT_CERTIFICATE),
    ("sslpassword", &[], NO_CLIENT_CERTIFICATE),
    ("sslcertmode", &["disable", "allow"], NO_CLIENT_CERTIFICATE),
    ("sslcrl", &[], NO_REVOCATION),
    ("sslcrldir", &[], NO_REVOCATION),
    ("sslnegotiation", &["postgres"], "this tool asks a server for TLS before it speaks it"),
    ("sslkeylogfile", &[], "this tool writes no keys into files"),
    ("gssencmode", &["disable", "prefer"], "this tool does not encrypt with GSSAPI"),
    ("requirepeer", &[], "this tool does not check who runs a server"),
    ("require_auth", &[], "this tool takes the way of authentication that the server asks for"),
    ("min_protocol_version", &["3.0"], "this tool speaks version 3.0 of the protocol"),
    ("replication", &["false", "off", "no", "0"], "this tool does not replicate"),
    ("scram_client_key", &[], "this tool needs the password itself"),
    ("scram_server_key", &[], "this tool needs the password itself"),
    ("oauth_issuer", &[], NO_OAUTH),
    ("oauth_client_id", &[], NO_OAUTH),
    ("oauth_client_secret", &[], NO_OAUTH),
];

/// Refuses what is not honoured. What only `gssencmode=prefer` and the like would do is left out, because the connection
/// without it is one that the address allows; so are `sslcompression`, `krbsrvname`, `gsslib`, `gssdelegation`,
/// `max_protocol_version` and `oauth_scope`, which change nothing here, and `client_encoding`: scripts are UTF-8.
pub(super) fn check(settings: &Settings) -> Result<(), AddressError> {
    for (name, harmless, reason) in REFUSED {
        // The value is not shown: some are secret.
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
