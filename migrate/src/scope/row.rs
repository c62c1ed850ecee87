use super::error::{Error, Result};
#[cfg(feature = "postgres")]
use super::value::PostgresCell;
#[cfg(feature = "sqlite")]
use super::value::SqliteCell;
use super::value::Value;

/// A row of an answer: the driver's own.
#[derive(Debug)]
pub struct Row<'a>(pub(super) Driver<'a>);

#[derive(Debug)]
pub(super) enum Driver<'a> {
    #[cfg(feature = "postgres")]
    Postgres(&'a tokio_postgres::Row),
    #[cfg(feature = "sqlite")]
    Sqlite(&'a rusqlite::Row<'a>),
}

impl Row<'_> {
    pub(crate) fn len(&self) -> usize {
        match self.0 {
            #[cfg(feature = "postgres")]
            Driver::Postgres(row) => row.len(),
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(row) => row.as_ref().column_count(),
        }
    }

    /// The value at this place, from 0.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the driver cannot read it as a `V`.
    pub fn get<V: Value>(&self, column: usize) -> Result<V> {
        match self.0 {
            #[cfg(feature = "postgres")]
            Driver::Postgres(row) => match row.try_get::<_, PostgresCell<V>>(column) {
                Ok(cell) => Ok(cell.0),
                Err(error) => Err(Error::Read { column, source: error.into() }),
            },
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(row) => match row.get::<_, SqliteCell<V>>(column) {
                Ok(cell) => Ok(cell.0),
                Err(error) => Err(Error::Read { column, source: error.into() }),
            },
        }
    }
}

/// What is made of the columns of a row; `#[derive(FromRow)]` writes it for a struct.
///
/// ```
/// use migrate::scope::FromRow;
///
/// #[derive(FromRow)]
/// struct Order {
///     id: i64,
///     #[column(note)]
///     remark: Option<String>,
///     #[column(customers.name)]
///     customer: String,
/// }
/// ```
///
/// A field is read from the column of its name, or of the one that `column` says. With a table before it, it is that of
/// a joined table.
pub trait FromRow: Sized + Send + 'static {
    /// The columns, in the order in which `from_row` reads them.
    const COLUMNS: &'static [RowColumn];

    /// The value.
    ///
    /// # Errors
    ///
    /// Those of [`Row::get`].
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

/// A column that a [`FromRow`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowColumn {
    /// The name or alias of its table; that of the statement if there is none.
    pub table: Option<&'static str>,
    /// The name of the column.
    pub name: &'static str,
}
