//! Tests of `migrate` against real databases.
