//! A lesson in a lab: its scenes, one after the other. Each begins with the lesson's own run, so
//! nothing that a learner did before can spoil it.

use std::rc::Rc;

use raft_core::Instant;
use raft_script::{
    BranchId, Lesson, LessonChoice, Moment, Place, Scene, Session, SourceLine, Statement, Task,
};

use raft_sim::World;

use super::{Lab, LabError, Queued, key_moment};
use crate::ConsoleKind;
use crate::lesson::{
    ChoiceView, GoalView, InsteadView, LessonTurn, LessonView, PointView, TaskView,
};

/// The lesson of a lab.
pub(super) struct LessonRun {
    lesson: Rc<Lesson>,
    scene: usize,
    turn: LessonTurn,
    /// The branch, the moment and the time in which the learner's turn began.
    turn_at: Option<(BranchId, Moment, Instant)>,
    chosen: Option<usize>,
    /// The choices that are right, or the goals that were reached.
    holds: Vec<bool>,
    /// Whether the lab shows a way to the goals.
    is_shown: bool,
    /// With how many statements of the learner the goals were reached.
    given: Option<usize>,
    /// The branch that answered.
    answered: Option<BranchId>,
    instead: Option<InsteadView>,
}

impl Lab {
    /// A lab in memory at the first scene of a lesson. Its stage is set as fast as the machine
    /// allows.
    ///
    /// # Errors
    /// With the line and the place, when the text is no script, has no lesson with a scene, or its
    /// cluster cannot be made.
    pub fn lesson(text: &str) -> Result<Self, LabError> {
        let script =
            raft_script::parse(text).map_err(|error| LabError::Script(error.to_string()))?;
        let lesson = Lesson::of(&script).filter(|lesson| !lesson.scenes.is_empty());
        let no_lesson = || LabError::Script("the script is no lesson with a scene".to_owned());
        Self::at_scene(Rc::new(lesson.ok_or_else(no_lesson)?), 0)
    }

    fn at_scene(lesson: Rc<Lesson>, scene: usize) -> Result<Self, LabError> {
        let script = lesson.until(scene);
        let (session, rest) =
            Session::open(&script).map_err(|error| LabError::Script(error.to_string()))?;
        let queue = key_moment::queue(rest);
        let mut lab = Self::new(session, None);
        lab.queue = queue;
        let tasks = match &lesson.scenes[scene].task {
            Some(Task::Question { choices, .. }) => choices.len(),
            Some(Task::Goals { goals, .. }) => goals.len(),
            None => 0,
        };
        lab.lesson = Some(LessonRun {
            lesson,
            scene,
            turn: LessonTurn::Stage,
            turn_at: None,
            chosen: None,
            holds: vec![false; tasks],
            is_shown: false,
            given: None,
            answered: None,
            instead: None,
        });
        lab.pacer.hurry();
        Ok(lab)
    }

    /// Begins a scene of the lesson, from 0, whatever was done before.
    ///
    /// # Errors
    /// If the lab has no lesson, or the lesson no such scene.
    pub fn show_scene(&mut self, scene: usize) -> Result<(), String> {
        let run = self.lesson.as_ref().ok_or(NO_LESSON)?;
        let lesson = run.lesson.clone();
        if scene >= lesson.scenes.len() {
            return Err(format!("the lesson has {} scenes", lesson.scenes.len()));
        }
        let title = lesson.scenes[scene].title.clone();
        let lab = Self::at_scene(lesson, scene).map_err(|error| error.to_string())?;
        self.replace(lab);
        self.say(ConsoleKind::Info, format!("Scene {}: {title}", scene + 1));
        Ok(())
    }

    /// Chooses an answer, from 0: the run answers then.
    ///
    /// # Errors
    /// If it is not the learner's turn, or there is no such choice.
    pub fn choose(&mut self, choice: usize) -> Result<(), String> {
        let run = self.lesson.as_mut().ok_or(NO_LESSON)?;
        let Some(Task::Question { choices, .. }) = &run.scene().task else {
            return Err("this scene asks nothing".to_owned());
        };
        if run.turn != LessonTurn::Learner {
            return Err("the question is not open".to_owned());
        }
        if choice >= choices.len() {
            return Err(format!("there are {} choices", choices.len()));
        }
        run.chosen = Some(choice);
        self.back_to_turn()?;
        self.reveal();
        Ok(())
    }

    /// Goes a way to the goals, from the beginning of the learner's turn on.
    ///
    /// # Errors
    /// If it is not the learner's turn, or the scene has no goals.
    pub fn show_solution(&mut self) -> Result<(), String> {
        let run = self.lesson.as_mut().ok_or(NO_LESSON)?;
        let Some(Task::Goals { solution, .. }) = &run.scene().task else {
            return Err("this scene has no goals".to_owned());
        };
        if run.turn != LessonTurn::Learner {
            return Err("the goals are not open".to_owned());
        }
        let solution = solution.clone();
        run.is_shown = true;
        run.holds.fill(false);
        self.back_to_turn()?;
        self.play_statements(&solution);
        Ok(())
    }

    /// Plays a run in which a choice would be right, as a branch from the question on.
    ///
    /// # Errors
    /// If the scene is not over, or there is no such run.
    pub fn show_instead(&mut self, choice: usize) -> Result<(), String> {
        let run = self.lesson.as_mut().ok_or(NO_LESSON)?;
        let found = run.choice(choice).filter(|found| !found.instead.is_empty());
        let statements = found.ok_or("there is no such run")?.instead.clone();
        if run.turn != LessonTurn::Over {
            return Err("the run has not answered yet".to_owned());
        }
        self.back_to_turn()?;
        if let Some(run) = &mut self.lesson {
            run.instead = Some(InsteadView { choice, is_over: false });
        }
        self.play_statements(&statements);
        Ok(())
    }

    /// Shows the run that answered again.
    ///
    /// # Errors
    /// If another one is not shown.
    pub fn leave_instead(&mut self) -> Result<(), String> {
        let run = self.lesson.as_mut().ok_or(NO_LESSON)?;
        let answered = run.answered.filter(|_| run.instead.take().is_some());
        self.switch_to(answered.ok_or("this is the run that answered")?.number())
    }

    /// Why a person cannot act now: what the lesson plays would become another run.
    ///
    /// # Errors
    /// While it sets the stage, or the run answers.
    pub(super) fn give_way_to_lesson(&self) -> Result<(), String> {
        match self.lesson.as_ref().map(|run| run.turn) {
            Some(LessonTurn::Stage) => Err("the stage is being set: wait for its end".to_owned()),
            Some(LessonTurn::Reveal) => {
                Err("the run answers: wait for its end, or begin the step again".to_owned())
            }
            Some(LessonTurn::Learner | LessonTurn::Over) | None => Ok(()),
        }
    }

    /// Whether the stage of a scene is being set.
    pub(super) fn sets_stage(&self) -> bool {
        self.lesson.as_ref().is_some_and(|run| run.turn == LessonTurn::Stage)
    }

    /// Goes to the end of what the lesson plays, as fast as the machine allows.
    pub fn hurry(&mut self) {
        if self.is_waiting() {
            self.forget_past();
            self.pacer.hurry();
            self.changed();
        }
    }

    /// Ends the lesson. The run stays.
    pub fn leave_lesson(&mut self) {
        self.lesson = None;
        self.changed();
    }

    /// Notes the goals that are reached; if that is all of them, the scene goes on. To be called
    /// after anything that may have changed the live branch.
    pub(super) fn observe_goals(&mut self) {
        let Some(run) = self.lesson.as_mut().filter(|run| run.turn == LessonTurn::Learner) else {
            return;
        };
        let Some(Task::Goals { goals, .. }) = &run.lesson.scenes[run.scene].task else { return };
        let head = self.branches.head(self.live);
        for (goal, holds) in goals.iter().zip(&mut run.holds) {
            *holds |= head.holds(&goal.condition);
        }
        if run.holds.iter().all(|holds| *holds) {
            let before = run.turn_at.map_or(0, |(turn, moment, _)| {
                self.branches.shared_lines(self.live, Place { branch: turn, moment })
            });
            let given = head.journal().iter().skip(before);
            run.given = Some(given.filter(|line| line.statement.acts()).count());
            self.branches.cancel(self.live);
            self.dismiss_listeners("the goals are reached");
            self.pacer.set_running(false, false);
            self.reveal();
        }
    }

    /// Gives the turn to the next one, if the last has had it. To be called after anything that may
    /// have changed the world.
    pub(super) fn follow_lesson(&mut self) {
        if self.is_waiting() && self.session().checks().violation().is_none() {
            return;
        }
        let (live, moment, now) =
            (self.live, self.session().moment(), self.session().world().now());
        let Some(run) = &mut self.lesson else { return };
        match run.turn {
            LessonTurn::Stage => {
                run.turn_at = Some((live, moment, now));
                run.turn = match run.scene().task {
                    Some(_) => LessonTurn::Learner,
                    None => LessonTurn::Over,
                };
            }
            LessonTurn::Learner => return,
            LessonTurn::Reveal => {
                run.turn = LessonTurn::Over;
                run.answered = Some(live);
                run.judge(self.branches.head(live));
            }
            LessonTurn::Over => match &mut run.instead {
                Some(instead) if !instead.is_over => instead.is_over = true,
                Some(_) | None => return,
            },
        }
        // A broken property ended it early.
        self.queue.retain(|queued| !queued.is_scripted);
        self.branches.cancel(self.live);
        self.waiting = None;
        self.pacer.set_running(false, self.is_waiting());
        self.changed();
    }

    /// Shows the moment of the learner's turn: a branch begins there if the run has gone on.
    fn back_to_turn(&mut self) -> Result<(), String> {
        let turn_at = self.lesson.as_ref().and_then(|run| run.turn_at);
        let (branch, moment, at) = turn_at.ok_or("the scene has not begun")?;
        self.return_to_live();
        if self.live != branch {
            self.switch_to(branch.number())?;
        }
        let has_gone_on = self.session().moment() > moment || self.session().world().now() > at;
        if has_gone_on || self.is_waiting() {
            self.set_running(false);
            self.begin_branch(moment, None).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn reveal(&mut self) {
        let Some(run) = &mut self.lesson else { return };
        run.turn = LessonTurn::Reveal;
        let statements = run.scene().reveal.clone();
        self.play_statements(&statements);
    }

    /// Carries out statements one after the other, in paced time.
    pub(super) fn play_statements(&mut self, statements: &[Statement]) {
        let numbered = statements.iter().cloned().enumerate();
        self.queue.extend(numbered.map(|(place, statement)| Queued {
            line: SourceLine { number: place + 1, statement },
            is_scripted: true,
            key_moment: None,
            listener: None,
        }));
        if !statements.is_empty() {
            self.pacer.run_for_statement();
        }
        self.settle();
        self.changed();
    }

    /// The lesson as the page shows it.
    pub(super) fn lesson_view(&self) -> Option<Rc<LessonView>> {
        let world = self.shown_session().world();
        self.lesson.as_ref().map(|run| Rc::new(run.view(world)))
    }
}

impl LessonRun {
    fn scene(&self) -> &Scene {
        &self.lesson.scenes[self.scene]
    }

    fn choice(&self, number: usize) -> Option<&LessonChoice> {
        match &self.scene().task {
            Some(Task::Question { choices, .. }) => choices.get(number),
            Some(Task::Goals { .. }) | None => None,
        }
    }

    /// The run has answered: notes which choices are right.
    fn judge(&mut self, head: &Session) {
        let scene = &self.lesson.scenes[self.scene];
        if let Some(Task::Question { choices, .. }) = &scene.task {
            self.holds = choices.iter().map(|choice| head.holds(&choice.condition)).collect();
        }
    }

    fn view(&self, world: &World) -> LessonView {
        let (scene, is_over) = (self.scene(), self.turn == LessonTurn::Over);
        LessonView {
            title: self.lesson.title.as_str().into(),
            about: self.lesson.text.clone().into(),
            scenes: self.lesson.scenes.iter().map(|scene| scene.title.clone()).collect(),
            scene: self.scene,
            text: scene.text.clone().into(),
            points: scene.points.iter().map(|point| PointView::of(point, world)).collect(),
            allowed: scene.allowed.clone().into(),
            turn: self.turn,
            task: scene.task.as_ref().map(|task| self.task_view(task)),
            conclusion: if is_over { scene.conclusion.clone().into() } else { Rc::default() },
            instead: self.instead,
        }
    }

    fn task_view(&self, task: &Task) -> TaskView {
        let is_over = self.turn == LessonTurn::Over;
        match task {
            Task::Question { text, choices } => {
                let choice = |(number, choice): (usize, &LessonChoice)| ChoiceView {
                    text: choice.text.clone(),
                    is_chosen: self.chosen == Some(number),
                    is_right: is_over.then(|| self.holds[number]),
                    has_run: is_over && !choice.instead.is_empty(),
                    never: choice.never.clone().filter(|_| is_over),
                };
                let choices = choices.iter().enumerate().map(choice).collect();
                TaskView::Question { text: text.clone(), choices }
            }
            Task::Goals { goals, solution } => {
                let goals = goals.iter().zip(&self.holds).map(|(goal, is_reached)| GoalView {
                    text: goal.text.clone(),
                    is_reached: *is_reached,
                });
                TaskView::Goals {
                    goals: goals.collect(),
                    solution: solution.iter().map(Statement::to_string).collect(),
                    is_shown: self.is_shown,
                    given: self.given,
                }
            }
        }
    }
}

const NO_LESSON: &str = "this lab has no lesson";
