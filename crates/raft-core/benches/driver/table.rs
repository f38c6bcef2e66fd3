//! Plain tables on standard output, row by row as they are measured.

/// A table with a heading; every column is aligned to the right.
#[derive(Debug)]
pub(crate) struct Table {
    widths: Vec<usize>,
}

impl Table {
    /// Prints the heading.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let widths = columns.iter().map(|column| column.chars().count().max(9)).collect();
        let table = Self { widths };
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        table.row(&columns);
        table
    }

    /// Prints a row.
    pub(crate) fn row(&self, cells: &[String]) {
        let aligned: Vec<String> =
            self.widths.iter().zip(cells).map(|(width, cell)| format!("{cell:>width$}")).collect();
        println!("{}", aligned.join("  "));
    }
}

/// `1234567` as `1,234,567`; the fraction is dropped.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
