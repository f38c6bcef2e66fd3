//! Lists the scenarios of `scenarios/`, the lessons of `lessons/` and the words of the glossary, so
//! that adding a file or a word is all it takes to offer it. The texts of lessons are not in the
//! list: the page loads one when it is opened.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folders of lessons, in their order.
const TRACKS: [&str; 4] = ["student", "practice", "detective", "misconceptions"];

fn main() {
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        // `cargo xtask parts` moves functions to other modules, with all that refers to them.
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&root).join("..");
    write("scenarios.rs", &scenarios(&scripts(&root.join("scenarios"))));
    let mut list = String::from("/// By track, in the order of their files' names.\n");
    list.push_str("pub(crate) static LESSONS: &[LessonInfo] = &[\n");
    for track in TRACKS {
        let files = scripts(&root.join("lessons").join(track));
        files.iter().for_each(|file| list.push_str(&lesson(track, file)));
    }
    list.push_str("];\n");
    write("lessons.rs", &list);
    write("glossary.rs", &glossary(&root.join("lessons/glossary.txt")));
}

/// Every form of a word of the glossary, in lower case, with that word; the longest first.
fn glossary(file: &Path) -> String {
    println!("cargo::rerun-if-changed={}", file.display());
    let (_, text) = text_of(file);
    let heads = text.split("\n\n").filter_map(|entry| entry.trim().lines().next());
    let mut forms: Vec<(String, &str)> = heads
        .flat_map(|head| {
            let word = head.split(", ").next().unwrap_or(head);
            head.split(", ").map(move |form| (form.to_lowercase(), word))
        })
        .collect();
    forms.sort_by_key(|(form, _)| (std::cmp::Reverse(form.len()), form.clone()));
    format!("pub(super) static FORMS: &[(&str, &str)] = &{forms:?};\n")
}

/// The scripts of a folder, in the order of their names.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    // A path that does not exist would have cargo compile the page again and again.
    let watched = if folder.exists() { folder } else { folder.parent().expect("it has one") };
    println!("cargo::rerun-if-changed={}", watched.display());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "helios"));
    files.sort();
    files.iter().for_each(|file| println!("cargo::rerun-if-changed={}", file.display()));
    files
}

fn text_of(file: &Path) -> (String, String) {
    let text = fs::read_to_string(file).expect("a script is a text file");
    let name = file.file_stem().and_then(|name| name.to_str()).expect("names are plain");
    (name.to_owned(), text)
}

fn write(name: &str, list: &str) {
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join(name), list).expect("the build folder is writable");
}

/// A lesson's row: its title, the comments after it, and the number of its scenes.
fn lesson(track: &str, file: &Path) -> String {
    let (name, text) = text_of(file);
    let mut lines = text.lines().skip_while(|line| !line.starts_with("lesson "));
    let title = lines.next().and_then(|line| line.split('"').nth(1)).unwrap_or("Without a title");
    let about: Vec<&str> = lines.map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
    let scenes = text.lines().filter(|line| line.starts_with("scene ")).count();
    format!(
        "    LessonInfo {{ track: {track:?}, name: {name:?}, title: {title:?}, about: {:?}, \
         scenes: {scenes} }},\n",
        about.join(" ")
    )
}

fn scenarios(files: &[PathBuf]) -> String {
    let mut list = String::from("/// In the order of their files' names.\n");
    list.push_str("pub(crate) static SCENARIOS: &[Scenario] = &[\n");
    for file in files {
        let (name, text) = text_of(file);
        let (title, story) = header(&text);
        writeln!(
            list,
            "    Scenario {{ name: {name:?}, title: {title:?}, story: {story:?}, text: {text:?} }},"
        )
        .expect("a string takes all");
    }
    list.push_str("];\n");
    list
}

/// The first comment line, and the comment lines that follow it directly as one text.
fn header(text: &str) -> (String, String) {
    let mut lines = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    let title = lines.next().unwrap_or("Without a title").trim_end_matches('.').to_owned();
    let story: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    (title, story.join(" "))
}
