//! Why a key has its value, and why a node has another one.

use raft_core::{Bare, Entry, LogIndex, LogPosition, Node, NodeId, Payload};
use raft_kv::{Command, Key, Response, Store, Value};
use raft_sim::{Client, Event, EventKind, SimNode, StateMachineEvent, Words, words};

use super::up_to_date;
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::question::Unanswerable;
use crate::said::{At, Nodes};
use crate::seen::committed;

/// Why a key has its value: the entry that set it, and what nodes with another value lack.
pub(super) fn why(run: &Evidence<'_>, key: &Key) -> Result<Explanation, Unanswerable> {
    let mut replicas: Vec<Replica<'_>> =
        run.world.nodes().filter_map(|node| Replica::of(run, node, key)).collect();
    replicas.sort_by_key(|replica| std::cmp::Reverse(replica.core.last_applied()));
    let Some(newest) = replicas.first().map(|replica| replica.value) else {
        return Err(Unanswerable::DidNotHappen("no node runs, so no store is known".to_owned()));
    };
    let (same, others): (Vec<_>, Vec<_>) =
        replicas.into_iter().partition(|replica| replica.value == newest);
    let mut nodes: Vec<NodeId> = same.iter().map(|replica| replica.node).collect();
    nodes.sort();
    // A log may still have an entry that the snapshot of another node covers.
    let knows_more = same.iter().find(|replica| matches!(replica.change, Change::By(_)));
    let best = knows_more.or(same.first()).expect("the newest is one of them");
    let mut explanation = Explanation::of(best.why(&nodes));
    if let Some(missing) = best.made_by() {
        explanation.findings.extend(others.iter().flat_map(|other| other.lags(missing)));
    }
    Ok(explanation)
}

/// What changed the key last, as far as a node has applied the log.
#[derive(Clone, Copy)]
enum Change {
    /// The command of this entry.
    By(LogPosition),
    /// A command whose entry is no longer in the log: the snapshot through here covers it.
    Before(LogPosition),
    /// No command: the key was never there, or not since the snapshot.
    Never,
    /// The log gives another value: a rule is switched off.
    NotOfLog,
}

/// The store of a node that runs.
struct Replica<'a> {
    run: Evidence<'a>,
    key: &'a Key,
    node: NodeId,
    core: &'a Node,
    value: Option<&'a Value>,
    change: Change,
}

impl<'a> Replica<'a> {
    fn of(run: &Evidence<'a>, node: &'a SimNode, key: &'a Key) -> Option<Self> {
        let (core, store) = (node.core()?, node.store()?);
        let value = store.get(key.as_bytes());
        let change = last_change(node, core, key, value);
        Some(Self { run: *run, key, node: node.id(), core, value, change })
    }

    /// The entry without which a node has not this value.
    fn made_by(&self) -> Option<LogPosition> {
        match self.change {
            Change::By(position) | Change::Before(position) => Some(position),
            Change::Never | Change::NotOfLog => None,
        }
    }

    /// The value, as words: `x is 1`, `x is absent`.
    fn is(&self) -> Words {
        match self.value {
            Some(value) => words!(self.key, " is {value}"),
            None => words!(self.key, " is absent"),
        }
    }

    /// Why these nodes have this value.
    fn why(&self, nodes: &[NodeId]) -> Finding {
        let at = words!("At ", Nodes(nodes), " ", self.is(), ": ");
        match self.change {
            Change::By(position) => self.was_changed(at, position),
            Change::Before(through) => Finding::new(words! {
                at, "the snapshot through ", Bare(through), " has it, and no later entry of the \
                 log changes it"
            })
            .section("§7"),
            Change::Never => Finding::new(words! {
                at, "of the entries through ", Bare(self.core.last_applied()), " none sets it"
            })
            .section("§5.3"),
            Change::NotOfLog => Finding::new(words! {
                at, "the log gives another value. Raft does not allow it, so a rule is switched off"
            }),
        }
    }

    fn was_changed(&self, at: Words, position: LogPosition) -> Finding {
        let applied = self.run.last(|event| self.applies(event, position.index));
        let when = match applied {
            Some(event) => words!(", at ", At(event.at)),
            None => Words::default(),
        };
        let command = self.core.log().get(position.index).and_then(command);
        let by = command.map_or_else(Words::default, |Command { client, operation, .. }| {
            words!(" (`", operation, "` of ", Client::of_session(client), ")")
        });
        Finding::new(words! {
            at, "the last entry that changed it is ", Bare(position), by, ". Node ",
            Bare(self.node), " applied it", when,
            ": a server applies what is committed, in the order of the log"
        })
        .section("§5.3")
        .because_all(self.commit(position.index))
        .because_all(self.run.causes(applied))
    }

    /// The commit of the entry, by a leader.
    fn commit(&self, index: LogIndex) -> Vec<Vec<Cause>> {
        let commit = self.run.last(|event| {
            committed(event).is_some_and(|(_, from, to)| from < index && index <= to)
        });
        self.run.led_by(commit)
    }

    /// Whether this node applies the entry in this event.
    fn applies(&self, event: &Event, index: LogIndex) -> bool {
        let EventKind::StateMachine { node, event } = &event.kind else { return false };
        let StateMachineEvent::Applied { entries } = event else { return false };
        *node == self.node && entries.iter().any(|entry| entry.index == index)
    }

    /// Why this node has not applied an entry that another one has.
    fn lags(&self, position: LogPosition) -> Vec<Finding> {
        let node = self.node;
        let (applied, commit) = (self.core.last_applied(), self.core.commit_index());
        let behind = words! {
            "At ", node, " ", self.is(), ": it has not applied ", Bare(position),
            ". Its commit index is ", Bare(commit), ", and it has applied entries through ",
            Bare(applied)
        };
        let index = position.index;
        if self.core.log().term_at(index) == Some(position.term) {
            let needs = match commit < index {
                true => words! {
                    "it must hear that ", index, " is committed: the next message of the leader \
                     says so."
                },
                false => words!(index, " must be on its own disk."),
            };
            return vec![Finding::new(behind).section("§5.3").needs(needs)];
        }
        match up_to_date::not(&self.run, node) {
            Ok(mut explanation) => {
                explanation.begin(words!(behind, ". "));
                explanation.findings
            }
            Err(_) => vec![Finding::new(behind).section("§5.3")],
        }
    }
}

/// What changed a key last: the log is applied again, from the snapshot of the node.
fn last_change(node: &SimNode, core: &Node, key: &Key, value: Option<&Value>) -> Change {
    let (mut store, begin) = match core.snapshot() {
        Some(snapshot) => (node.store_of_snapshot().unwrap_or_default(), snapshot.position()),
        None => (Store::default(), LogPosition::ORIGIN),
    };
    let mut change = match store.get(key.as_bytes()) {
        Some(_) => Change::Before(begin),
        None => Change::Never,
    };
    let applied = core.log().iter_from(begin.index.next());
    for entry in applied.take_while(|entry| entry.index <= core.last_applied()) {
        let Some(command) = command(entry) else { continue };
        let is_retry = is_retry(&store, &command);
        let response = store.execute(&command);
        if command.operation.key() == Some(key) && !is_retry && has_changed(&response) {
            change = Change::By(entry.position());
        }
    }
    if store.get(key.as_bytes()) == value { change } else { Change::NotOfLog }
}

fn command(entry: &Entry) -> Option<Command> {
    let Payload::Command(bytes) = &entry.payload else { return None };
    Command::decode(bytes).ok()
}

/// Whether the store has executed the command before.
fn is_retry(store: &Store, command: &Command) -> bool {
    let mut sessions = store.sessions();
    sessions.any(|(id, session)| id == command.client && command.sequence <= session.sequence())
}

/// Whether a command with this answer, its first one, wrote its key.
fn has_changed(response: &Response) -> bool {
    match response {
        Response::Done | Response::Swapped | Response::Appended { .. } => true,
        Response::Deleted { existed } => *existed,
        Response::Value(_)
        | Response::NotSwapped { .. }
        | Response::List { .. }
        | Response::Failed(_) => false,
    }
}
