//! The lines that a person types at a prompt, or that another program writes.

mod history;

use std::cell::RefCell;
use std::io::{self, IsTerminal as _};
use std::rc::Rc;

use raft_lab::Lab;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use self::history::{KeptLines, MOST_LINES};

/// Standard input.
pub(super) enum Lines {
    /// A terminal: with a prompt, a history and completion.
    Terminal(Box<Editor<Completion, FileHistory>>, KeptLines),
    /// Anything else.
    Plain,
}

impl Lines {
    /// Standard input; a terminal completes the commands of this lab.
    pub(super) fn of_input(lab: &Rc<RefCell<Lab>>) -> io::Result<Self> {
        if !io::stdin().is_terminal() {
            return Ok(Self::Plain);
        }
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .auto_add_history(true)
            .max_history_size(MOST_LINES)
            .map_err(of_editor)?
            .build();
        let history = FileHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(of_editor)?;
        editor.set_helper(Some(Completion { lab: lab.clone() }));
        let kept = KeptLines::load(&mut editor);
        Ok(Self::Terminal(Box::new(editor), kept))
    }

    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(..))
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self, prompt: &str) -> io::Result<Option<String>> {
        match self {
            Self::Plain => io::stdin().lines().next().transpose(),
            Self::Terminal(editor, kept) => loop {
                match editor.readline(prompt) {
                    Ok(line) => {
                        kept.keep(editor);
                        return Ok(Some(line));
                    }
                    // Ctrl-C drops what is typed.
                    Err(ReadlineError::Interrupted) => {}
                    Err(ReadlineError::Eof) => return Ok(None),
                    Err(error) => return Err(of_editor(error)),
                }
            },
        }
    }
}

fn of_editor(error: ReadlineError) -> io::Error {
    if let ReadlineError::Io(error) = error { error } else { io::Error::other(error) }
}

/// Completes a line from the language.
pub(super) struct Completion {
    lab: Rc<RefCell<Lab>>,
}

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(candidates(&self.lab.borrow(), &line[..at]))
    }
}

/// Where the word at the end of a text begins, and the words that it may become.
fn candidates(lab: &Lab, text: &str) -> (usize, Vec<Pair>) {
    let begins = text.trim_end_matches(|c: char| !c.is_whitespace()).len();
    let offers = lab.complete(text).into_iter();
    let pairs = offers.map(|offer| {
        let display = format!("{}  {}", offer.text, offer.help);
        Pair { display, replacement: offer.text }
    });
    (begins, pairs.collect())
}

impl Hinter for Completion {
    type Hint = String;
}

impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}

#[cfg(test)]
mod tests;
