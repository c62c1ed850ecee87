//! What a failed statement says over HTTP.

use std::error::Error as _;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use migrate::scope::Error;

pub(crate) struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            // The answer must not show whether another tenant has the row.
            Error::NotFound { .. } => StatusCode::NOT_FOUND,
            Error::RestoreConflict { .. } | Error::ParentDeleted { .. } => StatusCode::CONFLICT,
            Error::Database(error) if error.code() == Some("23503") => StatusCode::UNPROCESSABLE_ENTITY,
            error => {
                eprintln!("{error}: {}", error.source().map_or_else(String::new, ToString::to_string));
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        (status, self.0.to_string()).into_response()
    }
}
