//! Real migration folders that no one here wrote: from an empty database to the end, and each migration there and back.
//!
//! They lie beside the project and not in it, so a checkout without them says that they were left out.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod apply;
mod dump;
mod round_trip;
mod told;
