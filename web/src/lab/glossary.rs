//! The words of the field, from the file `lessons/glossary.txt` beside the program: each has a
//! meaning, and a scene of a lesson that shows it.

use super::lessons::{LESSONS, LessonInfo, load};

/// The file, beside the program.
const PATH: &str = "lessons/glossary.txt";

/// A word of the field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct GlossaryEntry {
    /// The word.
    pub(crate) word: String,
    /// Other forms of it.
    pub(crate) forms: Vec<String>,
    /// The meaning, in one or two sentences.
    pub(crate) meaning: String,
    /// The lesson that shows it.
    pub(crate) lesson: &'static LessonInfo,
    /// The title of the scene.
    pub(crate) scene: String,
}

impl GlossaryEntry {
    /// Whether the word, one of its forms or its meaning has these words, in lower case.
    pub(crate) fn has(&self, words: &str) -> bool {
        let mut texts = std::iter::once(&self.word).chain(&self.forms).chain([&self.meaning]);
        texts.any(|text| text.to_lowercase().contains(words))
    }
}

/// Loads the words, in alphabetical order.
///
/// # Errors
/// In words, if the file cannot be loaded.
pub(crate) async fn glossary() -> Result<Vec<GlossaryEntry>, String> {
    let text =
        load(PATH).await.map_err(|reason| format!("The words cannot be loaded: {reason}."))?;
    Ok(read(&text))
}

/// Entries are parted by blank lines; what is no entry is left out.
fn read(text: &str) -> Vec<GlossaryEntry> {
    let mut entries: Vec<GlossaryEntry> = text.split("\n\n").filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.word.to_lowercase());
    entries
}

/// The forms in one line, the meaning in the lines after it, and last `run: track/lesson: scene`.
fn entry(text: &str) -> Option<GlossaryEntry> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut forms = lines.next()?.split(", ").map(str::to_owned);
    let word = forms.next()?;
    let lines: Vec<&str> = lines.collect();
    let (run, meaning) = lines.split_last()?;
    let (path, scene) = run.strip_prefix("run: ")?.split_once(": ")?;
    let (track, name) = path.split_once('/')?;
    let lesson = LESSONS.iter().find(|lesson| lesson.track == track && lesson.name == name)?;
    Some(GlossaryEntry {
        word,
        forms: forms.collect(),
        meaning: meaning.join(" "),
        lesson,
        scene: scene.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../../lessons/glossary.txt");

    #[test]
    fn every_entry_is_read() {
        let entries = read(TEXT);
        assert_eq!(
            entries.len(),
            TEXT.split("\n\n").filter(|text| !text.trim().is_empty()).count()
        );
        assert!(entries.len() > 80);
        assert!(entries.iter().all(|entry| entry.meaning.len() <= 240));
        let term = entries.iter().find(|entry| entry.word == "term").expect("an entry");
        assert!(term.has("terms") && !term.has("snapshot"), "{term:?}");
    }

    #[test]
    fn what_is_no_entry_is_left_out() {
        for text in ["", "word", "word\nmeaning", "word\nmeaning\nrun: student/00-none: Scene"] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
