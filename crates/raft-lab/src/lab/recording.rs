//! Recording a lesson: steps at moments of the live branch.

use std::rc::Rc;

use raft_core::Instant;
use raft_script::{Branch, BranchId, Moment};

use super::Lab;
use crate::recording::{
    MAX_STEPS, PlacedStep, RecordedStep, RecordedStepView, Recording, RecordingView,
};

/// Nothing is being recorded.
const NOT_RECORDING: &str = "no lesson is being recorded";

impl Lab {
    /// Begins to record a lesson of this run, or gives the recorded one up.
    ///
    /// # Errors
    /// While a lesson is played: each of its scenes begins another run.
    pub fn set_recording(&mut self, is_on: bool) -> Result<(), String> {
        if is_on && self.lesson.is_some() {
            return Err("Leave the lesson first: it is none of your runs.".to_owned());
        }
        self.recording = is_on.then(|| self.recording.take().unwrap_or_default());
        self.changed();
        Ok(())
    }

    /// Names the lesson, and says what one will know after it.
    ///
    /// # Errors
    /// If no lesson is being recorded.
    pub fn name_recording(&mut self, title: &str, about: &str) -> Result<(), String> {
        let recording = self.recording.as_mut().ok_or(NOT_RECORDING)?;
        recording.title = title.trim().to_owned();
        recording.about = about.trim().to_owned();
        self.changed();
        Ok(())
    }

    /// Adds a step at the moment that the page shows.
    ///
    /// # Errors
    /// If no lesson is being recorded, or in words that say what is missing or wrong.
    pub fn record(&mut self, step: RecordedStep) -> Result<(), String> {
        step.check()?;
        self.finish_seeking();
        let shown = self.shown_session();
        let (moment, at) = (shown.moment(), shown.world().now().0);
        let branch = self.first_with(moment).number();
        let recording = self.recording.as_mut().ok_or(NOT_RECORDING)?;
        if recording.steps.len() >= MAX_STEPS {
            return Err(format!("A lesson has at most {MAX_STEPS} steps."));
        }
        recording.check_title(&step, None)?;
        recording.steps.push(PlacedStep { branch, moment, at, step });
        recording.draft = RecordedStep::default();
        self.changed();
        Ok(())
    }

    /// Keeps a step that is being written, with the recording.
    ///
    /// # Errors
    /// If no lesson is being recorded.
    pub fn draft_step(&mut self, step: RecordedStep) -> Result<(), String> {
        self.recording.as_mut().ok_or(NOT_RECORDING)?.draft = step;
        self.changed();
        Ok(())
    }

    /// Changes what a step says and asks; `None` removes it.
    ///
    /// # Errors
    /// If there is no such step, or in words that say what is missing or wrong.
    pub fn change_recorded(
        &mut self,
        number: usize,
        step: Option<RecordedStep>,
    ) -> Result<(), String> {
        step.as_ref().map_or(Ok(()), RecordedStep::check)?;
        let recording = self.recording.as_mut().ok_or(NOT_RECORDING)?;
        step.as_ref().map_or(Ok(()), |step| recording.check_title(step, Some(number)))?;
        let steps = &mut recording.steps;
        if number >= steps.len() {
            return Err(format!("There are {} steps.", steps.len()));
        }
        match step {
            Some(step) => steps[number].step = step,
            None => drop(steps.remove(number)),
        }
        self.changed();
        Ok(())
    }

    /// Shows the moment of a step.
    ///
    /// # Errors
    /// If there is no such step.
    pub fn show_recorded(&mut self, number: usize) -> Result<(), String> {
        let steps = &self.recording.as_ref().ok_or(NOT_RECORDING)?.steps;
        let placed = steps.get(number).ok_or("there is no such step")?;
        self.show_moment(placed.moment);
        Ok(())
    }

    /// The recorded lesson as a script. `raft_script::run` plays it, and says whether each question
    /// has an answer.
    ///
    /// # Errors
    /// In words, when nothing is recorded or something is missing.
    pub fn recorded_lesson(&self) -> Result<String, String> {
        let recording = self.recording.as_ref().ok_or(NOT_RECORDING)?;
        let steps: Vec<&PlacedStep> =
            self.recorded_here(recording).map(|(_, placed)| placed).collect();
        recording.script(&steps, self.session())
    }

    pub(super) fn recording_view(&self) -> Option<Rc<RecordingView>> {
        let recording = self.recording.as_ref()?;
        let view = |(number, placed): (usize, &PlacedStep)| RecordedStepView {
            number,
            at: Instant(placed.at),
            steps: placed.moment.steps,
            step: placed.step.clone(),
        };
        let steps: Vec<RecordedStepView> = self.recorded_here(recording).map(view).collect();
        Some(Rc::new(RecordingView {
            title: recording.title.clone(),
            about: recording.about.clone(),
            elsewhere: recording.steps.len() - steps.len(),
            draft: recording.draft.clone(),
            steps,
        }))
    }

    /// The steps whose moments the live branch has, in order, with their numbers.
    fn recorded_here<'a>(
        &self,
        recording: &'a Recording,
    ) -> impl Iterator<Item = (usize, &'a PlacedStep)> {
        let steps = recording.steps.iter().enumerate();
        let mut here: Vec<(usize, &PlacedStep)> =
            steps.filter(|(_, placed)| self.is_of_live_run(placed)).collect();
        here.sort_by_key(|(_, placed)| (placed.moment, placed.at));
        here.into_iter()
    }

    /// The branch in which a moment of the live one came first: later ones share it.
    fn first_with(&self, moment: Moment) -> BranchId {
        let mut branch = self.live;
        while let Some(place) = self.branches.get(branch).ok().and_then(Branch::parent)
            && moment <= place.moment
            && self.branches.get(place.branch).is_ok()
        {
            branch = place.branch;
        }
        branch
    }

    /// Whether the live branch, or one that it left after the moment, has the step.
    fn is_of_live_run(&self, placed: &PlacedStep) -> bool {
        let mut branch: BranchId = self.live;
        loop {
            if branch.number() == placed.branch {
                return true;
            }
            let parent = self.branches.get(branch).ok().and_then(Branch::parent);
            match parent {
                Some(place) if placed.moment <= place.moment => branch = place.branch,
                Some(_) | None => return false,
            }
        }
    }
}
