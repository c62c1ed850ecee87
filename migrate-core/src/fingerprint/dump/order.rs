//! Which object comes first.

use std::collections::BTreeSet;

use super::create::{is_early, is_part_of, unquoted};
use crate::fingerprint::{Fingerprint, Object, ObjectId, ObjectKind};

/// The objects that others are made of, each behind those that it names.
///
/// The server writes names with their schema, so that a name in a definition is found as a text. Where a name only looks
/// like one, an object comes later than it had to.
pub(super) fn in_order(fingerprint: &Fingerprint) -> Vec<(&ObjectId, &Object)> {
    let mut left: Vec<Node<'_>> = nodes(fingerprint);
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let names: BTreeSet<String> = left.iter().map(|node| node.name.clone()).collect();
        let is_ready =
            |node: &Node<'_>| !node.needs.iter().any(|need| *need != node.name && names.contains(need));
        let (ready, waiting): (Vec<_>, Vec<_>) = left.into_iter().partition(is_ready);
        left = waiting;
        if ready.is_empty() {
            // A circle: the server would not have it, so one of the names only looks like one.
            let first = left.remove(0);
            ordered.push((first.id, first.object));
        }
        ordered.extend(ready.iter().map(|node| (node.id, node.object)));
    }
    ordered
}

struct Node<'f> {
    id: &'f ObjectId,
    object: &'f Object,
    name: String,
    needs: BTreeSet<String>,
}

/// In the order of their kinds, which is right for those that name no other.
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

/// All that a statement for the object says of others.
fn texts(fingerprint: &Fingerprint, id: &ObjectId, object: &Object) -> String {
    let mut text = match id.kind {
        ObjectKind::Function | ObjectKind::Procedure => {
            let definition = object.get("definition").map_or("", String::as_str);
            // The body of a string is not looked at when the function is made.
            definition.split("\nAS ").next().unwrap_or_default().to_owned()
        }
        ObjectKind::Sequence => String::new(),
        _ => object.values().map(String::as_str).collect::<Vec<_>>().join(" "),
    };
    for (part, object) in fingerprint.objects.iter().filter(|(part, _)| is_part_of(part, id)) {
        let is_within = part.kind == ObjectKind::Column
            || (part.kind == ObjectKind::Constraint
                && (is_early(object) || object.contains_key("of domain")));
        if is_within {
            object.values().for_each(|value| {
                text.push(' ');
                text += value;
            });
        }
    }
    text
}

/// Every `schema.name` of a text.
fn words(text: &str) -> BTreeSet<String> {
    let text = unquoted(text);
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '$';
    let words = text.split(|c: char| !is_word(c)).filter(|word| word.contains('.'));
    let first_two = |word: &str| word.split('.').take(2).collect::<Vec<_>>().join(".");
    words.map(first_two).collect()
}
