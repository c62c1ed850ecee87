//! Columns, and what is made of them: conditions, sums, orders.
//!
//! What comes in is a column of a declared table, `orders.total`, which is a `Col<orders, i64>`. What goes out is an
//! [`Expression`]: `orders.total.gt(100)` is a [`Filter`], `orders.total.sum()` an `Expression<Option<i64>>`. The types keep a
//! text from being compared with a number, and a column of one table from being set in another.

use std::fmt;
use std::marker::PhantomData;

use super::expression::{Expression, Filter, Node, Operand};
use super::order::Order;
use super::projection::Projection;
use super::table::{Definition, Handle, Table};
use super::value::{Parameter, Value};

/// A column of the table `T` that holds a `V`, which is an `Option` if the column may be NULL.
///
/// Columns are fields of the constant that `tables!` declares. They are `Copy`, and their methods make conditions,
/// aggregates and orders:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let dear = orders.total.ge(80).and(orders.note.is_not_null());
/// assert_eq!(bakery.select(orders).filter(dear).count(&db)?, 1);
///
/// let (sum, mean) = bakery.select(orders).columns((orders.total.sum(), orders.total.avg())).one(&db)?;
/// assert_eq!((sum, mean.map(f64::round)), (Some(230), Some(77.0)));
/// # Ok(())
/// # }
/// ```
///
/// `A` says whether a statement may set the column: [`Writable`] or [`Protected`].
pub struct Col<T, V, A = Writable> {
    field: Field,
    of: Of<T, V, A>,
}

/// `fn() -> …`, so that a column is `Send` and `Sync` whatever it is a column of.
type Of<T, V, A> = PhantomData<fn() -> (T, V, A)>;

/// Marks a column that statements may set.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Writable;

/// Marks a column that only the library sets: whose the row is, its version, and when, by whom and why it was
/// deleted.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Protected;

/// A column as a statement names it: one that the table declares, under the name by which the statement knows the
/// table.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Field {
    pub(crate) table: &'static Definition,
    pub(crate) alias: &'static str,
    pub(crate) name: &'static str,
}

impl Field {
    /// A declared column of the table, under the table's own name.
    pub(crate) fn of(table: &'static Definition, name: &'static str) -> Field {
        Field { table, alias: table.name, name }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.alias, self.name)
    }
}

impl<T, V, A> Col<T, V, A> {
    /// The column at this place of the declaration. The writer of a statement does not believe the types `T`, `V` and
    /// `A`, since any crate can choose them: it checks that the table declares the column, and that the caller may
    /// set it.
    #[doc(hidden)]
    pub const fn new(handle: Handle, place: usize) -> Col<T, V, A> {
        let field = Field { table: handle.table, alias: handle.alias, name: handle.table.columns[place] };
        Col { field, of: PhantomData }
    }

    /// The name of the column in the database.
    pub fn name(self) -> &'static str {
        self.field.name
    }

    pub(crate) fn field(self) -> Field {
        self.field
    }

    pub(crate) fn node(self) -> Node {
        Node::Column(self.field)
    }

    pub(crate) fn expression(self) -> Expression<V> {
        Expression::new(self.node())
    }
}

impl<T, V, A> Clone for Col<T, V, A> {
    fn clone(&self) -> Col<T, V, A> {
        *self
    }
}

impl<T, V, A> Copy for Col<T, V, A> {}

impl<T, V, A> fmt::Debug for Col<T, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field.fmt(f)
    }
}

/// The methods that columns share with expressions. A macro writes them twice, because a column is `Copy` and an
/// expression is not: a trait would take `self` by value from both, and a caller would have to import it.
macro_rules! operators {
    ($(#[$impl:meta])* $for:ty, [$($generics:tt)*], $self:ident => $node:expr) => {
        $(#[$impl])*
        impl<$($generics)* V> $for {
            /// Is equal to the other. As in SQL, NULL is equal to nothing: use `is_null`.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// assert_eq!(bakery.select(orders).filter(orders.total.eq(80)).count(&db)?, 1);
            /// assert_eq!(bakery.select(orders).filter(orders.note.eq("vip")).count(&db)?, 2);
            /// assert_eq!(bakery.select(orders).filter(orders.note.eq(None::<String>)).count(&db)?, 0);   // not even NULL
            /// # Ok(())
            /// # }
            /// ```
            pub fn eq($self, other: impl Operand<V>) -> Filter {
                binary($node, " = ", other)
            }

            /// Is not equal to the other. A NULL is not unequal to anything either.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// assert_eq!(bakery.select(orders).filter(orders.note.ne("gift")).count(&db)?, 2);   // order 2 has no note
            /// # Ok(())
            /// # }
            /// ```
            pub fn ne($self, other: impl Operand<V>) -> Filter {
                binary($node, " <> ", other)
            }

            /// Is greater than the other: a value, a column, or an expression.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let dear = bakery.select(orders).filter(orders.total.gt(orders.id.plus(50))).count(&db)?;
            /// assert_eq!(dear, 2);
            /// # Ok(())
            /// # }
            /// ```
            pub fn gt($self, other: impl Operand<V>) -> Filter {
                binary($node, " > ", other)
            }

            /// Is greater than the other, or equal.
            pub fn ge($self, other: impl Operand<V>) -> Filter {
                binary($node, " >= ", other)
            }

            /// Is less than the other.
            pub fn lt($self, other: impl Operand<V>) -> Filter {
                binary($node, " < ", other)
            }

            /// Is less than the other, or equal.
            pub fn le($self, other: impl Operand<V>) -> Filter {
                binary($node, " <= ", other)
            }

            /// Lies between the two, both included.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// assert_eq!(bakery.select(orders).filter(orders.total.between(30, 80)).count(&db)?, 2);
            /// # Ok(())
            /// # }
            /// ```
            pub fn between($self, low: impl Operand<V>, high: impl Operand<V>) -> Filter
            where
                Self: Clone,
            {
                // Two comparisons and not BETWEEN: each is a node that closes what it opens, and the engines plan
                // them alike.
                let low = binary($self.clone().into_node(), " >= ", low);
                low.and(binary($self.into_node(), " <= ", high))
            }

            /// Is equal to one of `values`; never true if there are none.
            ///
            /// Each value is bound on its own, so the list counts towards the limit of a statement: 65,535 values on
            /// PostgreSQL, 32,766 on SQLite. For a long list use `in_query`.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// assert_eq!(bakery.select(orders).filter(orders.id.in_([1, 3, 4])).count(&db)?, 2);   // 4 is the cinema's
            /// assert_eq!(bakery.select(orders).filter(orders.id.in_(Vec::<i64>::new())).count(&db)?, 0);
            /// # Ok(())
            /// # }
            /// ```
            pub fn in_<I: Operand<V>>($self, values: impl IntoIterator<Item = I>) -> Filter {
                let values = values.into_iter().map(|value| value.operand().node).collect();
                Filter::new(Node::In(Box::new($node), values))
            }

            /// Is equal to one of the values that a query of one column returns.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let known = bakery.select(customers).filter(customers.email.ends_with("@example.com"));
            /// let theirs = orders.customer_id.in_query(known.columns(customers.id));
            /// assert_eq!(bakery.select(orders).filter(theirs).count(&db)?, 2);
            /// # Ok(())
            /// # }
            /// ```
            ///
            /// The query has to be of the same scope, or of `Global`.
            pub fn in_query<S, Q, C>($self, query: Projection<S, Q, C>) -> Filter
            where
                S: super::Access,
                Q: Table,
                C: super::Column,
                Expression<C::Value>: Operand<V>,
            {
                Filter::new(Node::InQuery(Box::new($node), Box::new(query.into_subquery())))
            }

            /// Is NULL.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let unknown = bakery.select(orders).filter(orders.customer_id.is_null()).columns(orders.id).one(&db)?;
            /// assert_eq!(unknown, 3);
            /// # Ok(())
            /// # }
            /// ```
            pub fn is_null($self) -> Filter {
                Filter::new(Node::IsNull(Box::new($node)))
            }

            /// Is not NULL.
            pub fn is_not_null($self) -> Filter {
                !$self.is_null()
            }

            /// The same value with a type that may be NULL: for a column of a table that an outer join adds.
            ///
            /// Without it, reading the NULL of a missing counterpart fails with [`Error::Read`](super::Error::Read).
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let rows = bakery.select(orders).left_join(customers).columns((orders.id, customers.id.nullable()));
            /// assert_eq!(rows.order_by(orders.id.asc()).all(&db)?, [(1, Some(1)), (2, Some(1)), (3, None)]);
            /// # Ok(())
            /// # }
            /// ```
            pub fn nullable($self) -> Expression<Option<V>> {
                Expression::new($node)
            }

            /// The sum of the two.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// bakery.update(orders).key(1).set(orders.total, orders.total.plus(5)).one(&db)?;
            /// assert_eq!(bakery.select(orders).key(1).columns(orders.total).one(&db)?, 125);
            /// # Ok(())
            /// # }
            /// ```
            ///
            /// The database computes it, so two writers at once both count. A value that is read, changed and written
            /// back loses one.
            pub fn plus($self, other: impl Operand<V>) -> Expression<V> {
                binary($node, " + ", other)
            }

            /// The difference of the two.
            pub fn minus($self, other: impl Operand<V>) -> Expression<V> {
                binary($node, " - ", other)
            }

            /// The number of rows in which it is not NULL.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let counts = bakery.select(orders).columns((orders.note.count(), orders.note.count_distinct(), count_all()));
            /// assert_eq!(counts.one(&db)?, (2, 1, 3));
            /// # Ok(())
            /// # }
            /// ```
            pub fn count($self) -> Expression<i64> {
                Expression::call("count(", $node, None)
            }

            /// The number of different values, NULL not counted.
            pub fn count_distinct($self) -> Expression<i64> {
                Expression::call("count(DISTINCT ", $node, None)
            }

            /// The smallest value, or NULL if there is none.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let range = bakery.select(orders).columns((orders.total.min(), orders.total.max())).one(&db)?;
            /// assert_eq!(range, (Some(30), Some(120)));
            /// let none = bakery.select(orders).filter(orders.id.lt(0)).columns(orders.total.min()).one(&db)?;
            /// assert_eq!(none, None);
            /// # Ok(())
            /// # }
            /// ```
            pub fn min($self) -> Expression<Option<V>> {
                Expression::call("min(", $node, None)
            }

            /// The largest value, or NULL if there is none.
            pub fn max($self) -> Expression<Option<V>> {
                Expression::call("max(", $node, None)
            }

            /// The order from the smallest value up.
            ///
            /// The engines differ about NULL: PostgreSQL puts it last, SQLite first. To have it alike, sort by
            /// `raw("orders.note IS NULL")` first.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let ids = bakery.select(orders).columns(orders.id).order_by(orders.total.asc()).all(&db)?;
            /// assert_eq!(ids, [3, 2, 1]);
            /// # Ok(())
            /// # }
            /// ```
            pub fn asc($self) -> Order {
                Order::ascending($node)
            }

            /// The order from the largest value down. NULL comes first on PostgreSQL, and last on SQLite.
            pub fn desc($self) -> Order {
                Order::descending($node)
            }
        }

        impl<$($generics)* V: Number> $for {
            /// The sum over the rows, or NULL if there is none.
            ///
            /// The sum of integers is an `i64`, and a sum that does not fit is an error of the database.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let per_customer = bakery.select(orders).columns((orders.customer_id, orders.total.sum()));
            /// let sums = per_customer.group_by(orders.customer_id).order_by(orders.customer_id.desc()).all(&db)?;
            /// assert_eq!(sums, [(Some(1), Some(200)), (None, Some(30))]);
            /// # Ok(())
            /// # }
            /// ```
            pub fn sum($self) -> Expression<Option<V::Sum>> {
                Expression::call("sum(", $node, Some(V::CAST))
            }

            /// The mean over the rows, or NULL if there is none.
            pub fn avg($self) -> Expression<Option<f64>> {
                Expression::call("avg(", $node, Some("double precision"))
            }
        }

        impl<$($generics)* V: Text> $for {
            /// Matches an SQL pattern: `%` stands for any text, `_` for one character, and `!` before one of these
            /// three takes away its meaning.
            ///
            /// PostgreSQL distinguishes small letters from capitals. SQLite does not, for the letters of ASCII.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// assert_eq!(bakery.select(customers).filter(customers.email.like("a_a@%")).count(&db)?, 1);
            /// assert_eq!(bakery.select(customers).filter(customers.email.like("a!_a@%")).count(&db)?, 0);
            /// # Ok(())
            /// # }
            /// ```
            pub fn like($self, pattern: &str) -> Filter {
                Filter::new(Node::Like(Box::new($node), Parameter::new(pattern.to_owned())))
            }

            /// Contains the text. No character of it has a special meaning. Capitals are as in `like`.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// assert_eq!(bakery.select(customers).filter(customers.email.contains("@ex")).count(&db)?, 1);
            /// assert_eq!(bakery.select(customers).filter(customers.email.contains("%")).count(&db)?, 0);   // a per cent sign
            /// # Ok(())
            /// # }
            /// ```
            pub fn contains($self, text: &str) -> Filter {
                $self.like(&format!("%{}%", escaped(text)))
            }

            /// Begins with the text. No character of it has a special meaning.
            pub fn starts_with($self, text: &str) -> Filter {
                $self.like(&format!("{}%", escaped(text)))
            }

            /// Ends with the text. No character of it has a special meaning.
            pub fn ends_with($self, text: &str) -> Filter {
                $self.like(&format!("%{}", escaped(text)))
            }
        }
    };
}

operators!(Col<T, V, A>, [T, A,], self => self.node());
operators!(Expression<V>, [], self => self.node);

impl<T, V, A> Col<T, V, A> {
    fn into_node(self) -> Node {
        self.node()
    }
}

impl<V> Expression<V> {
    fn into_node(self) -> Node {
        self.node
    }
}

/// The two with an operator between them.
fn binary<V, R>(left: Node, operator: &'static str, right: impl Operand<V>) -> Expression<R> {
    Expression::new(Node::binary(left, operator, right.operand().node))
}

// `!` and not the usual backslash: what a backslash means in a string depends on a setting of the PostgreSQL server.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(c);
    }
    escaped
}

/// The number of rows: `count(*)`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let per_note = bakery.select(orders).columns((orders.note, count_all())).group_by(orders.note);
/// let counts = per_note.order_by(count_all().desc()).all(&db)?;
/// assert_eq!(counts, [(Some("vip".to_owned()), 2), (None, 1)]);
/// # Ok(())
/// # }
/// ```
pub fn count_all() -> Expression<i64> {
    Expression::new(Node::CountAll)
}

/// A type of which a column can be added up: `i16`, `i32`, `i64`, `f32`, `f64`, and `Option` of these.
#[diagnostic::on_unimplemented(
    message = "a column of the type `{Self}` cannot be added up here; write it as `raw`"
)]
pub trait Number: sealed::Sealed {
    /// The type of a sum.
    #[doc(hidden)]
    type Sum: Value;
    /// The SQL type that a sum is cast to.
    #[doc(hidden)]
    const CAST: &'static str;
}

/// Sealed, because the name of the cast goes into the statement as SQL.
mod sealed {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($of:ty => $sum:ty, $cast:literal;)*) => {$(
        impl sealed::Sealed for $of {}
        impl sealed::Sealed for Option<$of> {}

        impl Number for $of {
            type Sum = $sum;
            const CAST: &'static str = $cast;
        }

        impl Number for Option<$of> {
            type Sum = $sum;
            const CAST: &'static str = $cast;
        }
    )*};
}

// PostgreSQL adds up `bigint` as `numeric`, which no Rust type of the driver reads; SQLite divides integers without a
// remainder. Hence the casts.
numbers! {
    i16 => i64, "bigint";
    i32 => i64, "bigint";
    i64 => i64, "bigint";
    f32 => f64, "double precision";
    f64 => f64, "double precision";
}

/// A type of text, for `like` and its relatives: `String`, and `Option` of it.
pub trait Text {}
impl Text for String {}
impl Text for Option<String> {}
