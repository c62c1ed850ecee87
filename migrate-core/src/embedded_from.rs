//! The place that a set was embedded from. Only debug builds record it, so a release contains no path.

/// The folder that a set was embedded from, and the files that it held.
///
/// Cargo compiles a crate again when one of these files is edited or removed, but does not notice an added one. So a
/// binary may lack a file that its author sees in the folder.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedFrom {
    pub(crate) folder: &'static str,
    /// The paths inside the folder, in order, each followed by a NUL, which no path contains.
    pub(crate) files: &'static str,
}
