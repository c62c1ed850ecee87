//! Counts the tests of a run.

/// The number of tests that passed and failed, read from the output of their runners.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tally {
    counts: Option<Counts>,
}

#[derive(Debug, Default, PartialEq)]
struct Counts {
    passed: u32,
    failed: u32,
}

impl Tally {
    /// Reads a line of a runner's output.
    pub(crate) fn read(&mut self, line: &str) {
        // cargo test: `test result: ok. 3 passed; 0 failed; …`; nextest: `Summary [ 1.2s] 3 tests run: 3 passed, …`
        // nextest indents its summary, and also the output of tests that failed.
        if !(line.starts_with("test result: ") || line.trim_start().starts_with("Summary [")) {
            return;
        }
        let counts = self.counts.get_or_insert_default();
        counts.passed += number_before(line, "passed");
        counts.failed += number_before(line, "failed") + number_before(line, "timed out");
    }

    /// A line for the end of the log, if any test was run.
    pub(crate) fn summary(&self) -> Option<String> {
        self.counts.as_ref().map(|counts| format!("{} passed, {} failed", counts.passed, counts.failed))
    }
}

/// The number directly before the first `word`.
fn number_before(line: &str, word: &str) -> u32 {
    let before = line.split_once(&format!(" {word}")).map(|(before, _)| before);
    before.and_then(|text| text.split(' ').next_back()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(lines: &[&str]) -> Option<String> {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(line));
        tally.summary()
    }

    #[test]
    fn both_runners_are_understood() {
        let case = |line, want: &str| assert_eq!(summary(&[line]).as_deref(), Some(want));
        case(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            "3 passed, 0 failed",
        );
        case("test result: FAILED. 3 passed; 2 failed; 0 ignored", "3 passed, 2 failed");
        case("     Summary [   0.103s] 9 tests run: 9 passed, 0 skipped", "9 passed, 0 failed");
        case(
            "     Summary [   0.103s] 9 tests run: 8 passed (1 slow), 1 failed, 0 skipped",
            "8 passed, 1 failed",
        );
        case(
            "     Summary [   9.1s] 3 tests run: 1 passed, 1 failed, 1 timed out, 0 skipped",
            "1 passed, 2 failed",
        );
    }

    #[test]
    fn runs_add_up_and_other_lines_do_not_count() {
        let output_of_a_failed_test = "    test result: FAILED. 0 passed; 1 failed; 0 ignored";
        assert_eq!(summary(&["", "5 passed, 1 failed", "running 5 tests", output_of_a_failed_test]), None);
        let two = ["Summary [ 1s] 2 tests run: 2 passed, 0 skipped", "test result: ok. 1 passed; 0 failed;"];
        assert_eq!(summary(&two).as_deref(), Some("3 passed, 0 failed"));
    }
}
