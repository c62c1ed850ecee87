//! The levels of a family: which tables belong to it, and in which order.
//!
//! What comes in is a table and a rule for its keys, `customers` and "those with `cascade`"; what goes out is a list,
//! parents first: `[customers, orders, order_lines]`, each level with the keys by which its rows hang on earlier
//! levels.

use crate::scope::table::{Definition, ForeignKey, Handle, Rows};

/// The rows of one table in a family.
#[derive(Debug)]
pub struct Level {
    pub(crate) table: &'static Definition,
    /// The keys by which its rows hang on rows of earlier levels.
    pub(super) links: Vec<Link>,
    /// The keys by which its rows hang on each other, as in a tree.
    pub(super) own: Vec<&'static ForeignKey>,
}

/// A key, and the place of the level that it refers to.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) key: &'static ForeignKey,
    pub(super) parent: usize,
}

impl Level {
    /// The table with a choice of its rows.
    pub(crate) fn handle(&self, rows: Rows) -> Handle {
        Handle { rows, ..Handle::new(self.table) }
    }
}

/// A table and the tables below it along some keys, each after all that it hangs on.
pub(crate) fn levels(root: &'static Definition, follows: fn(&ForeignKey) -> bool) -> Vec<Level> {
    let mut members = Vec::new();
    visit(root, follows, &mut members);
    // The walk adds a table after all of its children, so reversed each comes after its parents.
    members.reverse();
    let level = |(place, table): (usize, &&'static Definition)| {
        let parents = table.parents.iter().filter(|key| follows(key));
        let (own, others): (Vec<_>, Vec<_>) = parents.partition(|key| key.is_circular());
        // A parent above the root is not part of the family.
        let before = |key: &ForeignKey| members[..place].iter().position(|of| std::ptr::eq(*of, key.parent));
        let links = others.into_iter().filter_map(|key| Some(Link { key, parent: before(key)? })).collect();
        Level { table, links, own }
    };
    members.iter().enumerate().map(level).collect()
}

/// Children first. `tables!` refuses circles of several tables, so this ends.
fn visit(
    table: &'static Definition,
    follows: fn(&ForeignKey) -> bool,
    members: &mut Vec<&'static Definition>,
) {
    if members.iter().any(|member| std::ptr::eq(*member, table)) {
        return;
    }
    for key in table.children.iter().filter(|key| follows(key) && !key.is_circular()) {
        visit(key.child, follows, members);
    }
    members.push(table);
}
