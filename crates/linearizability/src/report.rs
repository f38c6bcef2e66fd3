//! A contradiction as people read it: sentences, and the operations as intervals of time.

use crate::check::StopReason;
use crate::history::{History, Model};
use crate::window::{Contradiction, LinearizedOperation, ReachedOrder};

/// The most operations that are reported one by one: of more, the last ones.
const MOST: usize = 24;
/// The most operations that are named in one sentence.
const MOST_NAMED: usize = 6;

/// Why a history is not linearizable, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContradictionReport {
    /// Which answer is impossible; else, what the operations are.
    pub sentence: String,
    /// How many earlier operations of the window are left out.
    pub left_out: usize,
    /// The operations of the window, in the order of their calls: at most 24.
    pub operations: Vec<ReportedOperation>,
    /// The number of their calls and returns.
    pub moments: usize,
    /// Other operations that do not help, in a sentence.
    pub optional: Option<String>,
    /// The furthest that an order gets, if that is known.
    pub longest: Option<LongestOrder>,
}

/// An operation of the window.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportedOperation {
    /// The line of its call.
    pub line: usize,
    /// Its process.
    pub process: u64,
    /// The place of its call among all moments of the report, from 0.
    pub call: usize,
    /// The place of the return that brought its answer; `None` without one.
    pub answer: Option<usize>,
    /// The operation with its answer.
    pub words: String,
    /// Whether it returns last.
    pub is_last: bool,
}

/// The longest order that can be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LongestOrder {
    /// How long it is.
    pub sentence: String,
    /// Its end: the line of an operation, the operation, and the state after it. Before the first
    /// operation there is the state alone.
    pub end: Vec<(Option<usize>, String, String)>,
    /// The operation that has no place.
    pub next: String,
}

impl ContradictionReport {
    /// The report of a contradiction, which must be of this history.
    pub fn of(history: &History, found: &Contradiction) -> Self {
        let all = history.invocations();
        let left_out = found.window.len().saturating_sub(MOST);
        let shown = &found.window[left_out..];
        let moments = shown.iter().map(|index| &all[*index]);
        let moments = moments.flat_map(|it| [Some(it.invoked.event), it.answered()]).flatten();
        let mut moments: Vec<u32> = moments.collect();
        moments.sort_unstable();
        let place = |event: u32| moments.partition_point(|other| *other < event);
        let operation = |index: &usize| ReportedOperation {
            line: all[*index].invoked.line,
            process: all[*index].process,
            call: place(all[*index].invoked.event),
            answer: all[*index].answered().map(place),
            words: history.describe(*index).to_string(),
            is_last: *index == found.last,
        };
        Self {
            sentence: sentence(history, found),
            left_out,
            operations: shown.iter().map(operation).collect(),
            moments: moments.len(),
            optional: optional(history, found),
            longest: found.reached.as_ref().map(|reached| longest(history, found, reached)),
        }
    }
}

impl History {
    /// How much of it is looked at, and how much is not, in words.
    pub fn size_in_words(&self) -> String {
        let operations = match (self.invocations().len(), self.unanswered()) {
            (1, 0) => "1 operation".to_owned(),
            (1, _) => "1 operation without an answer".to_owned(),
            (all, 0) => format!("{all} operations"),
            (all, open) => format!("{all} operations, {open} without an answer"),
        };
        match self.passed_over() {
            0 => operations,
            1 => format!("{operations}, 1 line or map passed over"),
            others => format!("{operations}, {others} lines or maps passed over"),
        }
    }
}

impl StopReason {
    /// The reason in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Time => "out of time",
            Self::Memory => "out of memory",
        }
    }
}

fn sentence(history: &History, found: &Contradiction) -> String {
    let all = history.invocations();
    let from = found.window.first().map_or(0, |index| all[*index].invoked.line);
    let to = all[found.last].returned.map_or(from, |moment| moment.line);
    if let Some(answer) = &found.impossible {
        history.explain(answer).to_string()
    } else if found.is_from_start {
        let first = state_in_words(history, &found.first_state);
        format!(
            "The fewest operations found that have no order, from the beginning ({first}) to line \
             {to}:"
        )
    } else {
        format!(
            "The fewest operations found that have no order, in lines {from} to {to}, whatever the \
             state before:"
        )
    }
}

fn optional(history: &History, found: &Contradiction) -> Option<String> {
    if found.optional.is_empty() {
        return None;
    }
    let named = found.optional.iter().rev().take(MOST_NAMED).map(|index| {
        let line = history.invocations()[*index].invoked.line;
        format!("{} (line {line})", history.describe(*index))
    });
    let named: Vec<String> = named.collect();
    let more = found.optional.len() - named.len();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let named = named.join(", ");
    Some(format!(
        "These may have taken effect too, and then there is no order either: {named}{more}"
    ))
}

fn longest(history: &History, found: &Contradiction, reached: &ReachedOrder) -> LongestOrder {
    let all = history.invocations();
    let is_answered = |it: &&LinearizedOperation| all[it.index].answered().is_some();
    let answered = reached.longest.iter().filter(is_answered).count();
    let of = match history.model() {
        Model::Register => "",
        Model::Texts | Model::Map => " on the same keys",
    };
    let others = match reached.longest.len() - answered {
        0 => String::new(),
        others => format!(", and {others} without an answer"),
    };
    let sentence = format!(
        "The longest order from the beginning has {answered} of the {} answered \
         operations{of}{others}. Its end:",
        reached.answered
    );
    let mut end = Vec::new();
    if reached.longest.is_empty() {
        let first = state_in_words(history, &found.first_state);
        end.push((None, "no operation".to_owned(), first));
    }
    for linearized in &reached.longest {
        if let Some(state) = &linearized.state {
            let line = all[linearized.index].invoked.line;
            let words = history.describe(linearized.index).to_string();
            end.push((Some(line), words, state_in_words(history, state)));
        }
    }
    let line = all[reached.stuck].invoked.line;
    let stuck = history.describe(reached.stuck);
    let next = format!("Next, line {line} must take effect, and cannot: {stuck}");
    LongestOrder { sentence, end, next }
}

fn state_in_words(history: &History, state: &str) -> String {
    match history.model() {
        Model::Register => format!("the register is {state}"),
        Model::Texts | Model::Map => format!("there is {state}"),
    }
}
