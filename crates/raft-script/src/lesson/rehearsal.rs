//! A lesson without a learner: whether its questions have answers, and its goals can be reached.

use super::{LessonChoice, LessonStatement};
use crate::condition::Condition;
use crate::outcome::{ExecError, FailedStatement};
use crate::session::{Session, Started, Stepped};
use crate::statement::{SourceLine, Statement};

/// What is open in the present scene.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    question: Option<Question>,
    goals: Vec<OpenGoal>,
}

#[derive(Debug)]
struct Question {
    line: SourceLine,
    /// The session when it was asked.
    asked: Box<Session>,
    choices: Vec<(SourceLine, LessonChoice)>,
}

#[derive(Debug)]
struct OpenGoal {
    line: SourceLine,
    condition: Condition,
    is_reached: bool,
}

impl Rehearsal {
    /// Notes what a statement of a lesson asks for, after it was carried out.
    ///
    /// # Errors
    /// If it is a goal that is reached already.
    pub(crate) fn add(
        &mut self,
        line: &SourceLine,
        lesson: &LessonStatement,
        session: &Session,
    ) -> Result<(), FailedStatement> {
        match lesson {
            LessonStatement::Ask(_) => {
                let asked = Box::new(session.clone());
                self.question = Some(Question { line: line.clone(), asked, choices: Vec::new() });
            }
            LessonStatement::Choice { text, condition } => {
                let choice = LessonChoice::new(text, condition);
                if let Some(question) = &mut self.question {
                    question.choices.push((line.clone(), choice));
                }
            }
            LessonStatement::Instead(statement) => {
                if let Some(choice) = self.last_choice() {
                    choice.instead.push(Statement::clone(statement));
                }
            }
            LessonStatement::Never(reason) => {
                if let Some(choice) = self.last_choice() {
                    choice.never = Some(reason.clone());
                }
            }
            LessonStatement::Goal { condition, .. } => {
                let condition = condition.clone();
                let is_reached = session.holds(&condition);
                if is_reached {
                    let expected = format!("a goal that is not reached yet: {condition}");
                    return Err(failed(line, expected, "it holds already".to_owned()));
                }
                self.goals.push(OpenGoal { line: line.clone(), condition, is_reached });
            }
            LessonStatement::Title(_)
            | LessonStatement::Scene { .. }
            | LessonStatement::Point(_)
            | LessonStatement::Allow(_)
            | LessonStatement::Solve(_) => {}
        }
        Ok(())
    }

    /// Notes the goals that are reached now.
    pub(crate) fn observe(&mut self, session: &Session) {
        for goal in &mut self.goals {
            goal.is_reached |= session.holds(&goal.condition);
        }
    }

    /// Whether the present scene is about a broken property, and one is broken as it says.
    pub(crate) fn accepts_violation(&self, session: &Session) -> bool {
        let mut goals = self.goals.iter();
        let choices = self.question.iter().flat_map(|question| &question.choices);
        let mut right = choices.filter(|(_, choice)| session.holds(&choice.condition));
        goals.any(|goal| goal.is_reached && goal.condition.is_of_violations())
            || right.any(|(_, choice)| choice.condition.is_of_violations())
    }

    /// Ends the scene.
    ///
    /// # Errors
    /// If a goal was not reached, no choice holds, or a choice that does not hold has no run in
    /// which it would.
    pub(crate) fn end(&mut self, session: &Session) -> Result<(), FailedStatement> {
        let Self { question, goals } = std::mem::take(self);
        if let Some(open) = goals.iter().find(|goal| !goal.is_reached) {
            let found = session.found(&open.condition);
            return Err(failed(&open.line, open.condition.to_string(), found));
        }
        question.map_or(Ok(()), |question| question.end(session))
    }

    fn last_choice(&mut self) -> Option<&mut LessonChoice> {
        self.question.as_mut()?.choices.last_mut().map(|(_, choice)| choice)
    }
}

impl Question {
    fn end(&self, session: &Session) -> Result<(), FailedStatement> {
        let holds = |(_, choice): &&(SourceLine, LessonChoice)| session.holds(&choice.condition);
        if !self.choices.iter().any(|choice| holds(&choice)) {
            let found = self.choices.iter().map(|(_, choice)| session.found(&choice.condition));
            let found = found.collect::<Vec<_>>().join("; ");
            return Err(failed(&self.line, "a choice that holds".to_owned(), found));
        }
        self.choices.iter().try_for_each(|choice| {
            let (line, choice) = (&choice.0, &choice.1);
            match (session.holds(&choice.condition), &choice.never) {
                (true, None) if choice.instead.is_empty() => Ok(()),
                (true, _) => {
                    let expected = "neither `instead` nor `never`: it holds".to_owned();
                    Err(failed(line, expected, "one of them".to_owned()))
                }
                (false, None) if choice.instead.is_empty() => {
                    let found = session.found(&choice.condition);
                    let expected = format!("`instead` or `never`, or {}", choice.condition);
                    Err(failed(line, expected, found))
                }
                (false, None) => self.play(line, choice),
                (false, Some(_)) if choice.instead.is_empty() => Ok(()),
                (false, Some(_)) => {
                    let expected = "`instead` or `never`".to_owned();
                    Err(failed(line, expected, "both".to_owned()))
                }
            }
        })
    }

    /// Plays the run in which a choice would be right.
    fn play(&self, line: &SourceLine, choice: &LessonChoice) -> Result<(), FailedStatement> {
        let mut session = Session::clone(&self.asked);
        for statement in &choice.instead {
            carry_out(&mut session, statement).map_err(|error| FailedStatement::at(line, error))?;
        }
        if session.holds(&choice.condition) {
            return Ok(());
        }
        let expected = format!("{} after its `instead`", choice.condition);
        Err(failed(line, expected, session.found(&choice.condition)))
    }
}

fn carry_out(session: &mut Session, statement: &Statement) -> Result<(), ExecError> {
    if let Started::Done(_) = session.start(statement)? {
        return Ok(());
    }
    loop {
        match session.step() {
            Stepped::Event => {}
            Stepped::Finished(result) => return result.map(|_| ()),
            Stepped::Nothing => return Ok(()),
        }
    }
}

fn failed(line: &SourceLine, expected: String, found: String) -> FailedStatement {
    FailedStatement::at(line, ExecError::Expectation { expected, found })
}
