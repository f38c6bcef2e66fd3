//! A rule about the sections that comments, texts and documents name.

use super::prose::{has_prose, joined};
use super::{File, Finding, Tree};

/// Sections of the Raft paper (extended version). One that is named for the first time is looked up
/// there and added.
const PAPER: [&str; 16] = [
    "1", "2", "5", "5.1", "5.2", "5.3", "5.4", "5.4.1", "5.4.2", "5.4.3", "5.5", "5.6", "6", "7",
    "8", "9.3",
];

/// Sections of the dissertation, likewise.
const DISSERTATION: [&str; 14] = [
    "3.10", "4.1", "4.2", "4.2.1", "4.2.2", "4.2.3", "5.1.2", "6.2", "6.3", "6.4", "6.4.1", "9.6",
    "10.2.1", "10.2.2",
];

/// Each section that a text names is in the lists. A number alone may be of either work, as in
/// "dissertation §6.2, §4.2.3".
pub(super) fn sections_exist(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| has_prose(file)).flat_map(in_file).collect()
}

fn in_file(file: &File) -> Vec<Finding> {
    let (words, starts) = joined(file);
    let unknown = |(at, sign): (usize, &str)| {
        let number = words[at + sign.len()..].split(|c: char| !c.is_ascii_digit() && c != '.');
        let number = number.map(|number| number.trim_end_matches('.')).next()?;
        let (paper, dissertation) = (PAPER.contains(&number), DISSERTATION.contains(&number));
        let is_known = match words[..at].split_whitespace().next_back() {
            Some(work) if work.ends_with("dissertation") => dissertation,
            Some(work) if work.ends_with("raft") => paper,
            Some(_) | None => paper || dissertation,
        };
        let line = starts.partition_point(|start| *start <= at);
        let advice = format!("§{number} is not in the list of `sections.rs`: look it up");
        (!is_known && !number.is_empty()).then(|| file.finding(line, advice))
    };
    words.match_indices('§').filter_map(unknown).collect()
}
