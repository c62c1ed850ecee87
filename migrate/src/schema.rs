//! The schema of a database as a value that can be compared and written as SQL.
//!
//! A [`Fingerprint`] holds each object of the database. [`Fingerprint::diff`] compares two of them, an [`Undo`] takes the
//! [`Difference`] back, and a [`Dump`] is the whole schema as SQL. [`Drift`] is how a database differs from what the
//! last run left.

pub use migrate_core::{
    Change, ChangeKind, Difference, Drift, Dump, Fingerprint, Object, ObjectId, ObjectKind, Undo,
};
