//! What the compiler says where `#[migrate::test]` stands wrongly: one case for each message.
//!
//! A case is `ui_migrate_test/<fault>.rs` with `ui_migrate_test/<fault>.stderr`. To write the messages anew after a
//! change, run `TRYBUILD=overwrite cargo test -p migrate-tests --test migrate_test_ui`.

#[test]
fn each_fault_has_its_message() {
    trybuild::TestCases::new().compile_fail("ui_migrate_test/*.rs");
}
