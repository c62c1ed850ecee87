//! What people and CI run: `cargo xtask test`.

fn main() {}
