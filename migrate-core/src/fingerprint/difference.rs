//! How one schema differs from another.
//!
//! What comes in are two fingerprints; what goes out is a list of changes, each displayed in a line:
//! `changed  column orders.note: type text → varchar(80)`. A pure function, used for drift and for the verdict on a
//! rollback.

use std::collections::HashSet;
use std::fmt;

use super::undo::{Mentions, undo};
use super::{COLUMN_ORDER, Fingerprint, Object, ObjectId, Undo};
use crate::OneLine;

/// How one schema differs from another: the result of [`Fingerprint::diff`].
///
/// `{}` shows a line for each change, and a definition of several lines as removed and added lines. The parts of an
/// added or removed table are not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Difference {
    /// The changes, in the order of the objects.
    pub changes: Vec<Change>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// The object that changed.
    pub object: ObjectId,
    /// How it changed.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub kind: ChangeKind,
    /// The SQL that takes the change back, if that is certain.
    pub undo: Option<Undo>,
}

/// How an object changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "change", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ChangeKind {
    /// It did not exist before.
    Added,
    /// It no longer exists.
    Removed,
    /// A property has another value. `None` is the value of a property that no one has set.
    Changed {
        /// The name of the property, such as `type`, `default` or `definition`.
        property: String,
        /// Its value before.
        before: Option<String>,
        /// Its value after.
        after: Option<String>,
    },
    /// The columns that a table has both before and after are in another order.
    ColumnOrder {
        /// All columns in their order before.
        before: String,
        /// All columns in their order after.
        after: String,
    },
}

impl ChangeKind {
    /// Whether the object came (true) or went (false); `None` if it stayed.
    fn came(&self) -> Option<bool> {
        match self {
            ChangeKind::Added => Some(true),
            ChangeKind::Removed => Some(false),
            _ => None,
        }
    }
}

impl Difference {
    /// The difference of two schemas.
    pub(super) fn between(before: &Fingerprint, after: &Fingerprint) -> Difference {
        let mut changes = Vec::new();
        let mut change =
            |object: &ObjectId, kind| changes.push(Change { object: object.clone(), kind, undo: None });
        for (id, object) in &before.objects {
            match after.objects.get(id) {
                None => change(id, ChangeKind::Removed),
                Some(now) => changed(object, now).for_each(|kind| change(id, kind)),
            }
        }
        let added = after.objects.keys().filter(|id| !before.objects.contains_key(id));
        added.for_each(|id| change(id, ChangeKind::Added));
        let mut difference = Difference { changes };
        difference.leave_out_parts(before, after);
        difference.changes.sort_by(|one, other| one.object.cmp(&other.object));
        let mentions = Mentions::in_schema(after);
        for change in &mut difference.changes {
            change.undo = undo(change, before, after, &mentions);
        }
        difference
    }

    /// Leaves out what came or went together with its table or domain, and a sequence that did with its column.
    fn leave_out_parts(&mut self, before: &Fingerprint, after: &Fingerprint) {
        let came_and_went = self.changes.iter().filter_map(|change| Some((change, change.kind.came()?)));
        let wholes: HashSet<(bool, String)> =
            came_and_went.map(|(change, came)| (came, unquoted(&change.object.path()))).collect();
        self.changes.retain(|change| {
            let Some(came) = change.kind.came() else { return true };
            let side = if came { after } else { before };
            let has = |path: &str| wholes.contains(&(came, unquoted(path)));
            let column = side.objects.get(&change.object).and_then(owning_column);
            let table = column.and_then(|column| column.rsplit_once('.')).map(|(table, _)| table);
            let is_part = !change.object.parent.is_empty() && has(&change.object.parent_path());
            !is_part && !column.is_some_and(has) && !table.is_some_and(has)
        });
    }

    /// Whether the schemas are equal, including the order of columns.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether they differ, and only in the order of columns.
    pub fn is_column_order_only(&self) -> bool {
        let is_order = |change: &Change| matches!(change.kind, ChangeKind::ColumnOrder { .. });
        !self.is_empty() && self.changes.iter().all(is_order)
    }
}

/// The column that a sequence belongs to.
fn owning_column(object: &Object) -> Option<&str> {
    object.get("owned by").or(object.get("identity of")).map(String::as_str)
}

/// A path without quotes: the server quotes more names here than it has to.
fn unquoted(path: &str) -> String {
    path.replace('"', "")
}

/// The properties that differ.
fn changed<'a>(before: &'a Object, after: &'a Object) -> impl Iterator<Item = ChangeKind> + 'a {
    let new = after.keys().filter(|property| !before.contains_key(*property));
    before.keys().chain(new).filter_map(|property| {
        let (before, after) = (before.get(property), after.get(property));
        match (before, after) {
            _ if before == after => None,
            (Some(before), Some(after)) if property == COLUMN_ORDER => column_order(before, after),
            _ => Some(ChangeKind::Changed {
                property: property.clone(),
                before: before.cloned(),
                after: after.cloned(),
            }),
        }
    })
}

/// The change of order of those columns that stayed. Columns that came or went are changes of their own.
fn column_order(before: &str, after: &str) -> Option<ChangeKind> {
    let (old, new) = (columns(before), columns(after));
    let stayed = old.iter().filter(|column| new.contains(column));
    let is_same = stayed.eq(new.iter().filter(|column| old.contains(column)));
    (!is_same).then(|| ChangeKind::ColumnOrder { before: before.to_owned(), after: after.to_owned() })
}

/// The quoted names of a list.
fn columns(list: &str) -> Vec<&str> {
    let mut quoted = false;
    let between = |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    };
    list.split(between).map(str::trim).collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no difference");
        }
        for (i, change) in self.changes.iter().enumerate() {
            let new_line = if i == 0 { "" } else { "\n" };
            write!(f, "{new_line}{change}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Anyone who may create objects chooses their names, and the text of their definitions.
        let object = self.object.to_string();
        let object = OneLine(&object);
        match &self.kind {
            ChangeKind::Added => write!(f, "added    {object}"),
            ChangeKind::Removed => write!(f, "removed  {object}"),
            ChangeKind::ColumnOrder { before, after } => {
                write!(f, "changed  {object}: order of columns {before} → {after}")
            }
            ChangeKind::Changed { property, before, after } => {
                write!(f, "changed  {object}: {property}")?;
                let [before, after] = [before, after].map(Option::as_deref);
                if [before, after].into_iter().flatten().any(|value| value.contains('\n')) {
                    return lines(f, before.unwrap_or_default(), after.unwrap_or_default());
                }
                let [before, after] = [before, after].map(|value| OneLine(value.unwrap_or("none")));
                write!(f, " {before} → {after}")
            }
        }
    }
}

/// The lines that were removed and added, without those that both texts begin or end with.
fn lines(f: &mut fmt::Formatter<'_>, before: &str, after: &str) -> fmt::Result {
    let (mut before, mut after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let common = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    before.drain(..common);
    after.drain(..common);
    let common = before.iter().rev().zip(after.iter().rev()).take_while(|(one, other)| one == other).count();
    before.truncate(before.len() - common);
    after.truncate(after.len() - common);
    before.iter().try_for_each(|line| write!(f, "\n  - {}", OneLine(line)))?;
    after.iter().try_for_each(|line| write!(f, "\n  + {}", OneLine(line)))
}
