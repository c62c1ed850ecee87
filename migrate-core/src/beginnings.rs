//! The checksums of the beginnings of a script: of its first statement, of its first two, and so on.
//!
//! A run without transaction records one after each statement, and each covers all before it. Made one by one they would take
//! a time that grows with the square of the script.

use std::sync::OnceLock;

use crate::Checksum;
use crate::checksum::Growing;

/// Made at once, when the first of them is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginnings(OnceLock<Vec<Checksum>>);

/// They follow from the statements, which are compared.
impl PartialEq for Beginnings {
    fn eq(&self, _: &Beginnings) -> bool {
        true
    }
}

impl Eq for Beginnings {}

impl Beginnings {
    /// The checksum of the first `count` statements, or of all if there are fewer.
    pub(crate) fn first<'s>(&self, count: usize, statements: impl Iterator<Item = &'s str>) -> Checksum {
        let Some(last) = count.checked_sub(1) else { return Checksum::of("") };
        let all = self.0.get_or_init(|| {
            let mut text = Growing::default();
            let each = statements.enumerate().map(|(number, statement)| {
                text.push(if number == 0 { "" } else { ";\n" });
                text.push(statement);
                text.checksum()
            });
            each.collect()
        });
        all.get(last).or(all.last()).copied().unwrap_or_else(|| Checksum::of(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::hashed_bytes;

    fn one_by_one(statements: &[&str], count: usize) -> Checksum {
        Checksum::of(&statements[..count.min(statements.len())].join(";\n"))
    }

    #[test]
    fn each_is_the_checksum_of_the_text_so_far() {
        for statements in [
            &[][..],
            &["SELECT 1"],
            &["\u{feff}SELECT 1", "\u{feff}SELECT 2", "SELECT 3"],
            &["SELECT '\r\n'", "SELECT '\r'\r", "SELECT 3 \n", "\t", "SELECT 5"],
            &["", " ", "SELECT 3", "", ""],
        ] {
            let beginnings = Beginnings::default();
            for count in (0..=statements.len() + 1).rev() {
                let first = beginnings.first(count, statements.iter().copied());
                assert_eq!(first, one_by_one(statements, count), "{count} of {statements:?}");
            }
        }
    }

    #[test]
    fn each_statement_is_hashed_once() {
        let statements: Vec<String> = (0..1000).map(|n| format!("INSERT INTO seed VALUES ({n})")).collect();
        let text: usize = statements.iter().map(String::len).sum();
        let beginnings = Beginnings::default();
        let before = hashed_bytes();
        for count in 1..=statements.len() {
            beginnings.first(count, statements.iter().map(String::as_str));
        }
        assert!((text..text + 2 * statements.len()).contains(&(hashed_bytes() - before)));
    }
}
