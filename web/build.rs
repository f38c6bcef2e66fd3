//! Lists the scenarios of `scenarios/`, so that adding a file is all it takes to offer it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let folder = Path::new(&root).join("../scenarios");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "helios"));
    files.sort();
    let mut list = String::from("/// In the order of their files' names.\n");
    list.push_str("pub(crate) static SCENARIOS: &[Scenario] = &[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(file).expect("a scenario is a text file");
        let name = file.file_stem().and_then(|name| name.to_str()).expect("names are plain");
        let (title, story) = header(&text);
        writeln!(
            list,
            "    Scenario {{ name: {name:?}, title: {title:?}, story: {story:?}, text: {text:?} }},"
        )
        .expect("a string takes all");
    }
    list.push_str("];\n");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("scenarios.rs"), list).expect("the build folder is writable");
}

/// The first comment line, and the comment lines that follow it directly as one text.
fn header(text: &str) -> (String, String) {
    let mut lines = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    let title = lines.next().unwrap_or("Without a title").trim_end_matches('.').to_owned();
    let story: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    (title, story.join(" "))
}
