//! What needs no database.

mod embed;
mod engines;
mod findings;
mod hazards;
mod lock_file;
mod pages;
mod public;
mod tables;
mod unparsed;
