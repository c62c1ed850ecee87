//! The part of a schema that two scripts may be about.
//!
//! The analysis of a rollback needs the schema before its migration, and applies both scripts to copies of it. A
//! copy of everything, for each of a thousand migrations, would cost more than all rules. So the scripts are split
//! into words, and only objects with one of these words as their name are copied: for `DROP TABLE orders` those
//! named `drop`, `table` and `orders`, of which only the last exists.

use std::collections::{BTreeMap, BTreeSet};

use super::lookup::Lookup;
use super::{Schema, Table, TableConstraintKind};
use crate::sql::Name;

/// The words of scripts, each of which may be a name.
#[derive(Debug, Default)]
pub(crate) struct Words(Vec<Name>);

impl Words {
    /// Every word, both in lower case and as written, because the name may be quoted.
    pub(crate) fn of(scripts: &[&str]) -> Words {
        let mut words = Vec::new();
        for script in scripts {
            split(script, &mut words);
            if script.contains('"') {
                words.extend(script.split('"'));
            }
        }
        words.sort_unstable();
        words.dedup();
        let mut names: Vec<Name> = words.iter().map(|word| Name::new(*word)).collect();
        let folded = words.iter().map(|word| word.to_lowercase()).zip(&words);
        names.extend(folded.filter(|(folded, word)| folded != *word).map(|(folded, _)| Name::new(folded)));
        Words(names)
    }
}

/// Splits a script at every byte that no word contains. A word that begins with a digit is a number.
fn split<'a>(script: &'a str, words: &mut Vec<&'a str>) {
    let mut start = 0;
    for (at, byte) in script.bytes().enumerate() {
        if !matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80..) {
            if at > start && !script.as_bytes()[start].is_ascii_digit() {
                words.push(&script[start..at]);
            }
            start = at + 1;
        }
    }
    words.push(&script[start..]);
}

impl Schema {
    /// The part that scripts with these words may be about: all objects with such a name, in any schema, and the indexes
    /// of these tables. The time depends on the length of the scripts and not on the length of the history.
    pub(crate) fn part_for(&self, words: &Words) -> Schema {
        let mut part = Schema {
            search_path: self.search_path.clone(),
            schemas: self.schemas.clone(),
            extensions: self.extensions.clone(),
            tables: pick(&self.tables, words),
            indexes: pick(&self.indexes, words),
            views: pick(&self.views, words),
            sequences: pick(&self.sequences, words),
            domains: pick(&self.domains, words),
            enums: pick(&self.enums, words),
            other_types: words.0.iter().flat_map(|word| named(&self.other_types, word)).cloned().collect(),
            functions: pick(&self.functions, words),
            gone: words.0.iter().flat_map(|word| named(&self.gone, word)).cloned().collect(),
            has_temporary: self.has_temporary,
            current: self.current,
            ..Schema::new(self.engine)
        };
        self.add_dependents(&mut part);
        for table in part.tables.keys() {
            for name in self.lookup.indexes(table).into_iter().flatten() {
                if let Some(index) = self.indexes.get(name) {
                    part.indexes.insert(name.clone(), index.clone());
                }
            }
        }
        part.lookup = part.new_lookup();
        part
    }

    /// Adds the tables that refer to those in the part, and so on, and the views and triggers on them. Deleting rows
    /// reaches the former and RENAME reads the latter; both matter only to the rebuild on SQLite.
    fn add_dependents(&self, part: &mut Schema) {
        if !self.engine.rebuilds_tables() {
            return;
        }
        let mut waiting: Vec<Name> = part.tables.keys().cloned().collect();
        while let Some(table) = waiting.pop() {
            for name in self.lookup.owners(&table).into_iter().flatten() {
                if let Some(owner) = self.tables.get(name).filter(|_| !part.tables.contains_key(name)) {
                    part.tables.insert(name.clone(), owner.clone());
                    waiting.push(name.clone());
                }
            }
        }
        let is_in = |name: &Name| part.tables.contains_key(name);
        let views = self.views.iter().filter(|(_, view)| view.reads.iter().any(is_in));
        let views: Vec<_> = views.map(|(name, view)| (name.clone(), view.clone())).collect();
        let uses = |table: &Table| table.triggers.iter().flat_map(|trigger| &trigger.uses).any(is_in);
        let tables: Vec<Table> = self.tables.values().filter(|table| uses(table)).cloned().collect();
        part.views.extend(views);
        part.tables.extend(tables.into_iter().map(|table| (table.name.clone(), table)));
    }

    /// A lookup for the objects of a part.
    fn new_lookup(&self) -> Lookup {
        let mut lookup = Lookup::default();
        self.indexes.values().for_each(|index| lookup.add_index(index));
        for table in self.tables.values() {
            let parent = table.partition_of.iter().map(|place| &place.parent);
            parent.chain(&table.inherits).for_each(|parent| lookup.add_parent(parent));
            for constraint in &table.constraints {
                constraint.name.iter().for_each(|name| lookup.add_constraint(name));
                if let TableConstraintKind::ForeignKey { table: referenced, .. } = &constraint.kind {
                    lookup.add_foreign_key(&table.name, referenced);
                }
            }
        }
        lookup
    }
}

/// The names that are this word, in any schema.
fn named<'a>(names: &'a BTreeSet<Name>, word: &'a Name) -> impl Iterator<Item = &'a Name> {
    names.range(word..).take_while(|name| name.name == word.name)
}

/// The objects with one of these names, in any schema. It works because a [`Name`] is sorted by the name first and by the
/// schema second.
fn pick<T: Clone>(objects: &BTreeMap<Name, T>, words: &Words) -> BTreeMap<Name, T> {
    let mut picked = BTreeMap::new();
    if objects.is_empty() {
        return picked;
    }
    for word in &words.0 {
        for (name, object) in objects.range(word..) {
            if name.name != word.name {
                break;
            }
            picked.insert(name.clone(), object.clone());
        }
    }
    picked
}
