//! The report on one file of `helios run`.

use raft_check::{CheckResult, Suspension};
use raft_script::{FailedStatement, ParseError, RunReport, UnfulfilledOrder};
use serde::Serialize;

/// The report on one file, as `--json` prints it.
#[derive(Serialize)]
pub(crate) struct FileReport {
    /// The file as it was named.
    pub(crate) file: String,
    /// `ok`, `failed` or `unreadable`.
    pub(crate) outcome: FileResult,
    /// The exit code that this file alone would give.
    pub(crate) code: u8,
    /// The virtual time at the end, in microseconds.
    pub(crate) virtual_time_us: u64,
    pub(crate) events: u64,
    pub(crate) steps: u64,
    /// Sixteen hexadecimal digits; `null` if nothing was run.
    pub(crate) trace_hash: Option<String>,
    pub(crate) error: Option<ErrorReport>,
    /// Orders that were not carried out, although no statement of the script says so.
    pub(crate) unfulfilled: Vec<OrderReport>,
    /// The number of expectations of the script; `null` if it is no script.
    pub(crate) expectations: Option<usize>,
    pub(crate) properties: Vec<PropertyReport>,
}

/// An order about leadership or membership that was not carried out.
#[derive(Serialize)]
pub(crate) struct OrderReport {
    pub(crate) line: usize,
    pub(crate) statement: String,
    pub(crate) message: String,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileResult {
    Ok,
    Failed,
    Unreadable,
}

/// Why a file is not `ok`.
#[derive(Serialize)]
pub(crate) struct ErrorReport {
    pub(crate) line: Option<usize>,
    pub(crate) column: Option<usize>,
    /// The line of the script.
    pub(crate) source: Option<String>,
    pub(crate) message: String,
    /// The last events before the end, in words.
    pub(crate) trace: Vec<String>,
    /// A parse error with its caret, for people.
    #[serde(skip)]
    pub(crate) rendered: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct PropertyReport {
    pub(crate) name: &'static str,
    pub(crate) section: &'static str,
    pub(crate) violation: Option<String>,
    /// The time in which the property was suspended, and the reason; `null` if it never was.
    pub(crate) suspended: Option<SuspensionReport>,
}

#[derive(Serialize)]
pub(crate) struct SuspensionReport {
    pub(crate) since_us: u64,
    /// `null` if it is still suspended.
    pub(crate) until_us: Option<u64>,
    pub(crate) because: String,
    /// All of it in words.
    #[serde(skip)]
    pub(crate) words: String,
}

impl From<&Suspension> for SuspensionReport {
    fn from(suspension: &Suspension) -> Self {
        Self {
            since_us: suspension.since.0,
            until_us: suspension.until.map(|until| until.0),
            because: suspension.because.to_string(),
            words: suspension.to_string(),
        }
    }
}

impl From<&CheckResult> for PropertyReport {
    fn from(result: &CheckResult) -> Self {
        Self {
            name: result.property.name,
            section: result.property.section,
            violation: result.violation.as_ref().map(ToString::to_string),
            suspended: result.suspension.as_ref().map(SuspensionReport::from),
        }
    }
}

impl From<&UnfulfilledOrder> for OrderReport {
    fn from(order: &UnfulfilledOrder) -> Self {
        let UnfulfilledOrder { line, statement, words } = order.clone();
        Self { line, statement, message: words }
    }
}

impl FileReport {
    pub(crate) fn unreadable(file: &str, error: ErrorReport) -> Self {
        Self::without_end(file, (FileResult::Unreadable, 2), error)
    }

    /// An assertion of the core failed: its world cannot be read any more.
    pub(crate) fn of_assertion(file: &str, error: ErrorReport) -> Self {
        Self::without_end(file, (FileResult::Failed, 1), error)
    }

    fn without_end(file: &str, (outcome, code): (FileResult, u8), error: ErrorReport) -> Self {
        Self {
            file: file.to_owned(),
            outcome,
            code,
            virtual_time_us: 0,
            events: 0,
            steps: 0,
            trace_hash: None,
            error: Some(error),
            unfulfilled: Vec::new(),
            expectations: None,
            properties: Vec::new(),
        }
    }

    pub(crate) fn of_run(file: &str, report: &RunReport, error: Option<ErrorReport>) -> Self {
        let (outcome, code) =
            if error.is_none() { (FileResult::Ok, 0) } else { (FileResult::Failed, 1) };
        let checks = report.session.as_ref().map(raft_script::Session::checks);
        let properties = checks.map(|checks| checks.results().map(PropertyReport::from).collect());
        Self {
            file: file.to_owned(),
            outcome,
            code,
            virtual_time_us: report.at.0,
            events: report.events,
            steps: report.steps,
            trace_hash: report.session.is_some().then(|| format!("{:016x}", report.trace_hash)),
            error,
            unfulfilled: report.unfulfilled.iter().map(OrderReport::from).collect(),
            expectations: Some(report.expectations),
            properties: properties.unwrap_or_default(),
        }
    }
}

impl ErrorReport {
    /// The file cannot be read.
    pub(crate) fn unreadable(message: String) -> Self {
        Self { line: None, column: None, source: None, message, trace: Vec::new(), rendered: None }
    }

    /// An assertion of the core failed.
    pub(crate) fn assertion(message: &str, trace: Vec<String>) -> Self {
        Self { trace, ..Self::unreadable(format!("an assertion failed: {message}")) }
    }

    pub(crate) fn parse(error: &ParseError, text: &str) -> Self {
        Self {
            line: Some(error.line),
            column: Some(error.column),
            source: source_line(text, error.line),
            message: error.message(),
            trace: Vec::new(),
            rendered: Some(error.to_string()),
        }
    }

    pub(crate) fn failure(failure: &FailedStatement, text: &str, trace: Vec<String>) -> Self {
        Self {
            line: Some(failure.line),
            column: None,
            source: source_line(text, failure.line),
            message: failure.error.to_string(),
            trace,
            rendered: None,
        }
    }
}

fn source_line(text: &str, number: usize) -> Option<String> {
    const LONGEST: usize = 200;
    let line = text.lines().nth(number.checked_sub(1)?)?;
    // The script may come from anybody, so it must not control the terminal.
    Some(line.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect())
}
