//! The numbers of passed and failed tests, read from the output of the runners.

/// The tests of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Counts {
    /// Adds the numbers in a line of output; most lines have none.
    ///
    /// Reads the last line of Rust's test runner, which `wasm-bindgen-test-runner` prints too, and
    /// the last lines of `node --test`.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some((_, rest)) = line.split_once("test result: ") {
            self.read_rust(rest);
        } else if let Some(rest) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
            self.read_node(rest);
        }
    }

    /// `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`
    fn read_rust(&mut self, rest: &str) {
        for part in rest.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    /// `pass 12`, `fail 0`, `cancelled 0`, `skipped 1`
    fn read_node(&mut self, rest: &str) {
        let Some((what, number)) = rest.split_once(' ') else { return };
        let Ok(number) = number.parse::<u64>() else { return };
        match what {
            "pass" => self.passed += number,
            // A cancelled test shows nothing.
            "fail" | "cancelled" => self.failed += number,
            "skipped" | "todo" => self.ignored += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn counts(output: &str) -> Counts {
        let mut counts = Counts::default();
        output.lines().for_each(|line| counts.read(line));
        counts
    }

    #[test]
    fn rust_results_add_up() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: FAILED. 40 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; \
            finished in 0.12s\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 filtered out\n";
        assert_eq!(counts(output), Counts { passed: 42, failed: 2, ignored: 1 });
    }

    #[test]
    fn node_results_are_read_from_both_reporters() {
        let spec = "ℹ tests 9\nℹ suites 1\nℹ pass 5\nℹ fail 1\nℹ cancelled 2\nℹ skipped 1\n";
        assert_eq!(counts(spec), Counts { passed: 5, failed: 3, ignored: 1 });
        assert_eq!(counts("# pass 5\n# fail 1\n"), Counts { passed: 5, failed: 1, ignored: 0 });
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(counts("12 passed; 3 failed\n# passing 3\npass 4\n"), Counts::default());
    }
}
