//! Lessons: scripts that speak, ask, and set goals. The run answers; no answer is written down.

mod rehearsal;
mod statement;

use crate::condition::Condition;
use crate::statement::{Script, SourceLine, Statement};

pub(crate) use self::rehearsal::Rehearsal;
pub use self::statement::{LessonStatement, PanelName, Pointed};

/// The mark that a scene sets.
pub(crate) const SCENE: &str = "scene";
/// The mark that a question sets, and that goals set: the learner's turn begins.
pub(crate) const TURN: &str = "ask";

/// A script as a lesson.
#[derive(Clone, PartialEq, Debug)]
pub struct Lesson {
    /// Its title.
    pub title: String,
    /// The comments between the title and the first scene: what one will know after it.
    pub text: Vec<String>,
    /// The statements before the first scene: the opening of the world, and more.
    pub stage: Vec<Statement>,
    /// Its steps, in order.
    pub scenes: Vec<Scene>,
}

/// A step of a lesson.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scene {
    /// Its title.
    pub title: String,
    /// The number of the earlier scene at whose end it begins; `None`: it begins after the stage of
    /// the lesson.
    pub after: Option<usize>,
    /// What it says first, by paragraphs.
    pub text: Vec<String>,
    /// What is done before the learner has a turn.
    pub stage: Vec<Statement>,
    /// What the learner is to look at.
    pub points: Vec<Pointed>,
    /// The statements that the learner is offered; empty: all.
    pub allowed: Vec<&'static str>,
    /// What the learner is to do; `None`: to read and to look.
    pub task: Option<Task>,
    /// What is done after that: for a question, the run that answers it.
    pub reveal: Vec<Statement>,
    /// What it says in the end, by paragraphs.
    pub conclusion: Vec<String>,
}

/// What a learner is to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Task {
    /// To predict.
    Question {
        /// The question.
        text: String,
        /// The possible answers, in order.
        choices: Vec<LessonChoice>,
    },
    /// To bring something about.
    Goals {
        /// Each of them.
        goals: Vec<Goal>,
        /// One way to them.
        solution: Vec<Statement>,
    },
}

/// A possible answer to a question.
#[derive(Clone, PartialEq, Debug)]
pub struct LessonChoice {
    /// The words.
    pub text: String,
    /// It is right if this holds at the end of the scene.
    pub condition: Condition,
    /// What to do from the question on so that it would be right; empty: see `never`.
    pub instead: Vec<Statement>,
    /// Why it cannot be right.
    pub never: Option<String>,
}

/// Something to bring about.
#[derive(Clone, PartialEq, Debug)]
pub struct Goal {
    /// The words.
    pub text: String,
    /// It is reached once this holds.
    pub condition: Condition,
}

impl Lesson {
    /// The lesson in a script; `None` if the script has no title of one.
    pub fn of(script: &Script) -> Option<Self> {
        let is_title = |line: &SourceLine| {
            matches!(line.statement, Statement::Lesson(LessonStatement::Title(_)))
        };
        script.statements.iter().any(is_title).then(|| {
            let mut lesson = Self {
                title: String::new(),
                text: Vec::new(),
                stage: Vec::new(),
                scenes: Vec::new(),
            };
            let mut texts = Paragraphs::default();
            for line in &script.statements {
                if let Statement::Note(note) = &line.statement {
                    texts.add(note);
                } else {
                    lesson.close_text(&mut texts);
                    lesson.add(&line.statement);
                }
            }
            lesson.close_text(&mut texts);
            lesson
        })
    }

    /// The script of the run up to a scene: its stage is set, and the learner has a turn. What
    /// learners do in the scenes before is done as in their solutions.
    ///
    /// # Panics
    /// If there is no such scene.
    pub fn until(&self, scene: usize) -> Script {
        let mut statements = self.stage.clone();
        for number in self.before(scene) {
            let earlier = &self.scenes[number];
            statements.extend(earlier.until_task());
            if let Some(Task::Goals { solution, .. }) = &earlier.task {
                statements.extend(solution.iter().cloned());
            }
            statements.extend(earlier.reveal.iter().cloned());
        }
        statements.extend(self.scenes[scene].until_task());
        let numbered = statements.into_iter().enumerate();
        let lines = numbered.map(|(place, statement)| SourceLine { number: place + 1, statement });
        Script { statements: lines.collect() }
    }

    /// The numbers of the scenes that led to the beginning of this one, in order.
    fn before(&self, scene: usize) -> Vec<usize> {
        let mut before: Vec<usize> =
            std::iter::successors(self.scenes[scene].after, |number| self.scenes[*number].after)
                .collect();
        before.reverse();
        before
    }

    fn scene(&mut self) -> Option<&mut Scene> {
        self.scenes.last_mut()
    }

    /// Gives the comments since the last statement to what they are about.
    fn close_text(&mut self, texts: &mut Paragraphs) {
        let found = texts.take();
        match self.scenes.last_mut() {
            Some(scene) if scene.task.is_none() => scene.text.extend(found),
            Some(scene) => scene.conclusion.extend(found),
            // Comments before the title are about the file.
            None if self.title.is_empty() => {}
            None => self.text.extend(found),
        }
    }

    fn add(&mut self, statement: &Statement) {
        let Statement::Lesson(lesson) = statement else {
            match self.scene() {
                Some(scene) if scene.task.is_none() => scene.stage.push(statement.clone()),
                Some(scene) => scene.reveal.push(statement.clone()),
                None => self.stage.push(statement.clone()),
            }
            return;
        };
        if let LessonStatement::Title(title) = lesson {
            self.title.clone_from(title);
        } else if let LessonStatement::Scene { title, after } = lesson {
            let named = |after: &String| self.scenes.iter().position(|scene| scene.title == *after);
            let after = match after {
                Some(after) => named(after),
                None => self.scenes.len().checked_sub(1),
            };
            self.scenes.push(Scene { title: title.clone(), after, ..Scene::default() });
        } else if let Some(scene) = self.scene() {
            scene.add(lesson);
        }
    }
}

impl Scene {
    fn until_task(&self) -> impl Iterator<Item = Statement> {
        let mark = |name: &str| Statement::Mark(name.to_owned());
        let turn = self.task.is_some().then(|| mark(TURN));
        std::iter::once(mark(SCENE)).chain(self.stage.iter().cloned()).chain(turn)
    }

    fn add(&mut self, lesson: &LessonStatement) {
        match lesson {
            LessonStatement::Title(_) | LessonStatement::Scene { .. } => {}
            LessonStatement::Point(pointed) => self.points.push(*pointed),
            LessonStatement::Allow(words) => self.allowed.extend(words),
            LessonStatement::Ask(text) => {
                self.task = Some(Task::Question { text: text.clone(), choices: Vec::new() });
            }
            LessonStatement::Choice { text, condition } => {
                if let Some(choices) = self.choices() {
                    choices.push(LessonChoice::new(text, condition));
                }
            }
            LessonStatement::Instead(statement) => {
                if let Some(choice) = self.choices().and_then(|choices| choices.last_mut()) {
                    choice.instead.push(Statement::clone(statement));
                }
            }
            LessonStatement::Never(reason) => {
                if let Some(choice) = self.choices().and_then(|choices| choices.last_mut()) {
                    choice.never = Some(reason.clone());
                }
            }
            LessonStatement::Goal { text, condition } => {
                let goal = Goal { text: text.clone(), condition: condition.clone() };
                match &mut self.task {
                    Some(Task::Goals { goals, .. }) => goals.push(goal),
                    Some(Task::Question { .. }) | None => {
                        self.task = Some(Task::Goals { goals: vec![goal], solution: Vec::new() });
                    }
                }
            }
            LessonStatement::Solve(statement) => {
                if let Some(Task::Goals { solution, .. }) = &mut self.task {
                    solution.push(Statement::clone(statement));
                }
            }
        }
    }

    fn choices(&mut self) -> Option<&mut Vec<LessonChoice>> {
        match &mut self.task {
            Some(Task::Question { choices, .. }) => Some(choices),
            Some(Task::Goals { .. }) | None => None,
        }
    }
}

impl LessonChoice {
    fn new(text: &str, condition: &Condition) -> Self {
        let (text, condition) = (text.to_owned(), condition.clone());
        Self { text, condition, instead: Vec::new(), never: None }
    }
}

/// Comments, joined to paragraphs. A blank line ends one.
#[derive(Default)]
struct Paragraphs {
    done: Vec<String>,
    open: String,
}

impl Paragraphs {
    fn add(&mut self, note: &str) {
        let text = note.trim_start_matches('#').trim();
        if text.is_empty() {
            return self.end();
        }
        if !self.open.is_empty() {
            self.open.push(' ');
        }
        self.open.push_str(text);
    }

    fn end(&mut self) {
        if !self.open.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
    }

    fn take(&mut self) -> Vec<String> {
        self.end();
        std::mem::take(&mut self.done)
    }
}

#[cfg(test)]
mod tests;
