//! What the compiler says where `#[migrate::test]` stands wrongly: one case for each message.
//!
//! A case is `ui_migrate_test/<fault>.rs` with `ui_migrate_test/<fault>.stderr`. To write the messages anew after a
//! change, run `TRYBUILD=overwrite cargo test -p migrate-tests --test compiler ui_migrate_test::`.

#[test]
fn each_fault_has_its_message() {
    trybuild::TestCases::new().compile_fail("tests/compiler/ui_migrate_test/*.rs");
}
