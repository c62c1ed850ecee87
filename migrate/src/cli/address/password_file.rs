use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// What it holds, or nothing when it is not there.
///
/// # Errors
///
/// With a warning: the file is none to be used.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let unreadable =
        |error: std::io::Error| format!("the password file cannot be read: {error}\n --> {shown}");
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unreadable(error)),
        Ok(metadata) if !metadata.is_file() => Err(format!("the password file is no file\n --> {shown}")),
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

/// The folder is a private one, and libpq does not look either.
#[cfg(not(unix))]
fn is_open_to_others(_metadata: &fs::Metadata) -> bool {
    false
}
