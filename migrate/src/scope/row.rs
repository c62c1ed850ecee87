//! A row of an answer, and the structs that are read from one.
//!
//! What comes in is the driver's row; what goes out is a value of the caller's type, `Order { id: 1, total: 120 }`.
//! The columns that such a type reads are known before the statement is written, so a statement asks for those
//! columns alone.

use std::any::type_name;

use super::error::{Error, Result, Unread};
use super::value::{Cell, Value};

/// A row of an answer, over the driver's own row. It holds no copy.
#[derive(Debug)]
pub struct Row<'a>(pub(super) Driver<'a>);

/// The row as one of the drivers has it.
#[derive(Debug)]
pub(super) enum Driver<'a> {
    #[cfg(feature = "postgres")]
    Postgres(&'a tokio_postgres::Row),
    #[cfg(feature = "sqlite")]
    Sqlite(&'a rusqlite::Row<'a>),
}

impl Row<'_> {
    /// The number of columns.
    pub(crate) fn len(&self) -> usize {
        match self.0 {
            #[cfg(feature = "postgres")]
            Driver::Postgres(row) => row.len(),
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(row) => row.as_ref().column_count(),
        }
    }

    /// The value in this column, counted from 0.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the driver cannot read the column as a `V`: it has another type, or is NULL and `V` is no
    /// `Option`.
    pub fn get<V: Value>(&self, column: usize) -> Result<V> {
        match self.0 {
            #[cfg(feature = "postgres")]
            // Not `get`, which panics: a declaration that does not fit the database is an error of this one
            // statement.
            Driver::Postgres(row) => row.try_get::<_, Cell<V>>(column).map(|cell| cell.0).map_err(|error| {
                let described = row.columns().get(column);
                let is_null = std::error::Error::source(&error)
                    .is_some_and(<dyn std::error::Error>::is::<tokio_postgres::types::WasNull>);
                Error::Read(Unread {
                    column,
                    name: described
                        .map_or_else(|| column.to_string(), |described| described.name().to_owned()),
                    holds: described
                        .map_or_else(String::new, |described| described.type_().name().to_owned()),
                    is_null,
                    wanted: type_name::<V>(),
                    source: error.into(),
                })
            }),
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(row) => row.get::<_, Cell<V>>(column).map(|cell| cell.0).map_err(|error| {
                let name = row.as_ref().column_name(column);
                let holds = row.get_ref(column).map(|value| value.data_type().to_string().to_lowercase());
                let holds = holds.unwrap_or_default();
                Error::Read(Unread {
                    column,
                    name: name.map_or_else(|_| column.to_string(), str::to_owned),
                    is_null: holds == "null",
                    holds,
                    wanted: type_name::<V>(),
                    source: error.into(),
                })
            }),
        }
    }
}

/// A type that is read from the columns of a row. `#[derive(FromRow)]` implements it for a struct.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// use migrate::scope::FromRow;
///
/// #[derive(Debug, PartialEq, FromRow)]
/// struct Line {
///     id: i64,
///     #[column(note)]
///     remark: Option<String>,
///     #[column(customers.email)]
///     customer: String,
/// }
///
/// let line: Line = bakery.select(orders).join(customers).key(1).one(&db)?;
/// assert_eq!(line, Line { id: 1, remark: Some("vip".into()), customer: "ada@example.com".into() });
/// # Ok(())
/// # }
/// ```
///
/// A field is read from the column of its name, or from the one that `column` names. With a table in front, the
/// column is that of a joined table, by its alias if it has one. The struct may be generic over nothing; a tuple is
/// read by [`Select::columns`](super::Select::columns).
///
/// The type of a field is one that can be read from the column: the [module](super#types-of-columns) has a table of them. A
/// column that may be NULL needs an `Option`.
pub trait FromRow: Sized + Send + 'static {
    /// The columns, in the order in which `from_row` reads them.
    const COLUMNS: &'static [RowColumn];

    /// Reads the value from a row.
    ///
    /// # Errors
    ///
    /// The errors of [`Row::get`].
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

/// A column that a [`FromRow`] type reads.
///
/// Exhaustive: `FromRow` writes it in the crate of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowColumn {
    /// The name or alias of its table; `None` for the table of the statement.
    pub table: Option<&'static str>,
    /// The name of the column.
    pub name: &'static str,
}
