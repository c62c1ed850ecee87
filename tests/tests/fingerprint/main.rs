//! The schema of a database as a value: each kind of object, changed by itself.

mod postgres;
mod postgres_cases;
