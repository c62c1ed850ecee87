use std::collections::{BTreeMap, BTreeSet};

use super::lookup::Lookup;
use super::{Schema, TableConstraintKind};
use crate::sql::Name;

impl Schema {
    /// What these scripts may be about: all that has a word of them as its name, and what belongs to their tables. To
    /// copy that takes as long as the scripts are long, and not as the history is.
    pub(crate) fn part_for(&self, scripts: &[&str]) -> Schema {
        let names = self.names_in(scripts);
        let mut part = Schema {
            search_path: self.search_path.clone(),
            schemas: self.schemas.clone(),
            extensions: self.extensions.clone(),
            tables: pick(&self.tables, &names),
            indexes: pick(&self.indexes, &names),
            views: pick(&self.views, &names),
            sequences: pick(&self.sequences, &names),
            domains: pick(&self.domains, &names),
            enums: pick(&self.enums, &names),
            other_types: names.iter().filter(|name| self.other_types.contains(*name)).cloned().collect(),
            functions: pick(&self.functions, &names),
            ..Schema::new(self.engine)
        };
        for table in part.tables.keys() {
            let of_table = self.lookup.indexes(table).into_iter().flatten();
            let of_table = of_table.filter_map(|name| self.indexes.get_key_value(name));
            part.indexes.extend(of_table.map(|(name, index)| (name.clone(), index.clone())));
        }
        part.lookup = part.new_lookup();
        part
    }

    fn new_lookup(&self) -> Lookup {
        let mut lookup = Lookup::default();
        self.indexes.values().for_each(|index| lookup.add_index(index));
        for table in self.tables.values() {
            let parent = table.partition_of.iter().map(|place| &place.parent);
            parent.chain(&table.inherits).for_each(|parent| lookup.add_parent(parent));
            for constraint in &table.constraints {
                constraint.name.iter().for_each(|name| lookup.add_constraint(name));
                if let TableConstraintKind::ForeignKey { table, .. } = &constraint.kind {
                    lookup.add_referenced(table);
                }
            }
        }
        lookup
    }

    /// Every word, in lower case and as it is written, in every schema that is known or that a script may name.
    fn names_in(&self, scripts: &[&str]) -> BTreeSet<Name> {
        let mut words = BTreeSet::new();
        let mut schemas = self.schemas.clone();
        for script in scripts {
            let is_between = |c: char| !(c.is_alphanumeric() || c == '_' || c == '$');
            for piece in script.split_inclusive(is_between) {
                let word = piece.trim_end_matches(is_between);
                if piece.ends_with('.') {
                    schemas.insert(word.to_lowercase());
                }
                words.insert(word.to_lowercase());
            }
            words.extend(script.split('"').map(str::to_owned));
        }
        let in_schemas = |word: String| {
            schemas.iter().map(move |schema| Name::qualified(schema, &word)).collect::<Vec<_>>()
        };
        words.into_iter().flat_map(in_schemas).collect()
    }
}

fn pick<T: Clone>(objects: &BTreeMap<Name, T>, names: &BTreeSet<Name>) -> BTreeMap<Name, T> {
    let found = names.iter().filter_map(|name| objects.get_key_value(name));
    found.map(|(name, object)| (name.clone(), object.clone())).collect()
}
