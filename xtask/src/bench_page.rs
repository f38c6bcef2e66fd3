//! The budgets of the page: each file of `tests/bench` measures some of them in a browser, and
//! prints rows.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::Result;
use crate::{browser, npm, page, process, workspace};

/// The task `bench page`. `only` is a part of the name of a file.
pub(crate) fn bench_page(is_quick: bool, only: Option<&str>) -> Result<ExitCode> {
    let browser = browser::ensure()?;
    npm::ensure()?;
    page::build_to_publish()?;
    let mut table = Table::default();
    for file in files()? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if only.is_some_and(|only| !name.contains(only)) {
            continue;
        }
        println!("{name}");
        let mut node = Command::new("node");
        node.arg(&file).args(is_quick.then_some("--quick")).env("CHROME", &browser.chromium);
        let status = process::run_watching(&mut node, |line| table.read(line))?;
        if !status.success() {
            return Err(process::ended_badly(&node, status));
        }
    }
    print!("\n{}", table.text());
    Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The benchmarks, in the order of their names.
fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(workspace::root().join("tests/bench"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What was measured.
#[derive(Default)]
struct Table {
    rows: Vec<Row>,
}

struct Row {
    /// What, value with unit, limit.
    cells: [String; 3],
    /// Whether the value is within its limit; `None`: it has none.
    is_ok: Option<bool>,
}

impl Table {
    /// Reads a line of a benchmark: `row what | value | limit | ok`. Other lines are no rows.
    fn read(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("row ") else { return };
        let mut cells = rest.split('|').map(|cell| cell.trim().to_owned());
        let mut cell = || cells.next().unwrap_or_default();
        let (cells, verdict) = ([cell(), cell(), cell()], cell());
        // A row that cannot be read is not within its limit.
        let is_ok = if verdict == "-" { None } else { Some(verdict == "ok") };
        self.rows.push(Row { cells, is_ok });
    }

    /// Whether something was measured, and all of it is within its limits.
    fn holds(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.is_ok != Some(false))
    }

    fn text(&self) -> String {
        let mut text = "| what | value | limit | ok |\n|---|--:|--:|---|\n".to_owned();
        for Row { cells: [what, value, limit], is_ok } in &self.rows {
            let verdict = is_ok.map_or("", |is_ok| if is_ok { "ok" } else { "OVER" });
            text += &format!("| {what} | {value} | {limit} | {verdict} |\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_over_its_limit_fails_the_benchmark() {
        let mut table = Table::default();
        assert!(!table.holds(), "nothing was measured");
        table.read("# tests 0");
        table.read("row a seek | 80 ms | ≤ 100 ms | ok");
        table.read("row steps | 7 | | -");
        assert_eq!(table.rows.len(), 2);
        assert!(table.holds());
        table.read("row memory | 300 MiB | ≤ 200 MiB | over");
        assert!(!table.holds());
        assert!(table.text().ends_with("| memory | 300 MiB | ≤ 200 MiB | OVER |\n"));
    }

    #[test]
    fn a_row_that_cannot_be_read_fails_the_benchmark() {
        let mut table = Table::default();
        table.read("row a seek | NaN ms");
        assert!(!table.holds());
    }
}
