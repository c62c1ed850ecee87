//! Embedded SQL migrations.

#[cfg(feature = "testing")]
pub mod testing;
