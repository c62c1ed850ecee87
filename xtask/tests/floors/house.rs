use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::file::{self, Module};

/// The modules of a crate by their paths; the root's is empty.
#[derive(Debug, Default)]
pub(crate) struct House {
    modules: BTreeMap<Vec<String>, Room>,
}

#[derive(Debug)]
struct Room {
    /// The file, from the root of the repository on.
    file: String,
    module: Module,
}

/// An import of one module by another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// As it is written.
    pub(crate) written: String,
    pub(crate) from: Vec<String>,
    /// The module that defines what is imported.
    pub(crate) to: Vec<String>,
}

/// An import from another crate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Foreign {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) words: Vec<String>,
}

impl House {
    /// The crate whose root is this file.
    pub(crate) fn read(repository: &Path, root: &str) -> House {
        let mut house = House::default();
        house.add(root, Vec::new(), &|file| fs::read_to_string(repository.join(file)).ok());
        house
    }

    /// A crate that is only in memory.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> House {
        let mut house = House::default();
        house.add("lib.rs", Vec::new(), &|file| {
            files.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned())
        });
        house
    }

    fn add(&mut self, file: &str, path: Vec<String>, text: &dyn Fn(&str) -> Option<String>) {
        let module = file::read(&text(file).unwrap_or_else(|| panic!("{file} cannot be read")));
        self.add_module(file, path, module, text);
    }

    fn add_module(
        &mut self,
        file: &str,
        path: Vec<String>,
        mut module: Module,
        text: &dyn Fn(&str) -> Option<String>,
    ) {
        let folder = match file.rsplit_once('/') {
            Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => format!("{folder}/"),
            Some(_) => format!("{}/", file.trim_end_matches(".rs")),
            None => String::new(),
        };
        for name in &module.files {
            let candidates = [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")];
            let found = candidates.iter().find(|candidate| text(candidate).is_some());
            let found = found.unwrap_or_else(|| panic!("{file} declares `mod {name}`, which has no file"));
            self.add(found, joined(&path, name), text);
        }
        for (name, inner) in std::mem::take(&mut module.inline) {
            self.add_module(file, joined(&path, &name), inner, text);
        }
        self.modules.insert(path, Room { file: file.to_owned(), module });
    }

    /// The modules right below `place`.
    pub(crate) fn children(&self, place: &[String]) -> BTreeSet<String> {
        let below = self.modules.keys().filter(|path| path.len() > place.len() && path.starts_with(place));
        below.map(|path| path[place.len()].clone()).collect()
    }

    /// Where a module is written.
    pub(crate) fn file(&self, place: &[String]) -> &str {
        self.modules.get(place).map_or("", |room| room.file.as_str())
    }

    /// Every import of a module of this crate by another of it.
    pub(crate) fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for (from, room) in &self.modules {
            let uses = room.module.uses.iter().map(|one| &one.path);
            for path in uses.chain(&room.module.paths) {
                let Some(to) = self.resolve(from, &path.words, 0) else { continue };
                if to != *from {
                    let written = path.words.join("::");
                    imports.push(Import {
                        file: room.file.clone(),
                        line: path.line,
                        written,
                        from: from.clone(),
                        to,
                    });
                }
            }
        }
        imports
    }

    /// Every path that begins with the name of another crate of `crates`.
    pub(crate) fn foreign(&self, crates: &[String]) -> Vec<Foreign> {
        let mut found = Vec::new();
        for room in self.modules.values() {
            let uses = room.module.uses.iter().map(|one| &one.path);
            for path in uses.chain(&room.module.paths).filter(|path| crates.contains(&path.words[0])) {
                found.push(Foreign { file: room.file.clone(), line: path.line, words: path.words.clone() });
            }
        }
        found
    }

    /// The module of this crate that defines what `words` name in the module `at`, through all re-exports; `None` when
    /// it is no path into this crate.
    fn resolve(&self, at: &[String], words: &[String], depth: usize) -> Option<Vec<String>> {
        let (first, rest) = words.split_first()?;
        match first.as_str() {
            "crate" => self.descend(&[], rest, depth),
            "self" => self.descend(at, rest, depth),
            "super" => {
                let parent = at.split_last()?.1;
                match rest.first().map(String::as_str) {
                    Some("super") => self.resolve(parent, rest, depth),
                    _ => self.descend(parent, rest, depth),
                }
            }
            name if self.modules.contains_key(&joined(at, name)) => self.descend(at, words, depth),
            _ => None,
        }
    }

    /// The same for a crate's public path, as another crate writes it behind its name.
    pub(crate) fn defining(&self, words: &[String]) -> Option<Vec<String>> {
        self.descend(&[], words, 0)
    }

    fn descend(&self, at: &[String], words: &[String], depth: usize) -> Option<Vec<String>> {
        let Some((first, rest)) = words.split_first() else { return Some(at.to_vec()) };
        let child = joined(at, first);
        if self.modules.contains_key(&child) {
            // What is named like a module and its last word may be a function of that module's name.
            let is_both = rest.is_empty() && depth < MAX_DEPTH;
            let other = is_both.then(|| self.bound(at, first)).flatten();
            return match other {
                Some(path) => self.resolve(at, &path, depth + 1).or(Some(child)),
                None => self.descend(&child, rest, depth),
            };
        }
        let bound = self.bound(at, first).filter(|_| depth < MAX_DEPTH);
        let through = bound.and_then(|mut path| {
            path.extend(rest.iter().cloned());
            self.resolve(at, &path, depth + 1)
        });
        // A name that another crate brings is defined nowhere here.
        Some(through.unwrap_or_else(|| at.to_vec()))
    }

    /// What a `use` of the module gives this name to.
    fn bound(&self, at: &[String], name: &str) -> Option<Vec<String>> {
        let uses = &self.modules.get(at)?.module.uses;
        uses.iter().find(|one| one.name == name).map(|one| one.path.words.clone())
    }
}

/// A re-export of a re-export and so on; more is a mistake of this reader.
const MAX_DEPTH: usize = 16;

fn joined(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}
