//! The loyalty customers of a tenant, over HTTP.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use deadpool_postgres::{Pool, PoolError};
use serde::{Deserialize, Serialize};
use tokio_postgres::error::SqlState;

pub(crate) fn router(pool: Pool) -> Router {
    Router::new().route("/tenants/{business_id}/customers", get(list).post(create)).with_state(pool)
}

#[derive(Serialize)]
struct Customer {
    id: i64,
    email: String,
    points: i64,
}

#[derive(Deserialize)]
struct NewCustomer {
    email: String,
}

async fn list(
    State(pool): State<Pool>,
    Path(business_id): Path<i64>,
) -> Result<Json<Vec<Customer>>, Failure> {
    let client = pool.get().await?;
    let select = "SELECT id, email, points FROM loyalty_customers
                  WHERE business_id = $1 AND deleted_at IS NULL ORDER BY id";
    let rows = client.query(select, &[&business_id]).await?;
    let customer =
        |row: &tokio_postgres::Row| Customer { id: row.get(0), email: row.get(1), points: row.get(2) };
    Ok(Json(rows.iter().map(customer).collect()))
}

async fn create(
    State(pool): State<Pool>,
    Path(business_id): Path<i64>,
    Json(new): Json<NewCustomer>,
) -> Result<(StatusCode, Json<Customer>), Failure> {
    let client = pool.get().await?;
    let insert = "INSERT INTO loyalty_customers (business_id, email) VALUES ($1, $2) RETURNING id, points";
    let row = client.query_one(insert, &[&business_id, &new.email]).await?;
    let customer = Customer { id: row.get(0), email: new.email, points: row.get(1) };
    Ok((StatusCode::CREATED, Json(customer)))
}

/// Why a request failed.
struct Failure(PoolError);

impl<E: Into<PoolError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let is_taken = match &self.0 {
            PoolError::Backend(error) => error.code() == Some(&SqlState::UNIQUE_VIOLATION),
            _ => false,
        };
        if is_taken {
            return (StatusCode::CONFLICT, "this tenant has a customer with this address").into_response();
        }
        eprintln!("{}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
