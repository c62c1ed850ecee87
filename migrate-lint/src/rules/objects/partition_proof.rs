//! Whether a CHECK proves that a partition need not be read.
//!
//! The server reads no rows if the validated constraints of a table imply what its bounds say. This decides the cases with
//! one key column and literals as the server does; `tests/src/hazard_cases.rs` has some, and a server runs them. For the
//! bounds `FROM (100) TO (200)` of `id`:
//!
//! | the CHECK | |
//! |---|---|
//! | `id IS NOT NULL AND id >= 100 AND id < 200` | a proof |
//! | `id >= 100 AND id < 200` | none: a CHECK lets NULL pass, and a range has no NULL |
//! | `id IS NOT NULL AND id >= 100 AND id <= 200` | none: 200 is outside |
//! | `valid_id(id)` | not known: only the server can tell |

use std::cmp::Ordering;

use crate::Context;
use crate::schema::{Table, TableConstraintKind};
use crate::sql::{
    Comparison, Datum, Expression, Name, Operator, PartitionBound, PartitionValues, Type, alternatives,
    partition_values,
};

/// What the constraints of a table say about the bounds of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Given,
    Missing,
    /// They have a form that is not understood.
    Unknown,
}

/// Whether the constraints of a table prove that all its rows are within the bounds.
pub(super) fn fits(context: &Context<'_>, parent: &Name, partition: &Name, bound: &PartitionBound) -> Proof {
    let Some(table) = context.schema.table(partition) else { return Proof::Missing };
    let proof = Facts::of(context, parent, table, bound).map(|facts| {
        let is_proof = match &facts.values {
            PartitionValues::Range { from, to } => {
                facts.prove(from.as_ref(), Facts::is_at_least) && facts.prove(to.as_ref(), Facts::is_below)
            }
            PartitionValues::List(values) => facts.proves(|one| {
                one.operator == Operator::In
                    && one.values.iter().all(|value| {
                        values.iter().any(|listed| facts.order(value, listed) == Some(Ordering::Equal))
                    })
            }),
        };
        (is_proof && table.proves_not_null(&facts.column), facts.has_unknown)
    });
    verdict(table, proof)
}

/// Whether the constraints of a default partition prove that no row of it belongs to a new partition with these bounds.
pub(super) fn excludes(
    context: &Context<'_>,
    parent: &Name,
    default: &Name,
    bound: &PartitionBound,
) -> Proof {
    let Some(table) = context.schema.table(default) else { return Proof::Missing };
    let facts = Facts::of(context, parent, table, bound);
    let proof = facts.and_then(|facts| match &facts.values {
        PartitionValues::Range { from, to } => {
            let is_proof = facts.proves(|one| {
                one.operator == Operator::IsNull
                    || from.as_ref().is_some_and(|from| facts.is_below(one, from))
                    || to.as_ref().is_some_and(|to| facts.is_at_least(one, to))
            });
            Some((is_proof, facts.has_unknown))
        }
        PartitionValues::List(_) => None,
    });
    verdict(table, proof)
}

/// The verdict over whether there is a proof and something that is not understood.
fn verdict(table: &Table, proof: Option<(bool, bool)>) -> Proof {
    match proof {
        Some((true, _)) => Proof::Given,
        Some((false, false)) => Proof::Missing,
        None if checks(table).next().is_none() => Proof::Missing,
        Some((false, true)) | None => Proof::Unknown,
    }
}

/// What is known about the key column of a table that is or becomes a partition.
struct Facts {
    column: String,
    data_type: Type,
    values: PartitionValues,
    /// Of each list, one comparison holds in every row.
    alternatives: Vec<Vec<Comparison>>,
    /// Whether a CHECK says more about the column than is understood.
    has_unknown: bool,
}

impl Facts {
    /// `None` if the key or the bounds are not understood.
    fn of(context: &Context<'_>, parent: &Name, table: &Table, bound: &PartitionBound) -> Option<Facts> {
        let PartitionBound::Values(bound) = bound else { return None };
        let parent = context.schema.table(parent).filter(|parent| parent.partition_of.is_none())?;
        let (column, values) = partition_values(parent.partition_by.as_ref()?, bound)?;
        let data_type = table.column(&column)?.data_type.clone()?;
        if table.partition_by.is_some() || !is_comparable(&data_type) {
            return None;
        }
        let about = checks(table).filter(|check| check.columns.contains(&column));
        let all: Vec<Option<Vec<Comparison>>> = about.flat_map(|check| alternatives(&check.text)).collect();
        let mut facts =
            Facts { has_unknown: all.contains(&None), alternatives: Vec::new(), column, data_type, values };
        facts.alternatives = all.into_iter().flatten().collect();
        let is_unknown = |one: &Comparison| {
            one.column == facts.column && one.values.iter().any(|value| facts.order(value, value).is_none())
        };
        facts.has_unknown |= facts.alternatives.iter().flatten().any(is_unknown);
        Some(facts)
    }

    /// Whether one list has only comparisons of the key column of which each is a proof.
    fn proves(&self, is_proof: impl Fn(&Comparison) -> bool) -> bool {
        let all = |list: &Vec<Comparison>| list.iter().all(|one| one.column == self.column && is_proof(one));
        self.alternatives.iter().any(all)
    }

    /// The same for one end of a range, which may be open.
    fn prove(&self, end: Option<&Datum>, is_proof: impl Fn(&Facts, &Comparison, &Datum) -> bool) -> bool {
        end.is_none_or(|end| self.proves(|one| is_proof(self, one, end)))
    }

    /// Whether a comparison holds only for values from `end` on.
    fn is_at_least(&self, one: &Comparison, end: &Datum) -> bool {
        let is_above = matches!(one.operator, Operator::In | Operator::Above | Operator::AtLeast);
        is_above && one.values.iter().all(|value| self.order(value, end).is_some_and(Ordering::is_ge))
    }

    /// Whether a comparison holds only for values below `end`.
    fn is_below(&self, one: &Comparison, end: &Datum) -> bool {
        one.values.iter().all(|value| {
            let order = self.order(value, end);
            match one.operator {
                Operator::Below => order.is_some_and(Ordering::is_le),
                Operator::In | Operator::AtMost => order.is_some_and(Ordering::is_lt),
                Operator::Above | Operator::AtLeast | Operator::IsNull | Operator::IsNotNull => false,
            }
        }) && !one.values.is_empty()
    }

    /// How two literals compare as values of the column. `None` if that is not certain.
    fn order(&self, one: &Datum, other: &Datum) -> Option<Ordering> {
        let is_of_type = |value: &Datum| value.cast.as_ref().is_none_or(|cast| cast == &self.data_type);
        if !is_of_type(one) || !is_of_type(other) {
            return None;
        }
        match self.data_type.name.name.as_str() {
            "int2" | "int4" | "int8" => {
                let number = |value: &Datum| value.text.parse::<i128>().ok();
                Some(number(one)?.cmp(&number(other)?))
            }
            "date" => {
                let date = |value: &Datum| is_date(&value.text).then(|| value.text.clone());
                Some(date(one)?.cmp(&date(other)?))
            }
            "timestamp" => Some(moment(&one.text)?.cmp(&moment(&other.text)?)),
            _ => (one.text == other.text).then_some(Ordering::Equal),
        }
    }
}

/// The conditions of the CHECKs that the server trusts.
fn checks(table: &Table) -> impl Iterator<Item = &Expression> {
    let trusted = table.constraints.iter().filter(|constraint| constraint.validated);
    trusted.filter_map(|constraint| match &constraint.kind {
        TableConstraintKind::Check(check) => Some(check),
        _ => None,
    })
}

/// Whether literals of a type are compared. What a `timestamptz` means depends on the time zone of the session.
fn is_comparable(data_type: &Type) -> bool {
    let known = ["int2", "int4", "int8", "date", "timestamp", "text", "uuid"];
    data_type.dimensions == 0
        && data_type.modifiers.is_empty()
        && known.iter().any(|known| data_type.name.is_builtin(known))
}

/// Whether a text is a date such as `2026-01-31`. Such dates compare as their texts do.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() })
}

/// A moment such as `2026-01-31 10:00:00`, or a date, in a form in which texts compare as moments do.
fn moment(text: &str) -> Option<String> {
    let (date, time) = text.split_at_checked(10)?;
    let is_time = |time: &str| {
        time.bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 2 | 5) { byte == b':' } else { byte.is_ascii_digit() })
    };
    let time = match time.strip_prefix([' ', 'T']) {
        None if time.is_empty() => "00:00:00".to_owned(),
        Some(time) if time.len() == 5 && is_time(time) => format!("{time}:00"),
        Some(time) if time.len() == 8 && is_time(time) => time.to_owned(),
        _ => return None,
    };
    is_date(date).then(|| format!("{date} {time}"))
}
