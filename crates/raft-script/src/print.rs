//! Statements as text: the inverse of the parser.

use std::fmt::{self, Write as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use raft_core::{Instant, LogPosition, Term};
use raft_kv::{ClientId, Operation};
use raft_sim::{DelayRange, LinkChange, NodeState, Setup, Unsynced};

use crate::statement::{
    Comparison, Condition, DiskContents, Ends, Moment, Nodes, Quantity, Run, Script, Selector,
    Statement,
};

/// The client that acts when a statement names none.
pub(crate) const DEFAULT_CLIENT: ClientId = ClientId(1);

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|line| writeln!(f, "{}", line.statement))
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(setup) => write_cluster(f, setup),
            Self::DiskContents { node, contents } => write!(f, "disk {node} {contents}"),
            Self::Run(run) => run.fmt(f),
            Self::Step(1) => f.write_str("step"),
            Self::Step(count) => write!(f, "step {count}"),
            Self::At { moment, statement } => write!(f, "at {moment} {statement}"),
            Self::Request { operation, via, client } => {
                write_operation(f, operation)?;
                if let Some(via) = via {
                    write!(f, " via={via}")?;
                }
                if *client == DEFAULT_CLIENT { Ok(()) } else { write!(f, " client={client}") }
            }
            Self::Crash { nodes, unsynced } => {
                write!(f, "crash {nodes}")?;
                f.write_str(match unsynced {
                    Unsynced::Drawn => "",
                    Unsynced::Lost => " lose",
                    Unsynced::Kept => " keep",
                })
            }
            Self::Restart(nodes) => write!(f, "restart {nodes}"),
            Self::Pause(nodes) => write!(f, "pause {nodes}"),
            Self::Resume(nodes) => write!(f, "resume {nodes}"),
            Self::Timeout(nodes) => write!(f, "timeout {nodes}"),
            Self::Snapshot(nodes) => write!(f, "snapshot {nodes}"),
            Self::Partition(groups) => {
                f.write_str("partition ")?;
                write_list(f, groups, " | ")
            }
            Self::Heal => f.write_str("heal"),
            Self::Link { ends, changes } => write_link(f, ends, changes),
            Self::DiskLatency { nodes, latency } => {
                write!(f, "disk {nodes} latency={}", Delay(*latency))
            }
            Self::DropMessage(id) => write!(f, "drop message {id}"),
            Self::Expect { condition, within } => {
                write!(f, "expect {condition}")?;
                write_within(f, *within)
            }
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(duration) => write!(f, "run {}", Time(*duration)),
            Self::To { time, step } => {
                let moment = Moment::Absolute { time: *time, step: *step };
                write!(f, "run until {moment}")
            }
            Self::Until { condition, within } => {
                write!(f, "run until {condition}")?;
                write_within(f, *within)
            }
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute { time, step: None } => write!(f, "{}", at(*time)),
            Self::Absolute { time, step: Some(step) } => {
                write!(f, "{} after {step} steps", at(*time))
            }
            Self::Relative(duration) => write!(f, "+{}", Time(*duration)),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Leader => f.write_str("leader"),
            Self::AnyFollower => f.write_str("any follower"),
        }
    }
}

impl fmt::Display for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::These(selectors) => write_list(f, selectors, " "),
            Self::All => f.write_str("all"),
            Self::Others => f.write_str("others"),
        }
    }
}

impl fmt::Display for DiskContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { terms, term, vote } => {
                write!(f, "terms={}", Terms(terms))?;
                if let Some(term) = term {
                    write!(f, " term={term}")?;
                }
                if let Some(vote) = vote {
                    write!(f, " vote={vote}")?;
                }
                Ok(())
            }
            Self::Image(bytes) => write!(f, "image=\"{}\"", STANDARD.encode(bytes)),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leader(nodes) => {
                f.write_str("leader")?;
                match nodes.as_slice() {
                    [] => Ok(()),
                    [node] => write!(f, " {node}"),
                    nodes => {
                        f.write_str(" among ")?;
                        write_list(f, nodes, " ")
                    }
                }
            }
            Self::NoLeader => f.write_str("no leader"),
            Self::Role(node, role) => write!(f, "role {node} {role}"),
            Self::State(node, state) => write!(f, "state {node} {}", state_word(*state)),
            Self::Number { quantity, node, comparison, number } => {
                write!(f, "{quantity} ")?;
                if let Some(node) = node {
                    write!(f, "{node} ")?;
                }
                write!(f, "{comparison} {number}")
            }
            Self::Committed(key, value) => {
                write!(f, "committed {}={}", Text::of(key), Text::of(value))
            }
            Self::NotCommitted(key, value) => {
                write!(f, "not committed {}={}", Text::of(key), Text::of(value))
            }
            Self::Value(node, key, value) => {
                write!(f, "value {node} {}={}", Text::of(key), Text::of(value))
            }
            Self::NoValue(node, key) => write!(f, "no value {node} {}", Text::of(key)),
            Self::Log { node, terms, after } => {
                write!(f, "log {node} = {}", Terms(terms))?;
                if *after == LogPosition::ORIGIN { Ok(()) } else { write!(f, " after {after}") }
            }
            Self::Converged => f.write_str("converged"),
            Self::Idle => f.write_str("idle"),
            Self::Answer { client, words } => {
                write!(f, "answer client {client} = {}", Words(words))
            }
            Self::Pending(client) => write!(f, "pending client {client}"),
            Self::Safe => f.write_str("safe"),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Term => "term",
            Self::Commit => "commit",
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        })
    }
}

/// The one word for a state that the language has.
pub(crate) fn state_word(state: NodeState) -> &'static str {
    match state {
        NodeState::Running => "running",
        NodeState::Paused => "paused",
        NodeState::Crashed => "crashed",
        NodeState::Refused => "refused",
    }
}

fn write_cluster(f: &mut fmt::Formatter<'_>, setup: &Setup) -> fmt::Result {
    let default = Setup::default();
    write!(f, "cluster nodes={} seed={}", setup.nodes, setup.seed)?;
    if setup.heartbeat_interval != default.heartbeat_interval {
        write!(f, " heartbeat={}", Time(setup.heartbeat_interval))?;
    }
    let election = |setup: &Setup| DelayRange {
        min: setup.election_timeout_min,
        max: setup.election_timeout_max,
    };
    if election(setup) != election(&default) {
        write!(f, " election={}", Delay(election(setup)))?;
    }
    if setup.max_batch_entries != default.max_batch_entries {
        write!(f, " batch={}", setup.max_batch_entries)?;
    }
    if setup.snapshot_threshold != default.snapshot_threshold {
        write!(f, " snapshot={}", setup.snapshot_threshold)?;
    }
    if setup.link_latency != default.link_latency {
        write!(f, " latency={}", Delay(setup.link_latency))?;
    }
    if setup.disk_latency != default.disk_latency {
        write!(f, " disk={}", Delay(setup.disk_latency))?;
    }
    if setup.client_timeout != default.client_timeout {
        write!(f, " timeout={}", Time(setup.client_timeout))?;
    }
    if setup.client_patience != default.client_patience {
        write!(f, " patience={}", Time(setup.client_patience))?;
    }
    if setup.run != default.run {
        write!(f, " run={}", setup.run)?;
    }
    if !setup.down.is_empty() {
        f.write_str(" down=")?;
        write_list(f, &setup.down, ",")?;
    }
    Ok(())
}

fn write_operation(f: &mut fmt::Formatter<'_>, operation: &Operation) -> fmt::Result {
    match operation {
        Operation::Set { key, value } => write!(f, "set {}={}", Text::of(key), Text::of(value)),
        Operation::Get { key } => write!(f, "get {}", Text::of(key)),
        Operation::Delete { key } => write!(f, "delete {}", Text::of(key)),
        Operation::Cas { key, expect, value } => {
            write!(f, "cas {} ", Text::of(key))?;
            match expect {
                Some(expect) if expect.as_bytes() == b"none" => f.write_str("\"none\"")?,
                Some(expect) => write!(f, "{}", Text::of(expect))?,
                None => f.write_str("none")?,
            }
            write!(f, " {}", Text::of(value))
        }
        Operation::Append { key, value } => {
            write!(f, "append {} {}", Text::of(key), Text::of(value))
        }
        Operation::List { prefix } if prefix.is_empty() => f.write_str("list"),
        Operation::List { prefix } => write!(f, "list {}", Text::of(prefix)),
    }
}

fn write_link(f: &mut fmt::Formatter<'_>, ends: &Ends, changes: &[LinkChange]) -> fmt::Result {
    match ends {
        Ends::All => f.write_str("link all")?,
        Ends::Between { from, to, both_ways } => {
            let arrow = if *both_ways { "<->" } else { "->" };
            write!(f, "link {from} {arrow} {to}")?;
        }
    }
    for change in changes {
        match change {
            LinkChange::Cut => f.write_str(" cut")?,
            LinkChange::Restore => f.write_str(" restore")?,
            LinkChange::Latency(range) => write!(f, " latency={}", Delay(*range))?,
            LinkChange::Loss { per_million } => write!(f, " loss={}", Percent(*per_million))?,
            LinkChange::Duplication { per_million } => {
                write!(f, " duplicate={}", Percent(*per_million))?;
            }
            LinkChange::Reordering(true) => f.write_str(" reorder=on")?,
            LinkChange::Reordering(false) => f.write_str(" reorder=off")?,
        }
    }
    Ok(())
}

fn write_within(f: &mut fmt::Formatter<'_>, within: Option<Duration>) -> fmt::Result {
    within.map_or(Ok(()), |within| write!(f, " within {}", Time(within)))
}

fn write_list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    separator: &str,
) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

fn at(time: Instant) -> Time {
    Time(Duration::from_micros(time.0))
}

/// A duration in the largest unit that divides it.
pub(crate) struct Time(pub(crate) Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        match micros {
            0 => f.write_str("0s"),
            _ if micros.is_multiple_of(60_000_000) => write!(f, "{}m", micros / 60_000_000),
            _ if micros.is_multiple_of(1_000_000) => write!(f, "{}s", micros / 1_000_000),
            _ if micros.is_multiple_of(1000) => write!(f, "{}ms", micros / 1000),
            _ => write!(f, "{micros}us"),
        }
    }
}

struct Delay(DelayRange);

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DelayRange { min, max } = self.0;
        if min == max { Time(min).fmt(f) } else { write!(f, "{}..{}", Time(min), Time(max)) }
    }
}

struct Percent(u32);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10_000, self.0 % 10_000);
        if fraction == 0 {
            return write!(f, "{whole}%");
        }
        let digits = format!("{fraction:04}");
        write!(f, "{whole}.{}%", digits.trim_end_matches('0'))
    }
}

/// Terms of entries.
pub(crate) struct Terms<'a>(pub(crate) &'a [Term]);

impl fmt::Display for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("empty") } else { write_list(f, self.0, ",") }
    }
}

/// A key or a value: bare if it is a plain word, else quoted.
pub(crate) struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    pub(crate) fn of(bytes: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self(bytes.as_ref())
    }
}

fn is_plain(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@+".contains(byte))
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.0) {
            return self.0.iter().try_for_each(|byte| f.write_char(char::from(*byte)));
        }
        write_quoted(f, self.0)
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_char('"')?;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                ' ' => f.write_char(' ')?,
                // What cannot be seen, or turns the text around it, is written as its bytes.
                c if is_invisible(c) => {
                    let mut buffer = [0; 4];
                    write_escaped(f, c.encode_utf8(&mut buffer).as_bytes())?;
                }
                c => f.write_char(c)?,
            }
        }
        write_escaped(f, chunk.invalid())?;
    }
    f.write_char('"')
}

pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn write_escaped(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

/// An answer in words: bare words where they are plain, else quoted as one.
struct Words<'a>(&'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |word: &str| is_plain(word.as_bytes()) && word != "within";
        if self.0.split(' ').all(plain) {
            f.write_str(self.0)
        } else {
            write_quoted(f, self.0.as_bytes())
        }
    }
}
