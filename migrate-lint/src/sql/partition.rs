//! The values of a partition, and the comparisons of a CHECK that may prove that all rows have them.

use super::Type;

/// The values of the key column in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartitionValues {
    /// From the first value on, and below the second. `None` is MINVALUE or MAXVALUE.
    Range {
        from: Option<Datum>,
        to: Option<Datum>,
    },
    List(Vec<Datum>),
}

/// A literal in a condition or a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Datum {
    /// Its content, without quotes.
    pub(crate) text: String,
    pub(crate) cast: Option<Type>,
}

/// A comparison of a column with literals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) column: String,
    pub(crate) operator: Operator,
    /// One value, several for `IN`, and none for `IS NULL`.
    pub(crate) values: Vec<Datum>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// Equal to one of the values.
    In,
    Below,
    AtMost,
    Above,
    AtLeast,
    IsNull,
    IsNotNull,
}

impl Operator {
    /// The operator with its operands in the other order.
    pub(crate) fn turned(self) -> Operator {
        match self {
            Operator::Below => Operator::Above,
            Operator::AtMost => Operator::AtLeast,
            Operator::Above => Operator::Below,
            Operator::AtLeast => Operator::AtMost,
            same => same,
        }
    }
}
