//! Taking over from other tools. sqlx, refinery and diesel write their histories themselves; those of the others are
//! made as their documentation and sources say.

mod crates;
mod described;
mod folder;
mod sqlite;
mod takeover;
