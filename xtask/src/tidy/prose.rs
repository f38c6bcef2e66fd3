//! Rules about the words of comments, texts and documents.

use super::{File, Finding, Tree};

/// Idioms that readers stumbled over, with plain words for each. The files of `tidy` may quote
/// them.
const IDIOMS: [(&str, &str); 27] = [
    ("stands in", "is in"),
    ("stand in", "are in"),
    ("stands there", "is there"),
    ("stands behind", "is after"),
    ("stands on", "is on"),
    ("stands for election", "starts an election"),
    ("stand for election", "start an election"),
    ("goes by", "uses"),
    ("go by", "use"),
    ("comes into being", "starts, or: is created"),
    ("come into being", "start, or: are created"),
    ("for good", "permanently"),
    ("comes along", "arrives"),
    ("come along", "arrive"),
    ("of whom", "name the thing and repeat it"),
    ("what became of", "the result of"),
    ("it is done with", "name the thing that ends"),
    ("nobody minds", "say why it is harmless"),
    ("makes the trouble", "name the fault"),
    ("spares its leader", "name the rule"),
    ("is void", "is no longer valid"),
    ("are void", "are no longer valid"),
    ("speaks of", "names"),
    ("that is asked", "name the request"),
    ("whoever", "name the thing"),
    ("strangers", "non-members, or: unknown nodes"),
    ("in this life", "since its start"),
];

/// Files with prose for readers.
const WITH_PROSE: [&str; 4] = ["rs", "md", "html", "raft"];

/// No text uses one of the [`IDIOMS`], also not over the end of a line.
pub(super) fn no_idioms(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| has_prose(file)).flat_map(in_file).collect()
}

/// Whether the rules about words are for this file.
pub(super) fn has_prose(file: &File) -> bool {
    (WITH_PROSE.contains(&file.extension()) || file.path.starts_with("scenarios/"))
        && !file.path.starts_with("xtask/src/tidy/")
}

fn in_file(file: &File) -> Vec<Finding> {
    let (words, starts) = joined(file);
    let mut findings = Vec::new();
    for (idiom, plain) in IDIOMS {
        for (at, _) in words.match_indices(idiom) {
            let letter = |c: char| c.is_alphanumeric();
            if words[..at].ends_with(letter) || words[at + idiom.len()..].starts_with(letter) {
                continue;
            }
            let line = starts.partition_point(|start| *start <= at);
            findings.push(file.finding(line, format!("\"{idiom}\": plainer is: {plain}")));
        }
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// The words of the file in one line and in lower case, without the marks of comments, and where
/// each line starts in it.
pub(super) fn joined(file: &File) -> (String, Vec<usize>) {
    let mut words = String::new();
    let mut starts = Vec::new();
    for line in file.text.lines() {
        starts.push(words.len());
        let text = line.trim().trim_start_matches(['/', '!', '>', '#']).trim_start();
        words.push_str(&text.to_lowercase());
        words.push(' ');
    }
    (words, starts)
}
