//! The lines of earlier runs, in a file of the user's state.

use std::fs;
use std::path::PathBuf;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Editor, Helper};

/// The most lines that are kept.
pub(super) const MOST_LINES: usize = 1_000;

/// Where lines are kept between runs.
pub(in crate::debug) struct KeptLines {
    /// `None`: no line is kept.
    file: Option<PathBuf>,
}

impl KeptLines {
    /// Gives an editor the lines of earlier runs.
    pub(super) fn load<H: Helper>(editor: &mut Editor<H, FileHistory>) -> Self {
        let mut kept = Self { file: file() };
        if let Some(file) = kept.file.as_ref().filter(|file| file.exists())
            && let Err(error) = editor.load_history(file)
        {
            kept.give_up(&error);
        }
        kept
    }

    /// Keeps the lines that the editor has read.
    pub(super) fn keep<H: Helper>(&mut self, editor: &mut Editor<H, FileHistory>) {
        if let Some(file) = &self.file
            && let Err(error) = editor.append_history(file)
        {
            self.give_up(&error);
        }
    }

    /// Says once that no line is kept any more.
    fn give_up(&mut self, error: &ReadlineError) {
        if let Some(file) = self.file.take() {
            eprintln!("helios: lines are not kept in {}: {error}", file.display());
        }
    }
}

/// The file, in the first folder that is there or can be made.
fn file() -> Option<PathBuf> {
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from);
    let states = [folder("XDG_STATE_HOME"), folder("HOME").map(|home| home.join(".local/state"))];
    let states = states.into_iter().flatten().filter(|state| state.is_absolute());
    let mut folders = states.map(|state| state.join("helios"));
    let made = folders.find(|folder| fs::create_dir_all(folder).is_ok());
    made.map(|folder| folder.join("history"))
}
