//! What is no lab, over the page: a recorded run with any of its moments, a history with its
//! verdict, or a real cluster, whose run is shown while it is recorded. The lab stands still
//! meanwhile, and goes on when this is closed.

mod attached;
mod diagram;
mod events;
mod history;
mod nodes;
mod picture;
mod run;
mod shown;
mod tape;
mod verdict;

use std::rc::Rc;

use raft_jobs::{Job, JudgeJob, Judged, JudgedHistory, JudgedRun, Report};
use raft_lab::RunVerdict;
use yew::prelude::*;

pub(crate) use self::attached::AttachedPanel;
use self::history::HistoryPanel;
use self::run::RunPanel;
use self::shown::Shown;
use crate::lab::{Labs, OpenedFile};
use crate::state::use_controls;
use crate::ui::Dialog;
use crate::worker::Worker;

#[derive(Properties, PartialEq)]
pub(crate) struct OpenedFileProps {
    pub(crate) file: Rc<OpenedFile>,
    pub(crate) on_close: Callback<()>,
}

/// What is known of the file.
#[derive(Clone, PartialEq)]
enum Reading {
    /// A worker reads and judges it.
    UnderWay,
    /// It cannot be read; where and why, in words.
    Refused(String),
    Run(Shown, Rc<RunVerdict>),
    History(Rc<JudgedHistory>),
}

#[component(OpenedFilePanel)]
pub(crate) fn opened_file_panel(props: &OpenedFileProps) -> Html {
    let labs = use_controls().labs;
    let reading = use_state_eq(|| Reading::UnderWay);
    use_standstill(&labs);
    use_effect_with(props.file.clone(), {
        let (setter, on_close) = (reading.setter(), props.on_close.clone());
        move |file| {
            setter.set(Reading::UnderWay);
            let worker = judge(file.clone(), labs, (setter.clone(), on_close));
            if let Err(words) = &worker {
                setter.set(Reading::Refused(words.clone()));
            }
            // The worker ends with it, whatever it does.
            move || drop(worker)
        }
    });
    let name = props.file.name.clone();
    let (title, contents) = match &*reading {
        Reading::UnderWay => (
            name,
            html! {
                <p class="dialog-text" role="status" data-testid="file-reading">
                    { "The file is read and judged. That may take a while." }
                </p>
            },
        ),
        Reading::Refused(words) => (
            format!("{name} cannot be opened"),
            html! {
                <p class="dialog-text" role="alert" data-testid="file-refused">{ words }</p>
            },
        ),
        Reading::Run(shown, verdict) => {
            // Another file is another panel.
            let number = Rc::as_ptr(verdict) as usize;
            let (shown, verdict) = (shown.clone(), verdict.clone());
            (name, html! { <RunPanel key={number} {shown} {verdict} /> })
        }
        Reading::History(judged) => (name, html! { <HistoryPanel judged={judged.clone()} /> }),
    };
    let is_full = matches!(&*reading, Reading::Run(..));
    html! {
        <Dialog {title} {is_full} is_wide={true} on_close={props.on_close.clone()}>
            { contents }
        </Dialog>
    }
}

/// The lab stands still while this is there. Another lab that came meanwhile has a pace of its own.
#[hook]
fn use_standstill(labs: &Labs) {
    use_effect_with((), {
        let labs = labs.clone();
        move |()| {
            let (wanted, runner) = (labs.wanted.get(), labs.runner);
            let was_running = runner.frame().lab.pacing.running;
            if was_running {
                runner.set_running(false);
            }
            move || {
                if was_running && labs.wanted.get() == wanted {
                    runner.set_running(true);
                }
            }
        }
    });
}

/// Has a worker judge a file. One that is neither a run nor a history is refused as a script.
fn judge(
    file: Rc<OpenedFile>,
    labs: Labs,
    (reading, on_close): (UseStateSetter<Reading>, Callback<()>),
) -> Result<Worker, String> {
    let job = Job::Judge(JudgeJob { file: file.text.clone().into_bytes() });
    let hear = move |report: Report| match report {
        Report::Judged(Judged::Neither) => {
            on_close.emit(());
            labs.refuse(&file.name, &file.refusal);
        }
        Report::Judged(Judged::Run(judged)) => {
            let JudgedRun { run, broken, properties } = *judged;
            let line = |place: usize| (place, run.steps.get(place).map_or(0, |step| step.line));
            let verdict = Rc::new(RunVerdict { broken: broken.map(line), properties });
            reading.set(Reading::Run(Shown::of_file(run), verdict));
        }
        Report::Judged(Judged::History(judged)) => {
            reading.set(Reading::History(Rc::from(judged)));
        }
        Report::Refused(words) => {
            reading.set(Reading::Refused(format!("{words}. Your lab has not changed.")));
        }
        Report::Failed(words) => {
            reading.set(Reading::Refused(format!("The file could not be judged: {words}.")));
        }
        Report::Looking { .. }
        | Report::Found(_)
        | Report::Chance { .. }
        | Report::Rare { .. }
        | Report::Shortening { .. }
        | Report::Shortened(_)
        | Report::Measured(_)
        | Report::Explored(_)
        | Report::Rehearsed(_)
        | Report::Over => {}
    };
    Worker::start(&job, hear)
}
