//! The order in which objects are made.
//!
//! What comes in are objects; what goes out is the same list, each after those that it names: a topological order (by
//! Kahn's algorithm) that prefers the order of the kinds.

use std::collections::{BTreeSet, HashMap};

use super::create::{is_early, unquoted};
use crate::fingerprint::{Fingerprint, Object, ObjectId, ObjectKind};

/// The objects that others are made of, each after those that it names.
///
/// The server writes names with their schema, so a name in a definition is found as text. If something only looks
/// like a name, an object comes later than it had to, and nothing breaks.
pub(super) fn in_order(fingerprint: &Fingerprint) -> Vec<(&ObjectId, &Object)> {
    let nodes = nodes(fingerprint);
    let mut left: HashMap<&str, usize> = HashMap::new();
    nodes.iter().for_each(|node| *left.entry(&node.name).or_default() += 1);
    let mut needed_by: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut waits_for: Vec<usize> = Vec::with_capacity(nodes.len());
    for (number, node) in nodes.iter().enumerate() {
        let needs = node.needs.iter().filter(|need| **need != node.name && left.contains_key(need.as_str()));
        waits_for.push(needs.map(|need| needed_by.entry(need).or_default().push(number)).count());
    }
    let mut ready: BTreeSet<usize> = (0..nodes.len()).filter(|number| waits_for[*number] == 0).collect();
    let mut is_ordered = vec![false; nodes.len()];
    let mut ordered = Vec::with_capacity(nodes.len());
    let mut first = 0;
    while ordered.len() < nodes.len() {
        if ready.is_empty() {
            // A circle. The server would not allow one, so one of the names only looks like a name.
            first += is_ordered[first..].iter().take_while(|is_ordered| **is_ordered).count();
            ready.insert(first);
        }
        for number in std::mem::take(&mut ready) {
            let node = &nodes[number];
            is_ordered[number] = true;
            ordered.push((node.id, node.object));
            let same_name = left.entry(&node.name).and_modify(|left| *left -= 1).or_default();
            if *same_name > 0 {
                continue;
            }
            for waiting in needed_by.remove(node.name.as_str()).unwrap_or_default() {
                waits_for[waiting] -= 1;
                if waits_for[waiting] == 0 && !is_ordered[waiting] {
                    ready.insert(waiting);
                }
            }
        }
    }
    ordered
}

/// An object with its name and the names that it needs.
struct Node<'f> {
    id: &'f ObjectId,
    object: &'f Object,
    name: String,
    needs: BTreeSet<String>,
}

/// The kinds in an order that is right for objects that name no others.
const EARLY: [ObjectKind; 11] = {
    use ObjectKind::*;
    [
        Collation,
        Enum,
        Domain,
        CompositeType,
        RangeType,
        Sequence,
        Function,
        Procedure,
        Table,
        View,
        MaterializedView,
    ]
};

/// The objects with what they need.
fn nodes(fingerprint: &Fingerprint) -> Vec<Node<'_>> {
    let of_kind = |kind| fingerprint.objects.iter().filter(move |(id, _)| id.kind == kind);
    let node =
        |(id, object)| Node { id, object, name: name(id), needs: words(&texts(fingerprint, id, object)) };
    EARLY.into_iter().flat_map(of_kind).map(node).collect()
}

/// `schema.name` without quotes and arguments.
fn name(id: &ObjectId) -> String {
    let name = id.name.split('(').next().unwrap_or_default();
    unquoted(&format!("{}.{name}", id.schema))
}

/// Every text in a statement for the object that may name another.
fn texts(fingerprint: &Fingerprint, id: &ObjectId, object: &Object) -> String {
    let mut text = match id.kind {
        ObjectKind::Function | ObjectKind::Procedure => {
            let definition = object.get("definition").map_or("", String::as_str);
            // The body of the function is a string, and not read when the function is made.
            definition.split("\nAS ").next().unwrap_or_default().to_owned()
        }
        ObjectKind::Sequence => String::new(),
        _ => object.values().map(String::as_str).collect::<Vec<_>>().join(" "),
    };
    let is_within = |object: &Object| is_early(object) || object.contains_key("of domain");
    let columns = fingerprint.parts(id, ObjectKind::Column);
    let constraints = fingerprint.parts(id, ObjectKind::Constraint).filter(|(_, object)| is_within(object));
    for (_, object) in columns.chain(constraints) {
        object.values().for_each(|value| {
            text.push(' ');
            text += value;
        });
    }
    text
}

/// Every `schema.name` in a text.
fn words(text: &str) -> BTreeSet<String> {
    let text = unquoted(text);
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '$';
    let words = text.split(|c: char| !is_word(c)).filter(|word| word.contains('.'));
    let first_two = |word: &str| word.split('.').take(2).collect::<Vec<_>>().join(".");
    words.map(first_two).collect()
}
