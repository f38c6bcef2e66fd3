//! Whether the operations of a diagram are linearizable, and if not, which contradict each other.

use linearizability::{
    Completion, Contradiction, History, ImpossibleAnswer, ImpossibleCause, Limits, Model, Verdict,
    check,
};
use raft_check::{completion_of, operation_of};
use raft_core::Instant;
use raft_sim::{EventNumber, ReadPolicy, Words, words};

use crate::diagram::Diagram;
use crate::item::{ClientOperation, Item, ItemKind, OperationResult};

/// The most bytes that the search keeps, roughly.
const MEMORY: usize = 256 << 20;

/// Whether the operations of a diagram are linearizable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OperationsVerdict {
    /// They are.
    Linearizable,
    /// They are not.
    Contradiction(Contradicting),
    /// Nobody can say; why.
    Unknown(Words),
}

/// Operations that contradict each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contradicting {
    /// The fewest operations found that have no order, by the events that invoked them. If any one
    /// of them had no answer, there would be an order.
    pub operations: Vec<EventNumber>,
    /// The operation whose answer is impossible, by the event that invoked it.
    pub impossible: EventNumber,
    /// The answer that is impossible, and why.
    pub sentence: Words,
}

impl Diagram {
    /// Judges the operations up to a time, that included: later answers count as not given.
    /// Reads that may be stale are left out. The search stops when `keep_going` returns `false`.
    pub fn judge_operations(
        &self,
        until: Instant,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> OperationsVerdict {
        if !self.is_whole() {
            return OperationsVerdict::Unknown("the diagram does not begin with the run".into());
        }
        if self.began_with_data {
            let why = "the disks were not empty at the beginning, so the first values are unknown";
            return OperationsVerdict::Unknown(why.into());
        }
        let Some(judged) = Judged::of(self, until) else {
            return OperationsVerdict::Unknown("there are too many operations".into());
        };
        match check(&judged.history, &mut Limits::new(MEMORY, keep_going)) {
            Verdict::Linearizable { .. } => OperationsVerdict::Linearizable,
            Verdict::NotLinearizable(found) => {
                OperationsVerdict::Contradiction(judged.contradicting(&found))
            }
            Verdict::Unknown { .. } => {
                OperationsVerdict::Unknown("the search for an order took too long".into())
            }
        }
    }
}

/// A history, with the item of each of its operations.
struct Judged<'a> {
    history: History,
    items: Vec<&'a Item>,
}

impl<'a> Judged<'a> {
    fn of(diagram: &'a Diagram, until: Instant) -> Option<Self> {
        let mut ends: Vec<(EventNumber, &Item, &ClientOperation, bool)> = Vec::new();
        for item in diagram.items().iter().filter(|item| item.began.at <= until) {
            let ItemKind::Operation(operation) = &item.kind else { continue };
            if operation.read == ReadPolicy::Local {
                continue;
            }
            ends.push((item.began.event, item, operation, false));
            if let Some(ended) = item.ended.filter(|ended| ended.at <= until) {
                ends.push((ended.event, item, operation, true));
            }
        }
        ends.sort_unstable_by_key(|(event, ..)| *event);
        let mut judged = Self { history: History::new(Model::Map), items: Vec::new() };
        for (_, item, operation, is_end) in ends {
            let client = operation.client.0;
            let added = if is_end {
                judged.history.conclude(client, completion(&operation.result), 0)
            } else {
                judged.items.push(item);
                judged.history.invoke(client, operation_of(&operation.operation), 0)
            };
            added.ok()?;
        }
        Some(judged)
    }

    fn contradicting(&self, found: &Contradiction) -> Contradicting {
        let impossible = found.impossible.as_ref().map_or(found.last, |answer| answer.found_by);
        let mut operations: Vec<EventNumber> =
            found.window.iter().map(|index| self.items[*index].began.event).collect();
        let named = found.impossible.as_ref().map(|answer| named_by(&answer.cause));
        operations.extend(named.into_iter().flatten().map(|index| self.items[index].began.event));
        operations.sort_unstable();
        operations.dedup();
        let sentence = match &found.impossible {
            Some(answer) => self.explain(answer),
            None => self.no_order(found, operations.len()),
        };
        Contradicting { operations, impossible: self.items[impossible].began.event, sentence }
    }

    /// An operation in words, with its client.
    fn told(&self, index: usize) -> Words {
        self.items[index].words()
    }

    fn no_order(&self, found: &Contradiction, count: usize) -> Words {
        let last = self.told(found.last);
        let others = match count.saturating_sub(1) {
            1 => "the other marked operation".to_owned(),
            more => format!("the {more} other marked operations"),
        };
        words!(
            last,
            " is impossible: with {others}, no order gives each its answer between \
             its invocation and its answer"
        )
    }

    fn explain(&self, answer: &ImpossibleAnswer) -> Words {
        let ImpossibleAnswer { found_by, value, cause } = answer;
        let found = words!(self.told(*found_by), " is impossible: ");
        match cause {
            ImpossibleCause::NeverMade => words!(found, "no operation makes {value}"),
            ImpossibleCause::MadeLater(first) => {
                let first = self.told(*first);
                words!(found, "the first operation that makes {value} came later (", first, ")")
            }
            ImpossibleCause::NeverExpected(swap) => {
                let swap = self.told(*swap);
                words!(found, swap, " makes {value} from a value that was not there either")
            }
            ImpossibleCause::NothingElse => words!(
                found,
                "there was {value}, and no operation before that answer makes anything else"
            ),
            ImpossibleCause::Itself => words!(found, "the answer contradicts the call"),
            ImpossibleCause::Replaced { by, maker: Some(maker) } => {
                let (by, maker) = (self.told(*by), self.told(*maker));
                words!(
                    found,
                    "{value} was replaced before. The last operation that makes it (",
                    maker,
                    ") was over before another one (",
                    by,
                    ")"
                )
            }
            ImpossibleCause::Replaced { by, maker: None } => {
                let by = self.told(*by);
                words!(
                    found,
                    "{value}, as at the beginning, was replaced before (",
                    by,
                    "), and no operation makes it again"
                )
            }
        }
    }
}

/// The operations that the reason names beside the one with the impossible answer.
fn named_by(cause: &ImpossibleCause) -> Vec<usize> {
    match cause {
        ImpossibleCause::NeverMade | ImpossibleCause::NothingElse | ImpossibleCause::Itself => {
            Vec::new()
        }
        ImpossibleCause::MadeLater(index) | ImpossibleCause::NeverExpected(index) => vec![*index],
        ImpossibleCause::Replaced { by, maker } => {
            [Some(*by), *maker].into_iter().flatten().collect()
        }
    }
}

fn completion(result: &OperationResult) -> Completion {
    match result {
        OperationResult::Answered(response) => completion_of(response),
        OperationResult::Open | OperationResult::GaveUp => Completion::Unknown,
    }
}
