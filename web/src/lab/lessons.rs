//! The lessons of the folder `lessons/`: the build script lists them, and their texts are files
//! beside the program.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::worker::beside_program;

/// A lesson, without its text.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct LessonInfo {
    /// The folder.
    pub(crate) track: &'static str,
    /// The file's name without its ending.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What one will know after it.
    pub(crate) about: &'static str,
    /// The number of its scenes.
    pub(crate) scenes: usize,
}

include!(concat!(env!("OUT_DIR"), "/lessons.rs"));

/// The tracks and their names.
pub(crate) const TRACKS: [(&str, &str); 4] = [
    ("student", "Student"),
    ("practice", "Practice"),
    ("detective", "Detective: six cases"),
    ("misconceptions", "Misconceptions, each with a run that refutes it"),
];

impl LessonInfo {
    /// The lesson after it.
    pub(crate) fn next(&self) -> Option<&'static Self> {
        let place = LESSONS.iter().position(|lesson| lesson == self)?;
        LESSONS.get(place + 1)
    }

    /// Loads its text.
    ///
    /// # Errors
    /// In words, if the file cannot be loaded.
    pub(crate) async fn text(&self) -> Result<String, String> {
        let path = format!("lessons/{}/{}.helios", self.track, self.name);
        load(&path).await.map_err(|reason| format!("The lesson cannot be loaded: {reason}."))
    }
}

/// Loads a file that is beside the program.
///
/// # Errors
/// In words, if it cannot be loaded.
pub(super) async fn load(path: &str) -> Result<String, String> {
    let window = web_sys::window().ok_or("there is no browser here")?;
    let unreachable = |_| "the server cannot be reached".to_owned();
    let answer = window.fetch_with_str(&beside_program(path)?);
    let answer = JsFuture::from(answer).await.map_err(unreachable)?;
    let answer: Response = answer.dyn_into().map_err(unreachable)?;
    if !answer.ok() {
        return Err(format!("the server answers {} to {path}", answer.status()));
    }
    let text = JsFuture::from(answer.text().map_err(unreachable)?).await.map_err(unreachable)?;
    text.as_string().ok_or_else(|| "it is no text".to_owned())
}
