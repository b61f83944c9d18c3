//! Reads what `cargo test -- --show-output` prints: shows it without the output of tests that passed,
//! counts the tests, and keeps every "not run", which a passing test would otherwise hide.

use std::collections::BTreeMap;

/// What a test prints before it returns without having tested.
const NOT_RUN: &str = "not run: ";

/// Reads the lines of one run.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Why tests did not run, and how many.
    pub(crate) not_run: BTreeMap<String, usize>,
    passed: usize,
    failed: usize,
    hiding: bool,
}

impl Reader {
    /// Takes one line; gives it back when it is to be shown.
    pub(crate) fn line<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        match line {
            "successes:" => self.hiding = true,
            "failures:" => self.hiding = false,
            _ => {}
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            self.hiding = false;
            self.passed += count(result, "passed");
            self.failed += count(result, "failed");
        }
        // Also outside of "successes": a test that uses threads prints past the capture.
        if let Some(reason) = line.trim_start().strip_prefix(NOT_RUN) {
            *self.not_run.entry(reason.to_owned()).or_default() += 1;
            return None;
        }
        (!self.hiding).then_some(line)
    }

    /// The counts in words.
    pub(crate) fn counts(&self) -> String {
        let not_run: usize = self.not_run.values().sum();
        let passed = self.passed.saturating_sub(not_run);
        format!("{passed} passed, {} failed, {not_run} not run", self.failed)
    }
}

/// The number before a word: `ok. 3 passed; 1 failed; …`.
fn count(result: &str, word: &str) -> usize {
    let words: Vec<&str> = result.split_whitespace().collect();
    let before = words.windows(2).find(|pair| pair[1].trim_end_matches(';') == word);
    before.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: &str = "running 3 tests
test a ... ok
test b ... ok
test c ... ok

successes:

---- a stdout ----
chatter
not run: no data

---- c stdout ----
not run: no data


successes:
    a
    b
    c

test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    const FAILED: &str = "successes:
    a

failures:

---- b stdout ----
why it failed

failures:
    b

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    fn check(text: &str, shown: &[&str], hidden: &[&str], expect: &str) {
        let mut reader = Reader::default();
        let out: Vec<&str> = text.lines().filter_map(|line| reader.line(line)).collect();
        for line in shown {
            assert!(out.contains(line), "{line} is not shown: {out:?}");
        }
        for line in hidden {
            assert!(!out.contains(line), "{line} is shown: {out:?}");
        }
        assert_eq!(reader.counts(), expect);
    }

    #[test]
    fn failures_are_shown_chatter_is_not_and_not_run_is_counted() {
        check(
            PASSED,
            &["test a ... ok"],
            &["chatter", "    a", "not run: no data"],
            "1 passed, 0 failed, 2 not run",
        );
        check(FAILED, &["why it failed", "    b"], &["    a"], "1 passed, 1 failed, 0 not run");
        check("", &[], &[], "0 passed, 0 failed, 0 not run");
    }
}
