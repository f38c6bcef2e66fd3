//! Judging a file that somebody opens: a recorded run, or a history of operations.

use std::rc::Rc;

use linearizability::{
    ContradictionReport, Limits, ReportedOperation, Verdict, check, detect, parse,
};
use raft_trace::{JudgedProperty, RecordedRun, judge, read_trace, trace_source};
use serde::{Deserialize, Serialize};

use crate::{Report, Tell};

/// The most bytes of memory of a search for an order.
const MOST_MEMORY: usize = 256 << 20;
/// The most looks of such a search at its clock: there is none, so it counts. A page ends the
/// worker when somebody closes the file.
const MOST_LOOKS: u64 = 200_000;

/// Judge a file: is a history linearizable, is a recorded run one of Raft?
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JudgeJob {
    /// The bytes of the file.
    pub file: Vec<u8>,
}

/// What a file is, and the verdict.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Judged {
    /// A recorded run.
    Run(Box<JudgedRun>),
    /// A history of operations.
    History(Box<JudgedHistory>),
    /// Neither a trace nor a history, in any form that is known.
    Neither,
}

/// A recorded run with the verdict of each property.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct JudgedRun {
    /// The run.
    pub run: Rc<RecordedRun>,
    /// The first step that no correct cluster makes: its place, from 0.
    pub broken: Option<usize>,
    /// The properties, in the order of the table of raft-check.
    pub properties: Vec<JudgedProperty>,
}

/// A history with its verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JudgedHistory {
    /// The name of its form.
    pub form: String,
    /// How many operations it has, in words.
    pub size: String,
    /// The verdict.
    pub verdict: HistoryVerdict,
}

/// Whether the operations of a history have an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum HistoryVerdict {
    /// They have one.
    Linearizable,
    /// They have none.
    NotLinearizable(Box<HistoryContradiction>),
    /// The search was ended before it was over; why, and how far it came.
    Unknown(String),
}

/// The operations that contradict each other. The fields are those of [`ContradictionReport`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HistoryContradiction {
    /// What is wrong.
    pub sentence: String,
    /// How many earlier operations are left out.
    pub left_out: usize,
    /// The number of calls and returns.
    pub moments: usize,
    /// The operations, in the order of their calls.
    pub operations: Vec<HistoryOperation>,
    /// Other operations that do not help.
    pub optional: Option<String>,
    /// The longest order: a sentence, the last operations with the states after them, and the
    /// operation that has no place.
    pub longest: Option<(String, Vec<String>, String)>,
}

/// An operation of a contradiction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HistoryOperation {
    /// The line of its call.
    pub line: usize,
    /// Its process.
    pub process: u64,
    /// The place of its call among the moments, from 0.
    pub call: usize,
    /// The place of its answer; `None` without one.
    pub answer: Option<usize>,
    /// The operation with its answer.
    pub words: String,
    /// Whether it returns last.
    pub is_last: bool,
}

impl JudgeJob {
    pub(crate) fn carry_out(&self, tell: Tell<'_>) -> Result<(), String> {
        let judged = match trace_source(&self.file) {
            Some(source) => {
                let run = read_trace(&self.file, Some(source)).map_err(|it| it.to_string())?;
                Judged::Run(Box::new(JudgedRun::of(run)))
            }
            None if detect(&self.file).is_ok() => {
                Judged::History(Box::new(JudgedHistory::of(&self.file)?))
            }
            None => Judged::Neither,
        };
        tell(Report::Judged(judged));
        Ok(())
    }
}

impl JudgedRun {
    fn of(run: RecordedRun) -> Self {
        let verdict = judge(&run);
        let broken = verdict.broken.as_ref().map(|broken| broken.step);
        Self { run: Rc::new(run), broken, properties: verdict.properties() }
    }
}

impl JudgedHistory {
    fn of(file: &[u8]) -> Result<Self, String> {
        let format = detect(file).map_err(|error| error.to_string())?;
        let history = parse(file, Some(format)).map_err(|error| error.to_string())?;
        let mut looks = 0;
        let mut may_go_on = || {
            looks += 1;
            looks < MOST_LOOKS
        };
        let verdict = match check(&history, &mut Limits::new(MOST_MEMORY, &mut may_go_on)) {
            Verdict::Linearizable { .. } => HistoryVerdict::Linearizable,
            Verdict::NotLinearizable(found) => {
                let report = ContradictionReport::of(&history, &found);
                HistoryVerdict::NotLinearizable(Box::new(report.into()))
            }
            Verdict::Unknown { reason, linearized, of, .. } => HistoryVerdict::Unknown(format!(
                "The search is {}. The longest order so far has {linearized} of {of} operations. \
                 `helios check` searches longer.",
                reason.in_words()
            )),
        };
        Ok(Self { form: format.name().to_owned(), size: history.size_in_words(), verdict })
    }
}

impl From<ContradictionReport> for HistoryContradiction {
    fn from(report: ContradictionReport) -> Self {
        let longest = report.longest.map(|longest| {
            let end = longest.end.into_iter().map(|(line, words, state)| match line {
                Some(line) => format!("line {line}: {words}; then {state}"),
                None => format!("{words}; {state}"),
            });
            (longest.sentence, end.collect(), longest.next)
        });
        Self {
            sentence: report.sentence,
            left_out: report.left_out,
            moments: report.moments,
            operations: report.operations.into_iter().map(HistoryOperation::from).collect(),
            optional: report.optional,
            longest,
        }
    }
}

impl From<ReportedOperation> for HistoryOperation {
    fn from(operation: ReportedOperation) -> Self {
        let ReportedOperation { line, process, call, answer, words, is_last } = operation;
        Self { line, process, call, answer, words, is_last }
    }
}
