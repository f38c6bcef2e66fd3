//! The result for one history, for programs.

use std::io::{self, Write};

use linearizability::{History, StopReason, Verdict};
use raft_trace::TraceError;
use serde::Serialize;

use super::trace::TraceChecked;
use super::{CheckVerdict, FileChecked};

#[derive(Serialize, Default)]
struct Report<'a> {
    file: &'a str,
    outcome: &'static str,
    code: u8,
    format: Option<&'static str>,
    operations: usize,
    unanswered: usize,
    passed_over: usize,
    took_us: u64,
    order: Option<Vec<usize>>,
    reason: Option<String>,
    window: Option<Vec<Operation>>,
    optional: Option<Vec<Operation>>,
    stuck: Option<Operation>,
    longest: Option<usize>,
    state: Option<&'a str>,
    unknown: Option<Unknown>,
    error: Option<Problem>,
    events: Option<usize>,
    first_passed_over: Option<usize>,
    broken: Option<Broken>,
    judged: Option<Vec<&'static str>>,
    not_judged: Option<Vec<NotJudged>>,
}

#[derive(Serialize)]
struct Broken {
    line: usize,
    text: String,
    property: &'static str,
    section: &'static str,
    sentence: String,
}

#[derive(Serialize)]
struct NotJudged {
    property: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct Operation {
    line: usize,
    process: u64,
    operation: String,
    returned: Option<usize>,
}

#[derive(Serialize)]
struct Unknown {
    reason: &'static str,
    linearized: usize,
    of: usize,
    situations: usize,
}

#[derive(Serialize)]
struct Problem {
    line: Option<usize>,
    column: Option<usize>,
    message: String,
}

pub(super) fn print(checked: &FileChecked, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report {
        file: &checked.file,
        outcome: "malformed",
        code: checked.code(),
        ..Report::default()
    };
    match &checked.verdict {
        CheckVerdict::Unreadable(message) => {
            report.error = Some(Problem { line: None, column: None, message: message.clone() });
        }
        CheckVerdict::Malformed { error, .. } => {
            let (line, column) = (Some(error.line), Some(error.column));
            report.error = Some(Problem { line, column, message: error.message.clone() });
        }
        CheckVerdict::Trace(_) => {}
        CheckVerdict::Searched { format, history, verdict, took } => {
            report.format = Some(format.name());
            report.operations = history.invocations().len();
            report.unanswered = history.unanswered();
            report.passed_over = history.passed_over();
            report.took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            searched(&mut report, history, verdict);
        }
    }
    if let CheckVerdict::Trace(checked) = &checked.verdict {
        trace(&mut report, checked);
    }
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}

fn trace(report: &mut Report<'_>, checked: &TraceChecked) {
    let (source, events, passed_over, verdict, took) = match checked {
        TraceChecked::Malformed(TraceError { line, message }) => {
            let (line, column, message) = (Some(*line), None, message.clone());
            report.error = Some(Problem { line, column, message });
            return;
        }
        TraceChecked::Judged { source, events, passed_over, verdict, took, .. } => {
            (source, events, passed_over, verdict, took)
        }
    };
    report.outcome = if verdict.broken.is_some() { "not-raft" } else { "no-contradiction" };
    report.format = Some(source.name());
    report.events = Some(*events);
    report.passed_over = passed_over.count;
    report.first_passed_over = passed_over.first;
    report.took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    report.broken = verdict.broken.as_ref().map(|broken| Broken {
        line: broken.line,
        text: broken.text.clone(),
        property: broken.property.name,
        section: broken.property.section,
        sentence: broken.sentence.to_string(),
    });
    report.judged = Some(verdict.judged.iter().map(|property| property.name).collect());
    let not_judged = verdict
        .not_judged
        .iter()
        .map(|(property, reason)| NotJudged { property: property.name, reason: reason.clone() });
    report.not_judged = Some(not_judged.collect());
}

fn searched<'a>(report: &mut Report<'a>, history: &History, verdict: &'a Verdict) {
    match verdict {
        Verdict::Linearizable { order } => {
            report.outcome = "linearizable";
            let line = |index: &usize| history.invocations()[*index].invoked.line;
            report.order = Some(order.iter().map(line).collect());
        }
        Verdict::NotLinearizable(found) => {
            report.outcome = "not-linearizable";
            let operations = |indexes: &[usize]| {
                Some(indexes.iter().map(|index| operation(history, *index)).collect())
            };
            report.window = operations(&found.window);
            report.optional = operations(&found.optional);
            let explain = |answer| history.explain(answer).to_string();
            report.reason = found.impossible.as_ref().map(explain);
            if let Some(reached) = &found.reached {
                report.stuck = Some(operation(history, reached.stuck));
                report.longest = Some(reached.longest.len());
                report.state = Some(reached.last_state().unwrap_or(&found.first_state));
            }
        }
        Verdict::Unknown { reason, linearized, of, situations } => {
            report.outcome = "unknown";
            let reason = match reason {
                StopReason::Time => "time",
                StopReason::Memory => "memory",
            };
            let (linearized, of, situations) = (*linearized, *of, *situations);
            report.unknown = Some(Unknown { reason, linearized, of, situations });
        }
    }
}

fn operation(history: &History, index: usize) -> Operation {
    let invocation = &history.invocations()[index];
    Operation {
        line: invocation.invoked.line,
        process: invocation.process,
        operation: history.describe(index).to_string(),
        returned: invocation.returned.map(|moment| moment.line),
    }
}
