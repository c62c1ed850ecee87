use migrate_core::{Query, Value};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use crate::driver::Row;

/// Runs a query with its values bound, in one round trip.
pub(crate) async fn run(client: &Client, query: &Query) -> Result<Vec<Row>, Error> {
    let parameters: Vec<(&(dyn ToSql + Sync), Type)> = query.values.iter().map(parameter).collect();
    let rows = client.query_typed(&query.sql, &parameters).await?;
    rows.iter().map(row).collect()
}

fn parameter(value: &Value) -> (&(dyn ToSql + Sync), Type) {
    match value {
        Value::Text(text) => (text, Type::TEXT),
        Value::Integer(number) => (number, Type::INT8),
        Value::Boolean(value) => (value, Type::BOOL),
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, Error> {
    row.columns()
        .iter()
        .enumerate()
        .map(|(i, column)| match *column.type_() {
            Type::INT4 => Ok(Value::Integer(row.try_get::<_, Option<i32>>(i)?.map(Into::into))),
            Type::INT8 => Ok(Value::Integer(row.try_get(i)?)),
            _ => Ok(Value::Text(row.try_get(i)?)),
        })
        .collect()
}
