//! Reads a password file, if it exists and only its owner has access to it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The content of the file; empty if the file does not exist.
///
/// # Errors
///
/// Returns a warning if the file must not be used or cannot be read.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| format!("cannot read the password file: {error}\n --> {shown}");
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unreadable(error)),
        Ok(metadata) if !metadata.is_file() => {
            Err(format!("the password file is not a regular file\n --> {shown}"))
        }
        Ok(metadata) if is_open_to_others(&metadata) => Err(format!(
            "others have access to the password file, so it is not used\n --> {shown}\n help: `chmod 600 {shown}`"
        )),
        Ok(_) => fs::read(path).map_err(unreadable),
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

/// Windows keeps the file in a private folder, and libpq does not check it either.
#[cfg(not(unix))]
fn is_open_to_others(_metadata: &fs::Metadata) -> bool {
    false
}
