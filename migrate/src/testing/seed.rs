//! SQL that a test runs after the migrations.
//!
//! What comes in is a file, read when the test was compiled; what goes out is a template with its rows, or an error
//! that names the line: `the seed fixtures/orders.sql:3 failed: …`.

/// An SQL file that is run after the migrations.
///
/// Exhaustive: `#[migrate::test]` writes it in the crate of the caller.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Seed {
    /// Its path, as the test names it.
    pub path: &'static str,
    /// Its text.
    pub sql: &'static str,
}

impl Seed {
    /// The error of the file, with the line that `offset`, counted in characters from 0, leads to.
    pub(super) fn failed(&self, error: &dyn std::fmt::Display, offset: Option<usize>) -> String {
        let line = offset.map(|offset| 1 + self.sql.chars().take(offset).filter(|c| *c == '\n').count());
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("the seed {}{line} failed: {error}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_line() {
        let seed = Seed { path: "fixtures/orders.sql", sql: "-- Größe\nSELECT 1;\nSELEC 2" };
        let error = "no";
        let case = |offset, place| {
            assert_eq!(
                seed.failed(&error, offset),
                format!("the seed fixtures/orders.sql{place} failed: {error}")
            );
        };
        case(None, "");
        case(Some(0), ":1");
        case(Some(8), ":1");
        case(Some(9), ":2");
        case(Some(19), ":3");
    }
}
