use migrate_core::{Query, UNWRITTEN};
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, ErrorPosition};

use crate::driver::{DatabaseError, Piece};

/// The server's error, or how the connection ended.
pub(crate) fn database_error(error: Error) -> DatabaseError {
    let is_disconnected = error.is_closed() || error.as_db_error().is_none_or(ends_connection);
    let from_server = error.as_db_error().map(|db| DatabaseError {
        code: Some(db.code().code().to_owned()),
        detail: db.detail().map(str::to_owned),
        hint: db.hint().map(str::to_owned),
        context: db.where_().map(str::to_owned),
        ..DatabaseError::of_ours(db.message())
    });
    let ours = from_server.unwrap_or_else(|| of_connection(&error));
    DatabaseError { is_disconnected, source: Some(error.into()), ..ours }
}

/// How the driver says that an answer does not fit its question. It has no type for this.
const UNFIT: [&str; 3] =
    ["unexpected message from server", "error parsing response from server", "error deserializing column"];

fn of_connection(error: &Error) -> DatabaseError {
    let text = with_sources(error);
    let hint = "the answer was to a statement of another client. PgBouncer before 1.21 gives answers that a killed client \
                waited for to the next one: upgrade it, and run again";
    let is_of_another = UNFIT.iter().any(|unfit| text.starts_with(unfit));
    DatabaseError { hint: is_of_another.then(|| hint.to_owned()), ..DatabaseError::of_ours(&text) }
}

/// The error of a query of ours. Such a query fails by itself if a table did not take its row. If the table has a rule,
/// the server refuses that check, which is reported in the same way.
pub(crate) fn query_error(error: Error, query: &Query) -> DatabaseError {
    const FEATURE_NOT_SUPPORTED: &str = "0A000";
    let error = database_error(error);
    let code = error.code.as_deref();
    let which = UNWRITTEN.iter().position(|unwritten| code == Some(unwritten));
    let which = which.or((code == Some(FEATURE_NOT_SUPPORTED)).then_some(0));
    match which.and_then(|which| query.targets().get(which).copied()) {
        Some(table) => DatabaseError {
            detail: (code == Some(FEATURE_NOT_SUPPORTED)).then(|| error.message.clone()),
            ..DatabaseError::unwritten(table)
        },
        None => error,
    }
}

/// The error of a piece of a script after `completed` of its statements.
pub(super) fn piece_error(error: Error, piece: &Piece<'_>, completed: usize) -> DatabaseError {
    let position = error.as_db_error().and_then(DbError::position).and_then(|position| match position {
        // Characters, from 1.
        ErrorPosition::Original(at) => usize::try_from(*at).ok()?.checked_sub(1),
        ErrorPosition::Internal { .. } => None,
    });
    let offset = position.and_then(|at| piece.sql().char_indices().nth(at)).map(|(offset, _)| offset);
    let place = error.as_db_error().map(|_| piece.place(offset, completed));
    DatabaseError { place, ..database_error(error) }
}

/// Classes 57P (operator intervention) and 08 (connection exception): the server ends the connection with them.
fn ends_connection(error: &DbError) -> bool {
    let code = error.code().code();
    code.starts_with("57P") || code.starts_with("08")
}

/// The error and its cause, in one line. Neither contains the connection string.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
