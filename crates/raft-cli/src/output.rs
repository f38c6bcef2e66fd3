//! Buffered standard output. A closed pipe is an error and not a panic.

use std::io::{self, BufWriter, Write};

/// Calls `write` with standard output, then flushes it.
pub(crate) fn to_stdout<T>(write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut out = BufWriter::new(io::stdout().lock());
    let result = write(&mut out)?;
    out.flush()?;
    Ok(result)
}
