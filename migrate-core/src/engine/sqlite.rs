//! What SQLite can do; `capability` says what each line means.

use super::capability::Capabilities;

pub(super) const CAPABILITIES: Capabilities = Capabilities {
    name: "SQLite",
    // Locks and transactions.
    locks_tables: false,
    writes_in_with: false,
    locks_rows: false,
    has_server_sessions: false,
    has_restore_points: false,
    // Roles and data types.
    has_row_security: false,
    has_user_types: false,
    has_serial_types: false,
    has_sequence_table: true,
    // Names.
    default_schema: "main",
    temporary_schema: "temp",
    name_limit: None,
    names_constraints: false,
    names_index_like_key: false,
    numbers_key_indexes: true,
    has_search_path: false,
    // Changes to tables.
    rebuilds_tables: true,
    runs_alter_in_passes: false,
    sorts_constraints: false,
    drop_takes_foreign_keys: false,
    drop_refuses_named_column: true,
    alters_in_place: false,
    keeps_definitions: true,
    primary_key_means_not_null: false,
    has_unchecked_constraints: false,
    adds_column_with_literal_only: true,
    has_concurrent_index: false,
    has_partitions: false,
    has_enums: false,
    // Scripts and their tokens.
    nests_comments: false,
    closes_comment_at_end: true,
    ends_comment_at_carriage_return: false,
    dollar_quotes: false,
    has_escape_strings: false,
    quotes_names_with_backticks: true,
    quotes_names_with_brackets: true,
    has_named_variables: true,
    has_atomic_bodies: false,
    has_trigger_bodies: true,
    copies_from_client: false,
    // Expressions and queries.
    has_arrays: false,
    has_cast_symbol: false,
    has_named_arguments: false,
    has_typed_literals: false,
    has_standard_forms: false,
    compares_with_is: true,
    matches_with_tilde: false,
    collations_are_code: true,
    needs_limit_for_offset: true,
    most_values: 32_766,
};
