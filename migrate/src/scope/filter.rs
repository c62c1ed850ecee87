use std::ops::Not;

use super::access::Access;
use super::column::Col;
use super::expression::{Filter, Node};
use super::select::Select;
use super::table::Table;

impl Filter {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: impl Into<Filter>) -> Filter {
        Filter::new(Node::All(vec![self.node, other.into().node]))
    }

    /// One of them holds, or both.
    #[must_use]
    pub fn or(self, other: impl Into<Filter>) -> Filter {
        Filter::new(Node::Any(vec![self.node, other.into().node]))
    }

    /// All of them hold. All of none do.
    pub fn all(filters: impl IntoIterator<Item = Filter>) -> Filter {
        Filter::new(Node::All(filters.into_iter().map(|filter| filter.node).collect()))
    }

    /// One of them holds. None of none does.
    pub fn any(filters: impl IntoIterator<Item = Filter>) -> Filter {
        Filter::new(Node::Any(filters.into_iter().map(|filter| filter.node).collect()))
    }
}

impl Not for Filter {
    type Output = Filter;

    fn not(self) -> Filter {
        Filter::new(Node::Not(Box::new(self.node)))
    }
}

/// A column of truth values says by itself what a row has to be.
impl<T, A> From<Col<T, bool, A>> for Filter {
    fn from(column: Col<T, bool, A>) -> Filter {
        column.expression()
    }
}

/// Whether a query has rows; it may refer to the tables of the statement around it.
pub fn exists<S: Access, T: Table>(query: Select<S, T>) -> Filter {
    Filter::new(Node::Exists(Box::new(query.into_subquery())))
}
