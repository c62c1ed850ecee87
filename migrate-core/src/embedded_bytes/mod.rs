//! The migrations of a set as two literals.
//!
//! Why not one constant for each migration? The compiler pays for each token and each constant, at every build, and a
//! binary pays for each pointer in a constant, in its size and at every start (relocations). Two literals avoid both.

mod pack;
#[cfg(test)]
mod tests;
mod unpack;

use std::sync::OnceLock;

pub use pack::pack;

use crate::Migration;

/// The migrations of a set as `embed_migrations!` leaves them in a binary.
#[doc(hidden)]
#[derive(Debug)]
pub struct EmbeddedBytes {
    count: usize,
    /// Every text of every migration, one behind the other.
    texts: &'static str,
    /// What is no text, and the lengths of the texts, in the order in which they are written and read.
    numbers: &'static [u8],
    unpacked: OnceLock<Vec<Migration>>,
}

impl EmbeddedBytes {
    /// The output of [`pack`] for this number of migrations.
    pub const fn new(count: usize, texts: &'static str, numbers: &'static [u8]) -> EmbeddedBytes {
        EmbeddedBytes { count, texts, numbers, unpacked: OnceLock::new() }
    }

    /// The migrations. The first access unpacks them; their texts are not copied.
    pub fn migrations(&self) -> &[Migration] {
        self.unpacked.get_or_init(|| unpack::unpack(self.count, self.texts, self.numbers))
    }
}

/// Stands for the length of a text that is not there, and for a timeout that is not set. No other comes near it: a
/// script is at most 64 MiB long, and a timeout is an `int4` of milliseconds.
const NONE: u32 = u32::MAX;
