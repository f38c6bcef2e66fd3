//! A lesson that somebody makes of the run on the page: steps at moments, each with a text and
//! perhaps a question.

use std::fmt::Write as _;

use raft_core::Instant;
use raft_script::limits::MAX_LESSON_WORDS;
use raft_script::{LessonStatement, Moment, Session, Statement};
use serde::{Deserialize, Serialize};

/// The most steps of a recorded lesson.
pub(crate) const MAX_STEPS: usize = 100;
/// The most choices of a question.
const MAX_CHOICES: usize = 4;
/// The most bytes of a text.
const MAX_TEXT: usize = 4_000;
/// The width of a comment, in characters.
const WIDTH: usize = 98;

/// A step of a recorded lesson: what it says and asks at a moment of the run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RecordedStep {
    /// Its title.
    pub title: String,
    /// What it says; a blank line parts paragraphs.
    pub text: String,
    /// What it asks; empty: nothing. What the run does next answers it.
    pub question: String,
    /// The possible answers.
    pub choices: Vec<RecordedChoice>,
}

/// A possible answer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RecordedChoice {
    /// The words.
    pub text: String,
    /// It is right if this condition of the language holds when the next step begins, or at the end
    /// of the run.
    pub condition: String,
    /// For a wrong answer: statements, one a line, after which it would be right.
    pub instead: String,
    /// For a wrong answer without such statements: why it can never be right.
    pub never: String,
}

/// A lesson that is being recorded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recording {
    pub(crate) title: String,
    /// What one will know after the lesson.
    pub(crate) about: String,
    pub(crate) steps: Vec<PlacedStep>,
    /// A step that is being written.
    pub(crate) draft: RecordedStep,
}

/// A step, and its place in the run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PlacedStep {
    /// The number of a branch.
    pub(crate) branch: u32,
    pub(crate) moment: Moment,
    /// The time in µs.
    pub(crate) at: u64,
    pub(crate) step: RecordedStep,
}

/// A recorded lesson as the page shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RecordingView {
    /// Its title.
    pub title: String,
    /// What one will know after it.
    pub about: String,
    /// Its steps that are on the live branch, in the order of their moments.
    pub steps: Vec<RecordedStepView>,
    /// The number of steps that are on other branches only: they are no part of the lesson.
    pub elsewhere: usize,
    /// A step that is being written.
    pub draft: RecordedStep,
}

/// A step of a recorded lesson as the page shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RecordedStepView {
    /// Its number, by which it is changed or removed.
    pub number: usize,
    /// The virtual time of its moment.
    pub at: Instant,
    /// The number of steps of the world before it.
    pub steps: u64,
    /// What it says and asks.
    pub step: RecordedStep,
}

impl RecordedStep {
    /// Checks what can be checked without the run.
    ///
    /// # Errors
    /// In words that say what is missing or wrong, and where.
    pub(crate) fn check(&self) -> Result<(), String> {
        words("the title of a step", &self.title)?;
        if self.text.len() > MAX_TEXT {
            return Err(format!("The text of a step has at most {MAX_TEXT} bytes."));
        }
        if self.question.is_empty() {
            return Ok(());
        }
        words("a question", &self.question)?;
        if !(2..=MAX_CHOICES).contains(&self.choices.len()) {
            return Err(format!("A question has 2 to {MAX_CHOICES} answers."));
        }
        self.choices.iter().try_for_each(|choice| choice.statements().map(|_| ()))
    }

    /// The lines of the step: its title, text and question.
    fn write(&self, script: &mut String, before_text: &str) -> Result<(), String> {
        let scene = LessonStatement::Scene { title: self.title.clone(), after: None };
        line(script, scene);
        script.push_str(&comment(&self.text));
        script.push_str(before_text);
        if self.question.is_empty() {
            return Ok(());
        }
        line(script, LessonStatement::Ask(self.question.clone()));
        for choice in &self.choices {
            choice.statements()?.into_iter().for_each(|statement| line(script, statement));
        }
        Ok(())
    }
}

impl RecordedChoice {
    fn statements(&self) -> Result<Vec<LessonStatement>, String> {
        words("an answer", &self.text)?;
        let text = self.text.clone();
        let condition = raft_script::parse_condition(&self.condition)
            .map_err(|error| format!("The answer “{text}”: {error}"))?;
        let mut statements = vec![LessonStatement::Choice { text: text.clone(), condition }];
        for instead in self.instead.lines().filter(|line| !line.trim().is_empty()) {
            let parsed = raft_script::parse_line(instead)
                .map_err(|error| format!("The answer “{text}”: {error}"))?;
            let statement = parsed.filter(|statement| !matches!(statement, Statement::Lesson(_)));
            let refused = || format!("The answer “{text}”: {instead:?} is nothing to carry out.");
            let statement = Box::new(statement.ok_or_else(refused)?);
            statements.push(LessonStatement::Instead(statement));
        }
        match (self.never.trim(), statements.len() > 1) {
            ("", _) => {}
            (_, true) => {
                return Err(format!(
                    "The answer “{text}”: say why it can never be right, or what to do instead, \
                     not both."
                ));
            }
            (never, false) => {
                words("a reason", never)?;
                statements.push(LessonStatement::Never(never.to_owned()));
            }
        }
        Ok(statements)
    }
}

impl Recording {
    /// A title names one step; `number` is the step that gets it, unless it is new.
    pub(crate) fn check_title(
        &self,
        step: &RecordedStep,
        number: Option<usize>,
    ) -> Result<(), String> {
        let mut others = self.steps.iter().enumerate().filter(|(place, _)| Some(*place) != number);
        match others.any(|(_, placed)| placed.step.title == step.title) {
            true => Err(format!("There is a step “{}” already.", step.title)),
            false => Ok(()),
        }
    }

    /// The lesson as a script, of those of its steps, which are in the order of their moments.
    ///
    /// # Errors
    /// In words, when something is missing.
    pub(crate) fn script(&self, steps: &[&PlacedStep], run: &Session) -> Result<String, String> {
        words("the title of the lesson", &self.title)?;
        if steps.is_empty() {
            return Err("The lesson has no step on this branch.".to_owned());
        }
        let moments: Vec<(Moment, Instant)> =
            steps.iter().map(|step| (step.moment, Instant(step.at))).collect();
        let parts = run.export_in_parts(&moments);
        let mut script = parts[0].clone();
        line(&mut script, LessonStatement::Title(self.title.clone()));
        script.push_str(&comment(&self.about));
        // What answers a question is part of the step that asks it.
        let mut asks = false;
        for (place, placed) in steps.iter().enumerate() {
            let way = &parts[place + 1];
            if asks {
                script.push_str(way);
            }
            script.push('\n');
            placed.step.write(&mut script, if asks { "" } else { way })?;
            asks = !placed.step.question.is_empty();
        }
        if asks {
            script.push_str(&parts[steps.len() + 1]);
        }
        Ok(script)
    }
}

fn line(script: &mut String, statement: LessonStatement) {
    writeln!(script, "{}", Statement::Lesson(statement)).expect("a string takes every text");
}

/// Checks a text of one line.
pub(crate) fn words(what: &str, text: &str) -> Result<(), String> {
    match text.trim().len() {
        0 => Err(format!("Write {what} first.")),
        1..=MAX_LESSON_WORDS => Ok(()),
        _ => Err(format!("{what} has at most {MAX_LESSON_WORDS} bytes.")),
    }
}

/// A text as comments, with an empty one between paragraphs.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()) {
        if !lines.is_empty() {
            lines.push_str("#\n");
        }
        let mut open = String::new();
        for word in paragraph.split_whitespace() {
            if !open.is_empty() && open.chars().count() + word.chars().count() >= WIDTH {
                lines.push_str(&format!("#{open}\n"));
                open.clear();
            }
            open.push(' ');
            open.push_str(word);
        }
        lines.push_str(&format!("#{open}\n"));
    }
    lines
}
