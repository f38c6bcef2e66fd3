//! Runs the `helios` command.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Runs it with arguments and nothing to read.
pub(crate) fn helios(arguments: &[&str]) -> Output {
    helios_with_input(arguments, "")
}

/// Runs it with arguments and something to read.
pub(crate) fn helios_with_input(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_helios"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The exit code.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

/// What it printed.
pub(crate) fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}
