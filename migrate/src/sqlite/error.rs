use rusqlite::Error;

use crate::driver::{DatabaseError, Piece};

pub(super) fn database_error(error: Error) -> DatabaseError {
    let (message, code) = match &error {
        Error::SqliteFailure(code, message) => {
            (message.clone().unwrap_or_else(|| code.to_string()), Some(code.extended_code))
        }
        Error::SqlInputError { error, msg, .. } => (msg.clone(), Some(error.extended_code)),
        other => (other.to_string(), None),
    };
    DatabaseError {
        code: code.map(|code| code.to_string()),
        source: Some(error.into()),
        ..DatabaseError::of_ours(&message)
    }
}

/// The error of the statement with this number in a piece of a script.
pub(super) fn piece_error(error: Error, piece: &Piece<'_>, number: usize) -> DatabaseError {
    let offset = match &error {
        Error::SqlInputError { offset, .. } => usize::try_from(*offset).ok(),
        _ => None,
    };
    let start = piece.spans()[number].start() - piece.spans()[0].start();
    let place = piece.place(offset.map(|offset| start + offset), number);
    DatabaseError { place: Some(place), ..database_error(error) }
}
