//! The caller of a request, and the scope that follows from it.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use migrate::scope::Scope;
use uuid::{Uuid, uuid};

/// Key, name and tenant. Replace them with your own sign-in: sessions, tokens, certificates.
const KEYS: [(&str, &str, Uuid); 2] = [
    ("key-of-the-bakery", "baker", uuid!("b0000000-0000-4000-8000-000000000001")),
    ("key-of-the-florist", "florist", uuid!("f0000000-0000-4000-8000-000000000002")),
];

/// The one place where a scope is made. A handler that does not ask for a caller has no scope, and cannot reach a
/// table.
pub(crate) struct Caller {
    pub(crate) scope: Scope,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, StatusCode> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(StatusCode::UNAUTHORIZED)?;
        let (_, name, tenant) =
            KEYS.iter().find(|(known, ..)| *known == key).ok_or(StatusCode::UNAUTHORIZED)?;
        Ok(Caller { scope: Scope::tenant(*tenant).actor(*name) })
    }
}
