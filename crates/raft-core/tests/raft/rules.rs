//! The page "Figure 2 → function" (`src/rules.rs`).

use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `node/commit.rs`: `commit`, `propose` → (file, function), for each function.
fn functions_of(row: &str) -> Vec<(String, String)> {
    let mut file = None;
    let mut found = Vec::new();
    for word in row.split('`').skip(1).step_by(2) {
        let is_function = word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '2');
        if word.ends_with(".rs") {
            file = Some(word.to_owned());
        } else if is_function && let Some(file) = &file {
            found.push((file.clone(), word.to_owned()));
        }
    }
    found
}

/// Every function that the page names is in the file that it names.
#[test]
fn the_page_of_rules_names_functions_that_exist() {
    let page = read(&source().join("rules.rs"));
    let rows = page.lines().filter(|line| line.starts_with("//! |"));
    let named: Vec<_> = rows.flat_map(functions_of).collect();
    assert!(named.len() > 60, "{} functions", named.len());
    for (file, function) in named {
        let code = read(&source().join(&file));
        let is_there = ["(", "<"].iter().any(|end| code.contains(&format!("fn {function}{end}")));
        assert!(is_there, "{file} has no function {function}");
    }
}
