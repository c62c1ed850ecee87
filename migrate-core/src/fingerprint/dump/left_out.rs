//! The objects that a dump does not make.
//!
//! What comes in is a fingerprint; what goes out is the part that can be made, and a list of the rest.

use std::collections::HashSet;

use crate::fingerprint::{Fingerprint, ObjectId, ObjectKind};

/// Kinds that a fingerprint distinguishes but does not hold in full.
const LEFT_OUT: [ObjectKind; 12] = {
    use ObjectKind::*;
    [
        BaseType,
        ForeignTable,
        Aggregate,
        Operator,
        Cast,
        DefaultPrivileges,
        TextSearchDictionary,
        TextSearchConfiguration,
        ForeignDataWrapper,
        ForeignServer,
        EventTrigger,
        Publication,
    ]
};

/// The objects that can be made, and those that cannot. Parts, comments and privileges of the latter cannot be made
/// either.
pub(super) fn writable(fingerprint: &Fingerprint) -> (Fingerprint, Vec<&ObjectId>) {
    let left_out: Vec<&ObjectId> =
        fingerprint.objects.keys().filter(|id| LEFT_OUT.contains(&id.kind)).collect();
    let foreign = left_out.iter().filter(|whole| whole.kind == ObjectKind::ForeignTable);
    let foreign: HashSet<(&str, &str)> =
        foreign.map(|whole| (whole.schema.as_str(), whole.name.as_str())).collect();
    let is_made = |id: &ObjectId| {
        let is_part = !id.parent.is_empty() && foreign.contains(&(id.schema.as_str(), id.parent.as_str()));
        !LEFT_OUT.contains(&id.kind) && !is_part
    };
    let mut writable = fingerprint.clone();
    writable.objects.retain(|id, _| is_made(id));
    (writable, left_out)
}
