//! What PostgreSQL can do; `capability` says what each line means.

use super::capability::Capabilities;

pub(super) const CAPABILITIES: Capabilities = Capabilities {
    name: "PostgreSQL",
    // Locks and transactions.
    locks_tables: true,
    writes_in_with: true,
    locks_rows: true,
    has_server_sessions: true,
    has_restore_points: true,
    // Roles and data types.
    has_row_security: true,
    has_user_types: true,
    has_serial_types: true,
    has_sequence_table: false,
    // Names.
    default_schema: "public",
    temporary_schema: "pg_temp",
    name_limit: Some(63),
    names_constraints: true,
    names_index_like_key: true,
    numbers_key_indexes: false,
    has_search_path: true,
    // Changes to tables.
    rebuilds_tables: false,
    runs_alter_in_passes: true,
    sorts_constraints: true,
    drop_takes_foreign_keys: true,
    drop_refuses_named_column: false,
    alters_in_place: true,
    keeps_definitions: false,
    primary_key_means_not_null: true,
    has_unchecked_constraints: true,
    adds_column_with_literal_only: false,
    has_concurrent_index: true,
    has_partitions: true,
    has_enums: true,
    // Scripts and their tokens.
    nests_comments: true,
    closes_comment_at_end: false,
    ends_comment_at_carriage_return: true,
    dollar_quotes: true,
    has_escape_strings: true,
    quotes_names_with_backticks: false,
    quotes_names_with_brackets: false,
    has_named_variables: false,
    has_atomic_bodies: true,
    has_trigger_bodies: false,
    copies_from_client: true,
    // Expressions and queries.
    has_arrays: true,
    has_cast_symbol: true,
    has_named_arguments: true,
    has_typed_literals: true,
    has_standard_forms: true,
    compares_with_is: false,
    matches_with_tilde: true,
    collations_are_code: false,
    needs_limit_for_offset: false,
    most_values: 65_535,
};
