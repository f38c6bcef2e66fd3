//! Tables for people.

use std::io;

/// Prints rows under their heading, with columns as wide as what is in them.
pub(super) fn print<const COLUMNS: usize>(
    out: &mut dyn io::Write,
    heading: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) -> io::Result<()> {
    let mut widths = heading.map(|name| name.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let rows = rows.iter().map(|row| row.each_ref().map(String::as_str));
    for row in [heading].into_iter().chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            let padding = width + 2 - cell.chars().count();
            line.extend(std::iter::repeat_n(' ', padding));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [["1".to_owned(), "é".to_owned()], ["1000".to_owned(), String::new()]];
        let mut out = Vec::new();
        super::print(&mut out, ["id", "name"], &rows).expect("a vector takes everything");
        assert_eq!(String::from_utf8(out).expect("text"), "id    name\n1     é\n1000\n");
    }
}
