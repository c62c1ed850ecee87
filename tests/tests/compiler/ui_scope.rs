//! What the compiler says where a statement has no tenant, or a declaration cannot be meant: one case for each message.
//!
//! A case is `ui_scope/<fault>.rs` with `ui_scope/<fault>.stderr`. To write the messages anew after a change, run
//! `TRYBUILD=overwrite cargo test -p migrate-tests --test compiler ui_scope::`.

#[test]
fn each_fault_has_its_message() {
    trybuild::TestCases::new().compile_fail("tests/compiler/ui_scope/*.rs");
}
