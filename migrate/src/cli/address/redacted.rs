use super::{Address, AddressError};

/// What may be shown of a text that may be an address: of one that reads the address without its password, of any other
/// its scheme at the most.
pub(in crate::cli) fn redacted(text: &str) -> String {
    match Address::parse(text) {
        Ok(address) => address.to_string(),
        Err(AddressError { .. }) => {
            let known = ["postgres://", "postgresql://", "sqlite:", "file:", "jdbc:"];
            let scheme = known.iter().find(|scheme| text.starts_with(**scheme));
            format!("{}…", scheme.copied().unwrap_or_default())
        }
    }
}

/// Whether a text of a command line may be an address, or a part of one, and so hold a password.
pub(in crate::cli) fn may_be_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("://") || lower.contains("jdbc:") || lower.contains('@') || {
        ["password", "passwd", "pwd", "secret"].iter().any(|word| lower.contains(word)) && lower.contains('=')
    }
}
