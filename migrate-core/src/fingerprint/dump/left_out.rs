//! What a dump does not make.

use std::collections::HashSet;

use crate::fingerprint::{Fingerprint, ObjectId, ObjectKind};

/// What a fingerprint tells apart and does not hold in full.
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

/// What can be made, and what cannot: of that neither parts nor comments nor privileges can be.
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
