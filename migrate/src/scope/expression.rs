//! Expressions: the tree of a statement's conditions and values.
//!
//! What comes in is a column and a value, `orders.total` and `100`; what goes out is a tree,
//! `Compare(orders.total, " > ", 100)`, which the writer turns into `("orders"."total" > $2)` when the statement is
//! sent. No text of the caller becomes SQL on the way: names come from the declaration, values are bound, and `raw`
//! is parsed and written anew.

use std::fmt;
use std::marker::PhantomData;

use super::column::{Col, Field};
use super::error::Result;
use super::raw::Raw;
use super::select::Subquery;
use super::sql::Writer;
use super::value::{Both, Parameter, Postgres, Sqlite, Value};

/// A value of the type `V` in each row: a column, an aggregate, a sum, a piece of `raw` SQL.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let with_tip = orders.total.plus(5);
/// let totals = bakery.select(orders).columns(with_tip).order_by(orders.id.asc()).all(&db)?;
/// assert_eq!(totals, [125, 85, 35]);
/// # Ok(())
/// # }
/// ```
pub struct Expression<V> {
    pub(crate) node: Node,
    of: PhantomData<fn() -> V>,
}

/// A condition on a row: `orders.total.gt(100).or(orders.note.eq("vip"))`.
pub type Filter = Expression<bool>;

/// The tree that is written as SQL. Each node writes its own parentheses, so that no operator around it can reach
/// into it: `a OR b` inside of a condition stays inside.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Column(Field),
    Value(Parameter),
    /// A column and a value, which is what most conditions are. It needs one allocation less than `Binary`.
    Compare(Field, &'static str, Parameter),
    Binary(Box<[Node; 2]>, &'static str),
    Call {
        function: &'static str,
        argument: Box<Node>,
        cast: Option<&'static str>,
    },
    CountAll,
    In(Box<Node>, Vec<Node>),
    InQuery(Box<Node>, Box<Subquery>),
    Exists(Box<Subquery>),
    Scalar(Box<Subquery>),
    IsNull(Box<Node>),
    Like(Box<Node>, Parameter),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Raw(Raw),
}

impl<V> Expression<V> {
    pub(crate) fn new(node: Node) -> Expression<V> {
        Expression { node, of: PhantomData }
    }

    pub(crate) fn call(function: &'static str, argument: Node, cast: Option<&'static str>) -> Expression<V> {
        Expression::new(Node::Call { function, argument: Box::new(argument), cast })
    }
}

impl<V> fmt::Debug for Expression<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

/// What may be compared with, or assigned to, a value of the type `V`: a value, a column, another expression.
///
/// A value of `V` also serves where an `Option<V>` is expected, and a `&str` where a `String` is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value for a column of the type `{V}`",
    note = "a type of your own is a value once `migrate::scope::value!` says which engines know it"
)]
pub trait Operand<V> {
    /// The expression that it is.
    #[doc(hidden)]
    fn operand(self) -> Expression<V>;
}

/// A bound value.
fn value<V>(value: impl Value) -> Expression<V> {
    Expression::new(Node::Value(Parameter::new(value)))
}

// A value fits a column of its type, and one of its type that may be NULL. Not `impl<V, W: Into<V>>`: a conversion
// between types is for the database to see, and not to guess.
impl<V: Value> Operand<V> for V {
    fn operand(self) -> Expression<V> {
        value(self)
    }
}

impl<V: Value> Operand<Option<V>> for V {
    fn operand(self) -> Expression<Option<V>> {
        value(self)
    }
}

/// Lets a column of a wrapper take the value without the wrapper: `orders.paid_at` of the type
/// `Postgres<DateTime<Utc>>` takes a `DateTime<Utc>`.
macro_rules! unwrapped {
    ($($wrapper:ident)*) => {$(
        impl<V> Operand<$wrapper<V>> for V
        where
            $wrapper<V>: Value,
        {
            fn operand(self) -> Expression<$wrapper<V>> {
                value($wrapper(self))
            }
        }

        impl<V> Operand<Option<$wrapper<V>>> for V
        where
            $wrapper<V>: Value,
        {
            fn operand(self) -> Expression<Option<$wrapper<V>>> {
                value($wrapper(self))
            }
        }
    )*};
}

unwrapped!(Postgres Sqlite Both);

// The one conversion that everyone expects.
impl Operand<String> for &str {
    fn operand(self) -> Expression<String> {
        value(self.to_owned())
    }
}

impl Operand<Option<String>> for &str {
    fn operand(self) -> Expression<Option<String>> {
        value(self.to_owned())
    }
}

// A column may be compared with one that may be NULL, and the other way round. The comparison is then NULL, and the
// row is not found.
impl<T, V, A> Operand<V> for Col<T, V, A> {
    fn operand(self) -> Expression<V> {
        self.expression()
    }
}

impl<T, V, A> Operand<Option<V>> for Col<T, V, A> {
    fn operand(self) -> Expression<Option<V>> {
        Expression::new(self.node())
    }
}

impl<T, V, A> Operand<V> for Col<T, Option<V>, A> {
    fn operand(self) -> Expression<V> {
        Expression::new(self.node())
    }
}

// The same for expressions.
impl<V> Operand<V> for Expression<V> {
    fn operand(self) -> Expression<V> {
        self
    }
}

impl<V> Operand<Option<V>> for Expression<V> {
    fn operand(self) -> Expression<Option<V>> {
        Expression::new(self.node)
    }
}

impl<V> Operand<V> for Expression<Option<V>> {
    fn operand(self) -> Expression<V> {
        Expression::new(self.node)
    }
}

impl Node {
    /// The two with the operator between them.
    pub(crate) fn binary(left: Node, operator: &'static str, right: Node) -> Node {
        match (left, right) {
            // The common case, without two boxes.
            (Node::Column(field), Node::Value(value)) => Node::Compare(field, operator, value),
            (left, right) => Node::Binary(Box::new([left, right]), operator),
        }
    }

    /// Writes the tree as SQL.
    pub(crate) fn write(&self, w: &mut Writer) -> Result<()> {
        match self {
            Node::Column(field) => w.field(*field)?,
            Node::Value(value) => w.bind(value.clone()),
            Node::Compare(field, operator, value) => {
                w.push("(");
                w.field(*field)?;
                w.push(operator);
                w.bind(value.clone());
                w.push(")");
            }
            Node::Binary(both, operator) => {
                let [left, right] = &**both;
                w.push("(");
                left.write(w)?;
                w.push(operator);
                right.write(w)?;
                w.push(")");
            }
            Node::Call { function, argument, cast } => {
                // The function's name ends with its parenthesis, as in `count(DISTINCT `, so nothing has to be added
                // between.
                w.push(if cast.is_some() { "CAST(" } else { "" });
                w.push(function);
                argument.write(w)?;
                w.push(")");
                if let Some(cast) = cast {
                    w.push(" AS ");
                    w.push(cast);
                    w.push(")");
                }
            }
            Node::CountAll => w.push("count(*)"),
            // SQL has no empty list: `IN ()` is a syntax error on PostgreSQL.
            Node::In(_, values) if values.is_empty() => w.push("FALSE"),
            Node::In(left, values) => {
                w.push("(");
                left.write(w)?;
                w.push(" IN (");
                w.try_separated(", ", values, |w, value| value.write(w))?;
                w.push("))");
            }
            Node::InQuery(left, query) => {
                w.push("(");
                left.write(w)?;
                w.push(" IN (");
                query.write(w)?;
                w.push("))");
            }
            Node::Exists(query) => {
                w.push("EXISTS (");
                query.write(w)?;
                w.push(")");
            }
            Node::Scalar(query) => {
                w.push("(");
                query.write(w)?;
                w.push(")");
            }
            Node::IsNull(of) => {
                w.push("(");
                of.write(w)?;
                w.push(" IS NULL)");
            }
            // SQLite has no escape character by default, and PostgreSQL's is the backslash: so it is always named.
            Node::Like(left, pattern) => {
                w.push("(");
                left.write(w)?;
                w.push(" LIKE ");
                w.bind(pattern.clone());
                w.push(" ESCAPE '!')");
            }
            Node::All(nodes) => join(nodes, " AND ", "TRUE", w)?,
            Node::Any(nodes) => join(nodes, " OR ", "FALSE", w)?,
            Node::Not(node) => {
                w.push("(NOT ");
                node.write(w)?;
                w.push(")");
            }
            Node::Raw(raw) => raw.write(w)?,
        }
        Ok(())
    }
}

/// The conditions, connected by the operator; `none` if there are none.
fn join(nodes: &[Node], operator: &str, none: &str, w: &mut Writer) -> Result<()> {
    if nodes.is_empty() {
        w.push(none);
        return Ok(());
    }
    w.push("(");
    w.try_separated(operator, nodes, |w, node| node.write(w))?;
    w.push(")");
    Ok(())
}
