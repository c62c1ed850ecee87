//! The shop over HTTP. No handler names a tenant: the scope of the caller does.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use migrate::scope::{Deleted, Error, FromRow, Restored, TenantPool, days};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::caller::Caller;
use crate::failure::Failure;
use crate::tables::{customers, orders};

type Answer<T> = Result<Json<T>, Failure>;

pub(crate) fn router(pool: TenantPool) -> Router {
    Router::new()
        .route("/customers", put(save_customer))
        .route("/customers/{id}", delete(delete_customer))
        .route("/customers/restore/{op}", post(restore_customers))
        .route("/orders", get(list_orders).post(place_order))
        .route("/orders/search/{text}", get(search_orders))
        .route("/orders/trash", get(list_trash))
        .route("/orders/{id}", delete(delete_order))
        .route("/orders/restore/{op}", post(restore_orders))
        .route("/purge/{days}", post(purge))
        .route("/turnover", get(turnover))
        .with_state(pool)
}

#[derive(FromRow, Serialize)]
struct Order {
    id: i64,
    #[column(customers.name)]
    customer: String,
    total: i64,
    note: String,
}

#[derive(FromRow, Serialize)]
struct DeletedOrder {
    id: i64,
    total: i64,
    deleted_by: Option<String>,
    delete_reason: Option<String>,
    delete_op: Option<Uuid>,
}

#[derive(FromRow, Serialize)]
struct Id {
    id: i64,
}

async fn list_orders(State(pool): State<TenantPool>, Caller { scope }: Caller) -> Answer<Vec<Order>> {
    let rows = scope.select(orders).join(customers).order_by(orders.id.asc()).limit(50);
    Ok(Json(rows.all(&pool).await?))
}

/// The caller chooses the filter, but it only ever filters rows of the scope.
async fn search_orders(
    State(pool): State<TenantPool>,
    Caller { scope }: Caller,
    Path(text): Path<String>,
) -> Answer<Vec<Order>> {
    let is_it = orders.note.contains(&text).or(customers.name.contains(&text));
    let rows = scope.select(orders).join(customers).filter(is_it).order_by(orders.id.asc()).limit(50);
    Ok(Json(rows.all(&pool).await?))
}

#[derive(Deserialize)]
struct Customer {
    email: String,
    name: String,
}

/// Adds a customer, or renames the one with this address.
async fn save_customer(
    State(pool): State<TenantPool>,
    Caller { scope }: Caller,
    Json(new): Json<Customer>,
) -> Answer<Id> {
    let row = scope.upsert(customers).on(customers.email).set(customers.email, new.email);
    Ok(Json(row.set(customers.name, new.name).returning().one(&pool).await?))
}

#[derive(Deserialize)]
struct NewOrder {
    customer_id: i64,
    total: i64,
    #[serde(default)]
    note: String,
}

/// Runs two statements in one transaction: both or neither. The transaction costs one more round trip.
async fn place_order(
    State(pool): State<TenantPool>,
    Caller { scope }: Caller,
    Json(new): Json<NewOrder>,
) -> Result<(StatusCode, Json<Id>), Failure> {
    let id = pool
        .with_tenant(scope.owner().clone(), async |tx| {
            // A deleted customer must not order, and the foreign key does not prevent it.
            scope.select(customers).key(new.customer_id).one::<Id, _>(tx).await?;
            let row = scope.insert(orders).set(orders.customer_id, new.customer_id);
            row.set(orders.total, new.total).set(orders.note, new.note).returning().one(tx).await
        })
        .await?;
    Ok((StatusCode::CREATED, Json(id)))
}

/// The receipt of a soft delete. A restore with its operation brings back exactly the rows that it deleted.
#[derive(Serialize)]
struct Gone {
    op: Uuid,
    counts: Vec<(&'static str, u64)>,
}

impl From<Deleted> for Gone {
    fn from(deleted: Deleted) -> Gone {
        Gone { op: deleted.op, counts: deleted.counts }
    }
}

async fn delete_order(
    State(pool): State<TenantPool>,
    Caller { scope }: Caller,
    Path(id): Path<i64>,
) -> Answer<Gone> {
    Ok(Json(scope.soft_delete(orders).key(id).reason("asked for").one(&pool).await?.into()))
}

/// Deletes the orders of the customer too.
async fn delete_customer(
    State(pool): State<TenantPool>,
    Caller { scope }: Caller,
    Path(id): Path<i64>,
) -> Answer<Gone> {
    Ok(Json(scope.soft_delete(customers).key(id).one(&pool).await?.into()))
}

async fn list_trash(State(pool): State<TenantPool>, Caller { scope }: Caller) -> Answer<Vec<DeletedOrder>> {
    Ok(Json(scope.select(orders).only_deleted().order_by(orders.id.asc()).limit(50).all(&pool).await?))
}

/// The number of rows for each table.
type Counts = Vec<(&'static str, u64)>;

async fn restore_orders(
    State(pool): State<TenantPool>,
    Caller { scope }: Caller,
    Path(op): Path<Uuid>,
) -> Answer<Counts> {
    let Restored { counts, .. } = scope.restore(orders).op(op).execute(&pool).await?;
    Ok(Json(counts))
}

async fn restore_customers(
    State(pool): State<TenantPool>,
    Caller { scope }: Caller,
    Path(op): Path<Uuid>,
) -> Answer<Counts> {
    let Restored { counts, .. } = scope.restore(customers).op(op).execute(&pool).await?;
    Ok(Json(counts))
}

/// Purges the rows that were deleted more than `age` days ago, and returns their number.
async fn purge(
    State(pool): State<TenantPool>,
    Caller { scope }: Caller,
    Path(age): Path<u32>,
) -> Answer<u64> {
    let of_orders = scope.purge(orders).older_than(days(age)).execute(&pool).await?;
    let of_customers = scope.purge(customers).older_than(days(age)).execute(&pool).await?;
    Ok(Json(of_orders.counts.iter().chain(&of_customers.counts).map(|(_, rows)| rows).sum()))
}

/// Plain SQL whose author forgot the tenant. Row-level security adds it.
async fn turnover(State(pool): State<TenantPool>, Caller { scope }: Caller) -> Answer<i64> {
    let sql = "SELECT coalesce(sum(total), 0)::bigint FROM orders WHERE deleted_at IS NULL AND total >= $1";
    let rows = pool.raw_query(scope.owner().clone(), sql, &[(&0_i64, Type::INT8)]).await?;
    let sum = rows[0].try_get(0).map_err(Error::from)?;
    Ok(Json(sum))
}
