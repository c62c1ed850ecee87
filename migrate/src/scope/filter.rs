//! Conditions are combined here: `and`, `or`, `!`, all, any, exists.
//!
//! What comes in are filters, `orders.total.gt(100)` and `orders.note.eq("vip")`; what goes out is one filter,
//! written as `(("orders"."total" > $2) OR ("orders"."note" = $3))`.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (db, bakery, cinema) = shop()?;
//! let vip = orders.note.eq("vip");
//! let cheap = orders.total.lt(100);
//! assert_eq!(bakery.select(orders).filter(vip.and(cheap)).count(&db)?, 1);
//! assert_eq!(bakery.select(orders).filter(!orders.note.is_null()).count(&db)?, 2);
//! # Ok(())
//! # }
//! ```

use std::ops::Not;

use super::access::Access;
use super::column::Col;
use super::expression::{Filter, Node};
use super::select::Select;
use super::table::Table;

impl Filter {
    /// Both hold.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let filter = orders.note.eq("vip").and(orders.total.lt(100));
    /// assert_eq!(bakery.select(orders).filter(filter).columns(orders.id).all(&db)?, [3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Several calls of `filter` on a statement mean the same.
    #[must_use]
    pub fn and(self, other: impl Into<Filter>) -> Filter {
        Filter::new(Node::All(vec![self.node, other.into().node]))
    }

    /// At least one of the two holds.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let filter = orders.note.eq("vip").or(orders.total.ge(0));   // true for every row there is
    /// assert_eq!(bakery.select(orders).filter(filter).count(&db)?, 3);   // and still not the cinema's
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A filter with `or` cannot reach past the tenant: the tenant's condition is inside the derived table, or in
    /// front of this one with parentheses around it.
    #[must_use]
    pub fn or(self, other: impl Into<Filter>) -> Filter {
        Filter::new(Node::Any(vec![self.node, other.into().node]))
    }

    /// All of them hold. If there are none, the filter is true.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let wanted = ["vip", "gift"];
    /// let filter = Filter::any(wanted.map(|note| orders.note.eq(note)));
    /// assert_eq!(bakery.select(orders).filter(filter).count(&db)?, 2);
    /// assert_eq!(bakery.select(orders).filter(Filter::all([])).count(&db)?, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(filters: impl IntoIterator<Item = Filter>) -> Filter {
        Filter::new(Node::All(filters.into_iter().map(|filter| filter.node).collect()))
    }

    /// At least one of them holds. If there are none, the filter is false.
    pub fn any(filters: impl IntoIterator<Item = Filter>) -> Filter {
        Filter::new(Node::Any(filters.into_iter().map(|filter| filter.node).collect()))
    }
}

/// `!filter`: the condition does not hold. As in SQL, a condition that is NULL stays NULL, and finds no row either
/// way.
impl Not for Filter {
    type Output = Filter;

    fn not(self) -> Filter {
        Filter::new(Node::Not(Box::new(self.node)))
    }
}

/// A column of truth values is a condition by itself: `filter(orders.is_paid)`.
impl<T, A> From<Col<T, bool, A>> for Filter {
    fn from(column: Col<T, bool, A>) -> Filter {
        column.expression()
    }
}

/// Whether the query has a row. It may refer to the tables of the statement around it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let orders_of = bakery.select(orders).filter(orders.customer_id.eq(customers.id));
/// let with_orders = bakery.select(customers).filter(exists(orders_of)).count(&db)?;
/// assert_eq!(with_orders, 1);
/// # Ok(())
/// # }
/// ```
///
/// The query has to be of the same scope, or of `Global`: otherwise the answer is
/// [`InvalidStatement::OtherScope`](super::InvalidStatement::OtherScope).
pub fn exists<S: Access, T: Table>(query: Select<S, T>) -> Filter {
    // Only the existence of a row matters, so the subquery selects a constant.
    Filter::new(Node::Exists(Box::new(query.into_subquery())))
}
