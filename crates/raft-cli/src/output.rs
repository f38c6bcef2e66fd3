//! Buffered standard output, and commands for a shell. A closed pipe is an error and not a panic.

use std::io::{self, BufWriter, Write};

/// Calls `write` with standard output, then flushes it.
pub(crate) fn to_stdout<T>(write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut out = BufWriter::new(io::stdout().lock());
    let result = write(&mut out)?;
    out.flush()?;
    Ok(result)
}

/// The name of a file, quoted for a shell.
pub(crate) fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

/// The commands that play a script again and open it in the page.
pub(crate) fn print_commands(script: &str, out: &mut dyn Write) -> io::Result<()> {
    let script = quoted(script);
    writeln!(out, "replay: helios run {script}")?;
    writeln!(out, "open:   helios open {script}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_for_a_shell() {
        assert_eq!(quoted("a/b-1.helios"), "a/b-1.helios");
        assert_eq!(quoted("it's here"), "'it'\\''s here'");
    }
}
