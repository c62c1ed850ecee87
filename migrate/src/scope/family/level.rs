use crate::scope::table::{Definition, ForeignKey, Handle, Rows};

/// The rows of one table in a family.
#[derive(Debug)]
pub struct Level {
    pub(crate) table: &'static Definition,
    /// Along which keys its rows hang on those of earlier levels.
    pub(super) links: Vec<Link>,
    /// Along which keys they hang on each other, as in a tree.
    pub(super) own: Vec<&'static ForeignKey>,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) key: &'static ForeignKey,
    pub(super) parent: usize,
}

impl Level {
    pub(crate) fn handle(&self, rows: Rows) -> Handle {
        Handle { rows, ..Handle::new(self.table) }
    }
}

/// A table and those below it along some keys, each behind all that it hangs on.
pub(crate) fn levels(root: &'static Definition, follows: fn(&ForeignKey) -> bool) -> Vec<Level> {
    let mut members = Vec::new();
    visit(root, follows, &mut members);
    members.reverse();
    let level = |(place, table): (usize, &&'static Definition)| {
        let parents = table.parents.iter().filter(|key| follows(key));
        let (own, others): (Vec<_>, Vec<_>) = parents.partition(|key| key.is_circular());
        // What is above the root is not of the family.
        let before = |key: &ForeignKey| members[..place].iter().position(|of| std::ptr::eq(*of, key.parent));
        let links = others.into_iter().filter_map(|key| Some(Link { key, parent: before(key)? })).collect();
        Level { table, links, own }
    };
    members.iter().enumerate().map(level).collect()
}

/// Children first. `tables!` refuses circles of several tables, so this comes to an end.
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
