use std::fmt;
use std::marker::PhantomData;

use super::expression::{Expression, Filter, Node, Operand};
use super::order::Order;
use super::projection::Projection;
use super::table::{Definition, Handle, Table};
use super::value::{Parameter, Value};

/// A column of the table `T` that holds a `V`, which is an `Option` where the column may be NULL.
pub struct Col<T, V, A = Writable> {
    field: Field,
    of: Of<T, V, A>,
}

type Of<T, V, A> = PhantomData<fn() -> (T, V, A)>;

/// A column that statements may set.
#[derive(Clone, Copy, Debug)]
pub struct Writable;

/// A column that only the library sets: whose the row is, when, by whom and why it was deleted, its version.
#[derive(Clone, Copy, Debug)]
pub struct Protected;

/// A column as a statement names it: one that the table declares, under the name by which the table goes.
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
    /// The column at this place of the declaration. What `T`, `V` and `A` say of it is checked when a statement is
    /// written: a column that the table does not declare, or that the library keeps, is not set.
    #[doc(hidden)]
    pub const fn new(handle: Handle, place: usize) -> Col<T, V, A> {
        let field = Field { table: handle.table, alias: handle.alias, name: handle.table.columns[place] };
        Col { field, of: PhantomData }
    }

    /// Its name in the database.
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

/// The methods that columns share with expressions.
macro_rules! operators {
    ($(#[$impl:meta])* $for:ty, [$($generics:tt)*], $self:ident => $node:expr) => {
        $(#[$impl])*
        impl<$($generics)* V> $for {
            /// Equal to it. As in SQL, NULL is equal to nothing: see `is_null`.
            pub fn eq($self, other: impl Operand<V>) -> Filter {
                binary($node, " = ", other)
            }

            /// Not equal to it.
            pub fn ne($self, other: impl Operand<V>) -> Filter {
                binary($node, " <> ", other)
            }

            /// Greater than it.
            pub fn gt($self, other: impl Operand<V>) -> Filter {
                binary($node, " > ", other)
            }

            /// Greater than it, or equal.
            pub fn ge($self, other: impl Operand<V>) -> Filter {
                binary($node, " >= ", other)
            }

            /// Less than it.
            pub fn lt($self, other: impl Operand<V>) -> Filter {
                binary($node, " < ", other)
            }

            /// Less than it, or equal.
            pub fn le($self, other: impl Operand<V>) -> Filter {
                binary($node, " <= ", other)
            }

            /// From the one to the other, both included.
            pub fn between($self, low: impl Operand<V>, high: impl Operand<V>) -> Filter
            where
                Self: Clone,
            {
                let low = binary($self.clone().into_node(), " >= ", low);
                low.and(binary($self.into_node(), " <= ", high))
            }

            /// One of them. None of none.
            pub fn in_<I: Operand<V>>($self, values: impl IntoIterator<Item = I>) -> Filter {
                let values = values.into_iter().map(|value| value.operand().node).collect();
                Filter::new(Node::In(Box::new($node), values))
            }

            /// One of the values that a query of one column gives.
            pub fn in_query<S, Q, C>($self, query: Projection<S, Q, C>) -> Filter
            where
                S: super::Access,
                Q: Table,
                C: super::Column,
                Expression<C::Value>: Operand<V>,
            {
                Filter::new(Node::InQuery(Box::new($node), Box::new(query.into_subquery())))
            }

            /// NULL.
            pub fn is_null($self) -> Filter {
                Filter::new(Node::IsNull(Box::new($node)))
            }

            /// Not NULL.
            pub fn is_not_null($self) -> Filter {
                !$self.is_null()
            }

            /// The same as what may be NULL: for a column of a table that an outer join adds.
            pub fn nullable($self) -> Expression<Option<V>> {
                Expression::new($node)
            }

            /// The sum of it and another.
            pub fn plus($self, other: impl Operand<V>) -> Expression<V> {
                binary($node, " + ", other)
            }

            /// It less another.
            pub fn minus($self, other: impl Operand<V>) -> Expression<V> {
                binary($node, " - ", other)
            }

            /// How many rows have a value here.
            pub fn count($self) -> Expression<i64> {
                Expression::call("count(", $node, None)
            }

            /// How many different values there are.
            pub fn count_distinct($self) -> Expression<i64> {
                Expression::call("count(DISTINCT ", $node, None)
            }

            /// The smallest value, or NULL where there is none.
            pub fn min($self) -> Expression<Option<V>> {
                Expression::call("min(", $node, None)
            }

            /// The largest value, or NULL where there is none.
            pub fn max($self) -> Expression<Option<V>> {
                Expression::call("max(", $node, None)
            }

            /// From the smallest up.
            pub fn asc($self) -> Order {
                Order::ascending($node)
            }

            /// From the largest down.
            pub fn desc($self) -> Order {
                Order::descending($node)
            }
        }

        impl<$($generics)* V: Number> $for {
            /// The sum over the rows, or NULL where there is none.
            pub fn sum($self) -> Expression<Option<V::Sum>> {
                Expression::call("sum(", $node, Some(V::CAST))
            }

            /// The mean over the rows, or NULL where there is none.
            pub fn avg($self) -> Expression<Option<f64>> {
                Expression::call("avg(", $node, Some("double precision"))
            }
        }

        impl<$($generics)* V: Text> $for {
            /// Like an SQL pattern, in which `%` and `_` stand for anything and `!` takes their meaning from them.
            ///
            /// PostgreSQL tells small letters from capitals, SQLite does not tell those of ASCII apart.
            pub fn like($self, pattern: &str) -> Filter {
                Filter::new(Node::Like(Box::new($node), Parameter::new(pattern.to_owned())))
            }

            /// Holds the text, in which no character means anything else. Letters as in `like`.
            pub fn contains($self, text: &str) -> Filter {
                $self.like(&format!("%{}%", escaped(text)))
            }

            /// Begins with the text.
            pub fn starts_with($self, text: &str) -> Filter {
                $self.like(&format!("{}%", escaped(text)))
            }

            /// Ends with the text.
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

fn binary<V, R>(left: Node, operator: &'static str, right: impl Operand<V>) -> Expression<R> {
    Expression::new(Node::binary(left, operator, right.operand().node))
}

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

/// How many rows there are.
pub fn count_all() -> Expression<i64> {
    Expression::new(Node::CountAll)
}

/// A column that can be added up.
#[diagnostic::on_unimplemented(
    message = "a column of the type `{Self}` cannot be added up here; write it as `raw`"
)]
pub trait Number: sealed::Sealed {
    #[doc(hidden)]
    type Sum: Value;
    #[doc(hidden)]
    const CAST: &'static str;
}

/// A cast is SQL, so no one else says one.
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

// PostgreSQL adds up bigint as numeric, SQLite divides what is no REAL without a rest.
numbers! {
    i16 => i64, "bigint";
    i32 => i64, "bigint";
    i64 => i64, "bigint";
    f32 => f64, "double precision";
    f64 => f64, "double precision";
}

/// A column of text.
pub trait Text {}
impl Text for String {}
impl Text for Option<String> {}
