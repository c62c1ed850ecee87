//! What calls cargo or the compiler, and takes as long as that takes.

mod readme;
mod rebuild;
mod ui;
mod ui_migrate_test;
mod ui_scope;
