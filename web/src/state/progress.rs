//! How far a person is in the lessons, in the storage of the browser.

use std::collections::BTreeSet;

use super::storage;
use crate::lab::LessonInfo;

/// The scenes of one lesson.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Progress {
    /// The scene that was shown last, from 0.
    pub(crate) last: usize,
    /// The scenes that came to their end.
    pub(crate) done: BTreeSet<usize>,
}

impl Progress {
    /// Whether every scene came to its end.
    pub(crate) fn is_complete(&self, lesson: &LessonInfo) -> bool {
        (0..lesson.scenes).all(|scene| self.done.contains(&scene))
    }

    /// Reads `3 0 1 2`: the last scene, then those that are done. Anything else is no progress.
    fn parse(text: &str) -> Self {
        let mut numbers = text.split(' ').map(str::parse);
        let last = numbers.next().and_then(Result::ok).unwrap_or(0);
        Self { last, done: numbers.map_while(Result::ok).collect() }
    }

    fn to_text(&self) -> String {
        let done = self.done.iter().map(|scene| format!(" {scene}"));
        format!("{}{}", self.last, done.collect::<String>())
    }
}

/// The progress in a lesson.
pub(crate) fn of(lesson: &LessonInfo) -> Progress {
    let text = storage().and_then(|storage| storage.get_item(&key(lesson)).ok().flatten());
    text.map_or_else(Progress::default, |text| Progress::parse(&text))
}

/// The scene that was shown last, if the lesson still has it.
pub(crate) fn last_scene(lesson: &LessonInfo) -> usize {
    of(lesson).last.min(lesson.scenes.saturating_sub(1))
}

/// Notes that a scene is shown, and whether it has come to its end.
pub(crate) fn note(lesson: &LessonInfo, scene: usize, is_over: bool) {
    let mut progress = of(lesson);
    progress.last = scene;
    if is_over {
        progress.done.insert(scene);
    }
    if let Some(storage) = storage() {
        // Without room, the lesson begins at its first scene the next time.
        let _ = storage.set_item(&key(lesson), &progress.to_text());
    }
}

fn key(lesson: &LessonInfo) -> String {
    format!("helios-lesson-{}", lesson.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_text_and_back() {
        let progress = Progress { last: 3, done: [0, 1, 12].into() };
        assert_eq!(Progress::parse(&progress.to_text()), progress);
        assert_eq!(Progress::parse("2"), Progress { last: 2, done: BTreeSet::new() });
        for wrong in ["", "x", "-1"] {
            assert_eq!(Progress::parse(wrong), Progress::default(), "{wrong}");
        }
    }
}
