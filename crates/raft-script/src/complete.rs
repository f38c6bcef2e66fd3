//! What may come next in a line that is being typed.

use raft_sim::{NodeState, World};

use crate::print::Text;
use crate::session::Session;

/// A word that may stand at the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// The whole word; it replaces what of it is typed already.
    pub text: String,
    /// What it means, in a few words.
    pub help: &'static str,
}

type Choices = Vec<(String, &'static str)>;

const STATEMENTS: &[(&str, &str)] = &[
    ("add", "a server joins the cluster"),
    ("append", "a client appends to a value"),
    ("at", "run up to a moment, then do something"),
    ("cas", "a client replaces a value if it is what it expects"),
    ("clock", "a node's clock runs wrong, or jumps"),
    ("crash", "cut a node's power"),
    ("cut", "let nothing pass on a link"),
    ("delete", "a client deletes a key"),
    ("demote", "a voter becomes a learner"),
    ("disk", "how a disk works, and damage to it"),
    ("drop", "a message under way does not arrive"),
    ("expect", "check that something holds"),
    ("forget", "let a node forget that it heard a leader"),
    ("get", "a client reads a key"),
    ("heal", "no partition, no cut links"),
    ("link", "change a link"),
    ("list", "a client lists keys"),
    ("partition", "let the network fall apart"),
    ("pause", "stop a node, which keeps its memory"),
    ("promote", "a learner becomes a voter"),
    ("put", "a client writes a key"),
    ("recover", "everything works for these nodes, all others are gone"),
    ("remove", "a server leaves the cluster"),
    ("replace", "one server for another"),
    ("replay", "a message that a link carried before comes again"),
    ("restart", "start a crashed node from its disk"),
    ("restore", "let messages pass on a link again"),
    ("resume", "let a paused node run on"),
    ("run", "let time pass"),
    ("set", "a client writes a key"),
    ("slow", "a node takes time for everything"),
    ("snapshot", "let a node take a snapshot"),
    ("step", "let one thing happen"),
    ("timeout", "let a node's election timeout elapse"),
    ("transfer", "hand leadership over"),
    ("voters", "exactly these servers vote"),
];

const CONDITIONS: &[(&str, &str)] = &[
    ("answer", "a client's last answer"),
    ("commit", "a node's commit index"),
    ("committed", "what the committed entries say"),
    ("complete", "converged, and nothing committed is missing"),
    ("converged", "all running nodes agree"),
    ("idle", "no client waits"),
    ("joint", "the leader needs old and new majorities"),
    ("leader", "some node leads"),
    ("learners", "who only receives the log"),
    ("lease", "a leader may answer reads at once"),
    ("log", "the terms of a node's log"),
    ("no", "no leader, no learners, no lease, no value"),
    ("not", "not committed, not joint"),
    ("pending", "a client waits"),
    ("role", "a node's role"),
    ("safe", "no property was broken"),
    ("state", "whether a node runs"),
    ("term", "a node's term"),
    ("value", "what a node has applied"),
    ("voters", "who votes, as the leader goes by it"),
];

const SETTINGS: &[(&str, &str)] = &[
    ("nodes=", "how many nodes, 1 to 9"),
    ("seed=", "everything random is drawn from it"),
    ("paper", "the protocol of the paper alone"),
    ("pre-vote=", "ask whether one could win first: on or off"),
    ("check-quorum=", "leaders need a quorum's answers: on or off"),
    ("lease=", "leaders hold leases: on or off"),
    ("drift=", "how wrong clocks may be"),
    ("forward=", "followers pass commands on: on or off"),
    #[cfg(feature = "bugs")]
    ("bugs=", "rules that are switched off"),
    ("heartbeat=", "how often a leader is heard"),
    ("election=", "how long followers wait for a leader"),
    ("batch=", "entries in a message"),
    ("window=", "messages under way to a node"),
    ("uncommitted=", "bytes that a leader takes before it commits"),
    ("snapshot=", "entries until a snapshot is taken"),
    ("chunk=", "bytes of a snapshot in a message"),
    ("latency=", "how long messages take"),
    ("shape=", "how that is spread: uniform, exponential or long-tail"),
    ("disk=", "how long disk writes take"),
    ("disk-shape=", "how that is spread"),
    ("timeout=", "how long a client waits before it asks again"),
    ("patience=", "how long a client waits in all"),
    ("down=", "nodes that are not started"),
];

const VIA: (&str, &str) = ("via=", "who is asked; the leader if none is named");

const REQUEST_OPTIONS: &[(&str, &str)] =
    &[("via=", "the node it asks first"), ("client=", "which client")];

const READ_OPTIONS: &[(&str, &str)] = &[
    ("via=", "the node it asks first"),
    ("read=log", "by an entry in the log"),
    ("read=quorum", "the leader asks a quorum whether it leads"),
    ("read=lease", "at once, while the leader's lease lasts"),
    ("read=local", "what the node has applied; it may be old"),
    ("client=", "which client"),
];

const LINK_CHANGES: &[(&str, &str)] = &[
    ("->", "one direction"),
    ("<->", "both directions"),
    ("cut", "nothing passes"),
    ("restore", "messages pass again"),
    ("latency=", "how long messages take"),
    ("loss=", "how many messages are lost"),
    ("duplicate=", "how many messages arrive twice"),
    ("reorder=on", "messages may overtake each other"),
    ("reorder=off", "messages keep their order"),
    ("shape=uniform", "all latencies are as likely"),
    ("shape=exponential", "short latencies are likely"),
    ("shape=long-tail", "nearly all latencies are short, and a few are very long"),
    ("bandwidth=", "how many bytes a second pass"),
    ("queue=", "how many messages may wait"),
    ("clog=", "for how long messages have to wait"),
];

const DISK_CHANGES: &[(&str, &str)] = &[
    ("latency=", "how long its writes take"),
    ("shape=", "how that is spread: uniform, exponential or long-tail"),
    ("stall=", "how long nothing becomes durable"),
    ("fsync=fail", "the next flush fails"),
    ("fsync=broken", "every flush fails"),
    ("fsync=ok", "flushes succeed"),
    ("full=on", "there is no room for another write"),
    ("full=off", "there is room again"),
    ("corrupt", "a bit of a record flips"),
    ("misdirect", "a record lies in another's place"),
    ("wipe", "everything is gone"),
];

const RECORDS: &[(&str, &str)] = &[
    ("entry", "an entry of the log"),
    ("term", "the term and the vote in it"),
    ("term-copy", "the same again"),
    ("snapshot", "the snapshot"),
    ("snapshot-mark", "what the snapshot covers"),
    ("log-end", "where the log ends"),
];

/// The words that may stand where the cursor is, a byte offset into the line; those that begin with
/// what is typed of the word already. A session makes them fit its cluster.
pub fn complete(text: &str, cursor: usize, session: Option<&Session>) -> Vec<Completion> {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let before = &text[..cursor];
    let start = before
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let (words, typed) = before.split_at(start);
    let words: Vec<&str> = words.split_whitespace().collect();
    let world = session.map(Session::world);
    let mut choices = choices(&words, world);
    if let (["get" | "set" | "put" | "delete" | "cas" | "append"], Some(session)) =
        (&words[..], session)
    {
        choices.extend(keys(session, words[0]));
    }
    let fitting = choices.into_iter().filter(|(text, _)| text.starts_with(typed));
    fitting.map(|(text, help)| Completion { text, help }).collect()
}

fn choices(words: &[&str], world: Option<&World>) -> Choices {
    match words {
        [] => {
            let cluster = [("cluster", "how the world begins")];
            let first: &[_] = if world.is_none() { &cluster } else { &[] };
            table(first).into_iter().chain(table(STATEMENTS)).collect()
        }
        [.., "any"] => table(&[("follower", "the follower with the lowest number")]),
        ["at"] => table(&[("+1s", "a second from now")]),
        ["at", _, "after", _, "steps", rest @ ..] | ["at", _, rest @ ..] => choices(rest, world),
        ["cluster", ..] => table(SETTINGS),
        ["run"] => table(&[("1s", "let a second pass"), ("until", "wait for something")]),
        ["run", "until", rest @ ..] | ["expect", rest @ ..] => conditions(rest, world),
        ["crash"] => nodes(world, |state| matches!(state, NodeState::Running | NodeState::Paused)),
        ["crash", ..] => table(&[
            ("lose", "unfinished writes are lost"),
            ("keep", "they are kept"),
            ("tear", "the first lands in part, the others are lost"),
        ]),
        ["restart"] => {
            nodes(world, |state| matches!(state, NodeState::Crashed | NodeState::Refused))
        }
        ["resume"] => nodes(world, |state| state == NodeState::Paused),
        ["pause" | "timeout" | "snapshot" | "forget"] => {
            nodes(world, |state| state == NodeState::Running)
        }
        ["disk" | "recover"] | ["partition", ..] | ["link" | "cut" | "restore"] => {
            nodes(world, |_| true)
        }
        ["disk", .., "corrupt" | "misdirect" | "to"] => table(RECORDS),
        ["disk", .., "misdirect", _] | ["disk", .., "misdirect", "entry", _] => {
            table(&[("to", "the place where it lies")])
        }
        ["disk", _] => table(DISK_CHANGES),
        ["link" | "cut" | "restore", .., "->" | "<->"] => nodes(world, |_| true),
        ["cut" | "restore", _] => table(&LINK_CHANGES[..2]),
        ["link", ..] => table(LINK_CHANGES),
        ["clock" | "slow"] => nodes(world, |_| true),
        ["clock", ..] => table(&[
            ("drift=", "how much too fast or too slow, such as +200ppm or -5%"),
            ("jump=", "how far ahead"),
        ]),
        ["slow", ..] => table(&[("by=", "how long it takes for anything")]),
        ["replay"] | ["replay", .., "->"] => one_node(world, |_| true),
        ["replay", .., "->", _] | ["replay", .., "->", "any", _] => {
            table(&[("back=", "how many messages ago")])
        }
        ["replay", ..] => table(&[("->", "to")]),
        ["drop"] => table(&[("message", "by its number")]),
        ["drop", "message"] => messages(world),
        ["get" | "list", _, ..] => table(READ_OPTIONS),
        ["set" | "put" | "delete" | "append", _, ..] | ["cas", _, _, _, ..] => {
            table(REQUEST_OPTIONS)
        }
        _ => asked_of_a_leader(words, world),
    }
}

/// What comes next in a transfer or a change of the membership.
fn asked_of_a_leader(words: &[&str], world: Option<&World>) -> Choices {
    match words {
        ["transfer" | "demote" | "remove" | "replace"] => one_node(world, |_| true),
        ["promote"] | ["voters"] => numbers(world, |_| true),
        ["add"] | ["replace", .., "with"] => vec![next_number(world)],
        ["add", _] => table(&[("as", "a learner"), VIA]),
        ["add", _, "as"] => table(&[("learner", "it receives the log and counts nowhere")]),
        ["replace", rest @ ..] if !rest.contains(&"with") => {
            table(&[("with", "the server that comes")])
        }
        ["voters", ..] => {
            let mut choices = numbers(world, |_| true);
            choices.extend(table(&[VIA]));
            choices
        }
        ["transfer" | "add" | "promote" | "demote" | "remove" | "replace", ..] => table(&[VIA]),
        _ => Vec::new(),
    }
}

/// A number that no node has yet.
fn next_number(world: Option<&World>) -> (String, &'static str) {
    let last = world.and_then(|world| world.node_ids().max()).map_or(5, |node| node.0);
    ((last + 1).to_string(), "a new server")
}

const NO: &[(&str, &str)] = &[
    ("leader", "no node leads"),
    ("learners", "nobody only receives the log"),
    ("lease", "a node has no lease"),
    ("value", "a node has no value of a key"),
];

const ROLES: &[(&str, &str)] =
    &[("follower", ""), ("pre-candidate", ""), ("candidate", ""), ("leader", "")];

fn conditions(words: &[&str], world: Option<&World>) -> Choices {
    let within = [("within", "wait for it")];
    match words {
        [] => table(CONDITIONS),
        ["leader"] => {
            let mut choices = table(&[("among", "one of several nodes")]);
            choices.extend(numbers(world, |_| true));
            choices.extend(table(&within));
            choices
        }
        ["leader", "among", ..] => numbers(world, |_| true),
        ["no"] => table(NO),
        ["not"] => table(&[
            ("committed", "what the committed entries do not say"),
            ("joint", "the leader needs one majority"),
        ]),
        ["role" | "state" | "value" | "log" | "term" | "commit" | "lease"]
        | ["no", "value" | "lease"] => one_node(world, |_| true),
        ["voters" | "learners"] => numbers(world, |_| true),
        ["voters" | "learners", ..] if !words.contains(&"within") => {
            let mut choices = numbers(world, |_| true);
            choices.extend(table(&within));
            choices
        }
        ["role", _] => table(ROLES),
        ["state", _] => table(&[("running", ""), ("paused", ""), ("crashed", ""), ("refused", "")]),
        ["term" | "commit", _] => table(&[("=", "exactly"), (">=", "at least"), ("<=", "at most")]),
        ["answer" | "pending"] => table(&[("client", "which client")]),
        ["answer" | "pending", "client"] => {
            table(&[("1", "the client that acts if none is named")])
        }
        [.., "within"] => table(&[("1s", ""), ("5s", "")]),
        [.., _] => table(&within),
    }
}

fn table(entries: &[(&str, &'static str)]) -> Choices {
    entries.iter().map(|(text, help)| ((*text).to_owned(), *help)).collect()
}

/// Nodes in a state that fits, and the words for several.
fn nodes(world: Option<&World>, fits: impl Fn(NodeState) -> bool) -> Choices {
    let mut choices = one_node(world, fits);
    choices.extend(table(&[("all", "every node"), ("others", "every node but the leader")]));
    choices
}

fn one_node(world: Option<&World>, fits: impl Fn(NodeState) -> bool) -> Choices {
    let mut choices = numbers(world, &fits);
    if fits(NodeState::Running) {
        choices.extend(table(&[("leader", "the node that leads"), ("any", "any follower")]));
    }
    choices
}

fn numbers(world: Option<&World>, fits: impl Fn(NodeState) -> bool) -> Choices {
    match world {
        Some(world) => {
            let fitting = world.nodes().filter(|node| fits(node.state()));
            fitting.map(|node| (node.id().to_string(), "a node")).collect()
        }
        None => (1..=5).map(|id: u64| (id.to_string(), "a node")).collect(),
    }
}

fn messages(world: Option<&World>) -> Choices {
    const MOST: usize = 20;
    let under_way = world.into_iter().flat_map(World::in_flight).take(MOST);
    under_way.map(|message| (message.id.to_string(), message.message.name())).collect()
}

/// Keys that exist, as far as they are committed.
fn keys(session: &Session, statement: &str) -> Choices {
    const MOST: usize = 20;
    let sign = if matches!(statement, "set" | "put") { "=" } else { "" };
    let store = session.checks().ledger().committed_store();
    store.iter().take(MOST).map(|(key, _)| (format!("{}{sign}", Text::of(key)), "a key")).collect()
}

#[cfg(test)]
mod tests;
