//! Replaces the lab on the page: by the stored one, by one in memory, by a scenario or a script.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use raft_lab::{Lab, LabError, MomentLink, RecoveryReport, Restoration, Rule, Setup};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::lab::lessons::load;
use crate::lab::opening::{self, Opening};
use crate::lab::{LessonInfo, Runner, Scenario, kept_run};
use crate::state::speed::DEFAULT_SPEED;

/// A run is computed again in pieces of this length, so that the page stays alive.
const SLICE: Duration = Duration::from_millis(20);

/// The origin of the lab on the page, with notices about it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Origin {
    /// Stored in this browser.
    Durable { recovered: Option<RecoveryReport>, warnings: Vec<String> },
    /// In memory; with the reason, unless a person chose it.
    Scratch { reason: Option<String> },
    /// A scenario, in memory.
    Scenario(&'static Scenario),
    /// A script that a person opened, in memory.
    Script(Rc<OpenedScript>),
    /// A lesson, in memory.
    Lesson(Rc<OpenedLesson>),
}

/// A lesson that was loaded, or opened from a file.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct OpenedLesson {
    /// `None`: it is none of the lessons of the page.
    pub(crate) info: Option<&'static LessonInfo>,
    pub(crate) text: String,
}

impl OpenedLesson {
    /// The lab of one of its scenes. An error is in words.
    pub(crate) fn lab(&self, scene: usize) -> Result<Lab, String> {
        let mut lab = Lab::lesson(&self.text).map_err(|error| error.to_string())?;
        if scene > 0 {
            lab.show_scene(scene)?;
        }
        Ok(lab)
    }
}

/// A script that a person opened.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct OpenedScript {
    /// The name of its file, or where it is from.
    pub(crate) name: String,
    pub(crate) text: String,
    /// The link that brought it; `None` for a file, and after a reload.
    pub(crate) link: Option<MomentLink>,
}

/// A file that is no script. It may be a recorded run or a history: to find out takes the program
/// longer.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct OpenedFile {
    /// The name of the file, or where it is from.
    pub(crate) name: String,
    pub(crate) text: String,
    /// Why it is no script, in words.
    pub(crate) refusal: String,
}

/// Replaces the lab on the page.
#[derive(Clone, PartialEq)]
pub(crate) struct Labs {
    pub(crate) runner: Runner,
    pub(crate) on_origin: Callback<Origin>,
    /// Called with a file that is no script. The lab stays.
    pub(crate) on_file: Callback<Rc<OpenedFile>>,
    /// Called with an error in words, or with nothing once something was opened.
    pub(crate) on_failure: Callback<Option<String>>,
    /// The number of labs that somebody wanted: what is loaded for an earlier one comes too late.
    pub(crate) wanted: Rc<Cell<u64>>,
}

impl Labs {
    /// Plays a scenario in memory. The stored lab's disks are unchanged.
    pub(crate) fn play(&self, scenario: &'static Scenario) {
        self.want();
        match Lab::play(scenario.text) {
            Ok(lab) => {
                self.runner.replace(lab);
                // A scenario is there to be watched, whatever the speed was before.
                self.runner.set_speed(DEFAULT_SPEED);
                self.runner.say(&format!("Scenario: {}", scenario.title));
                self.runner.set_running(true);
                self.on_origin.emit(Origin::Scenario(scenario));
            }
            Err(error) => self.runner.say(&error.to_string()),
        }
    }

    /// Does it again, at the speed that a person chose meanwhile.
    pub(crate) fn again(&self, begin: impl FnOnce(&Self)) {
        let speed = self.runner.frame().lab.pacing.speed;
        begin(self);
        self.runner.set_speed(speed);
    }

    /// Opens a text: a script or a lesson replaces the lab. Another text is shown over the lab,
    /// which stays as it is.
    pub(crate) fn open(&self, name: &str, text: &str) {
        let Err(error) = self.begin_text(name, text) else { return };
        let (name, text, refusal) = (name.to_owned(), text.to_owned(), error.to_string());
        self.on_file.emit(Rc::new(OpenedFile { name, text, refusal }));
    }

    /// Runs a script in memory, as fast as the machine allows, to its end or to where it fails; a
    /// lesson begins. The stored lab's disks are unchanged, and a text that is no script changes
    /// nothing.
    pub(crate) fn run_script(&self, name: &str, text: &str) {
        if let Err(error) = self.begin_text(name, text) {
            self.refuse(name, &error.to_string());
        }
    }

    /// Says why a text is not opened.
    pub(crate) fn refuse(&self, name: &str, why: &str) {
        self.runner.refuse(&format!("{name} is not opened. {why}"));
    }

    fn begin_text(&self, name: &str, text: &str) -> Result<(), LabError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Ok(lab) = Lab::lesson(text) {
            self.want();
            self.runner.replace(lab);
            self.runner.set_speed(DEFAULT_SPEED);
            let opened = OpenedLesson { info: None, text: text.to_owned() };
            self.on_origin.emit(Origin::Lesson(Rc::new(opened)));
            return Ok(());
        }
        let script = OpenedScript { name: name.to_owned(), text: text.to_owned(), link: None };
        let lab = Lab::run_script(text)?;
        self.want();
        self.begin_script(script, lab);
        Ok(())
    }

    /// Plays the script of a link up to its moment, as [`run_script`](Self::run_script).
    pub(crate) fn open_link(&self, link: &MomentLink) {
        self.want();
        let (name, text) = (link.title.clone(), link.script.clone());
        let script = OpenedScript { name, text, link: Some(link.clone()) };
        match Lab::open_link(link) {
            Ok(lab) => self.begin_script(script, lab),
            Err(error) => self.refuse(&script.name, &error.to_string()),
        }
    }

    /// Shows the run of a presenter, in memory. What is said of the lab is said for the first one.
    pub(crate) fn follow(&self, lab: Lab, run: &MomentLink, is_first: bool) {
        self.want();
        self.runner.replace(lab);
        self.runner.set_speed(DEFAULT_SPEED);
        if is_first {
            let (name, text) = (run.title.clone(), run.script.clone());
            let script = OpenedScript { name, text, link: Some(run.clone()) };
            self.on_origin.emit(Origin::Script(Rc::new(script)));
        }
    }

    fn begin_script(&self, script: OpenedScript, lab: Lab) {
        self.runner.replace(lab);
        self.runner.set_speed(DEFAULT_SPEED);
        self.runner.say(&format!("Script: {}", script.name));
        self.on_origin.emit(Origin::Script(Rc::new(script)));
    }

    /// Loads a lesson and begins a scene of it, in memory. The stored lab's disks are unchanged.
    pub(crate) fn learn(&self, info: &'static LessonInfo, scene: usize) {
        self.learn_by(info, move |_| Ok(scene));
    }

    /// The same with the title of the scene.
    pub(crate) fn learn_scene(&self, info: &'static LessonInfo, title: &str) {
        let title = title.to_owned();
        self.learn_by(info, move |lab| {
            let lesson = lab.frame().lab.lesson.clone();
            let scene = lesson.and_then(|lesson| lesson.scenes.iter().position(|it| *it == title));
            scene.ok_or_else(|| format!("The lesson has no step {title}."))
        });
    }

    /// Another lab is wanted: what was wanted before is not opened any more. Its number.
    fn want(&self) -> u64 {
        self.on_failure.emit(None);
        self.wanted.set(self.wanted.get() + 1);
        self.wanted.get()
    }

    fn learn_by(
        &self,
        info: &'static LessonInfo,
        scene: impl FnOnce(&Lab) -> Result<usize, String> + 'static,
    ) {
        let (labs, wanted) = (self.clone(), self.want());
        spawn_local(async move {
            let opened = info.text().await.map(|text| OpenedLesson { info: Some(info), text });
            let begun = opened.and_then(|opened| {
                let mut lab = opened.lab(0)?;
                let scene = scene(&lab)?;
                if scene > 0 {
                    lab.show_scene(scene)?;
                }
                Ok((lab, opened))
            });
            if labs.wanted.get() != wanted {
                return;
            }
            match begun {
                Ok((lab, opened)) => {
                    labs.runner.replace(lab);
                    labs.runner.set_speed(DEFAULT_SPEED);
                    labs.runner.say(&format!("Lesson: {}", info.title));
                    labs.on_origin.emit(Origin::Lesson(Rc::new(opened)));
                }
                Err(words) => labs.on_failure.emit(Some(words)),
            }
        });
    }

    /// Loads the shortest known run that breaks something without this rule, and shows the moment
    /// before that.
    pub(crate) fn show_broken(&self, rule: &Rule) {
        let path = rule.script.clone();
        self.with_known_run(rule, move |labs, text| {
            let lab = Lab::before_violation(&text).map_err(|error| error.to_string())?;
            labs.runner.replace(lab);
            labs.runner.set_speed(DEFAULT_SPEED);
            labs.on_origin.emit(Origin::Script(Rc::new(OpenedScript {
                name: path,
                text,
                link: None,
            })));
            Ok(())
        });
    }

    /// Begins a challenge: to break something without this rule, in few statements.
    pub(crate) fn challenge(&self, rule: &Rule) {
        let of = rule.clone();
        self.with_known_run(rule, move |labs, text| {
            let lesson = raft_lab::challenge(&of, &text).map_err(|error| error.to_string())?;
            labs.run_script(of.name, &lesson);
            Ok(())
        });
    }

    /// Loads the shortest known run that breaks something without this rule, and begins something
    /// with it, unless another lab is wanted by then.
    fn with_known_run(
        &self,
        rule: &Rule,
        begin: impl FnOnce(&Self, String) -> Result<(), String> + 'static,
    ) {
        let (labs, path, wanted) = (self.clone(), rule.script.clone(), self.want());
        spawn_local(async move {
            let loaded = load(&path).await;
            if labs.wanted.get() != wanted {
                return;
            }
            if let Err(words) = loaded.and_then(|text| begin(&labs, text)) {
                labs.on_failure.emit(Some(format!("{path} cannot be loaded: {words}.")));
            }
        });
    }

    /// Goes back to the run of which a lesson was being recorded.
    pub(crate) fn go_on_recording(&self) {
        let Some(kept) = kept_run::recorded() else { return };
        let (labs, wanted) = (self.clone(), self.want());
        spawn_local(async move {
            let restored = restore(&kept, || labs.wanted.get() == wanted).await;
            match restored {
                Ok(Some(lab)) => {
                    labs.runner.replace(lab);
                    kept_run::forget_recorded();
                    labs.on_origin.emit(Origin::Scratch { reason: None });
                }
                Ok(None) => {}
                Err(words) => {
                    let words = format!("The recorded run cannot be computed again: {words}.");
                    labs.on_failure.emit(Some(words));
                }
            }
        });
    }

    /// Runs the script again with every rule on.
    pub(crate) fn mend(&self, script: &OpenedScript) {
        match raft_lab::mended(&script.text) {
            Ok(text) => self.run_script(&script.name, &text),
            Err(error) => self.runner.refuse(&error.to_string()),
        }
    }

    /// A new cluster in memory.
    pub(crate) fn scratch(&self, setup: Setup, reason: Option<String>) {
        self.want();
        match Lab::scratch(setup) {
            Ok(lab) => {
                self.runner.replace(lab);
                self.runner.set_running(true);
                self.on_origin.emit(Origin::Scratch { reason });
            }
            Err(error) => self.runner.say(&error.to_string()),
        }
    }

    /// Deletes the stored lab and starts a new one, which is stored again.
    pub(crate) fn begin_anew(&self, setup: Setup) {
        // A database that is open cannot be deleted.
        self.scratch(setup.clone(), None);
        let labs = self.clone();
        spawn_local(async move {
            match opening::wipe().await {
                Ok(()) => labs.open_durable(setup).await,
                Err(error) => labs.on_origin.emit(Origin::Scratch {
                    reason: Some(format!("The stored lab could not be deleted: {error}.")),
                }),
            }
        });
    }

    /// Opens the stored lab again. Its nodes restart from their disks.
    pub(crate) fn reopen(&self) {
        self.want();
        let labs = self.clone();
        spawn_local(async move { labs.open_durable(opening::first_setup()).await });
    }

    async fn open_durable(&self, setup: Setup) {
        match opening::open(setup).await {
            Opening::Open { lab, recovered, warnings } => {
                self.runner.replace(*lab);
                self.runner.set_running(true);
                self.on_origin.emit(Origin::Durable { recovered, warnings });
            }
            Opening::HeldElsewhere => self.on_origin.emit(Origin::Scratch {
                reason: Some("The stored lab is open in another tab.".to_owned()),
            }),
            Opening::Failed(error) => {
                let reason = format!("The stored lab cannot be opened: {error}.");
                self.on_origin.emit(Origin::Scratch { reason: Some(reason) });
            }
        }
    }
}

/// Computes a run again, piece by piece; `None` once it is not wanted any more.
async fn restore(kept: &[u8], is_wanted: impl Fn() -> bool) -> Result<Option<Lab>, String> {
    let mut restoration = Restoration::new(kept)?;
    while !restoration.advance(SLICE)? {
        sleep(Duration::ZERO).await;
        if !is_wanted() {
            return Ok(None);
        }
    }
    Ok(Some(restoration.finish()))
}
