//! Actions on the processes of nodes.

use std::fmt;

use raft_sim::{
    ClockChange, MAX_DRIFT_PPM, MAX_HANDLING, MAX_JUMP, NodeAction, NodeState, TimeoutChoice,
    Unsynced,
};

use super::cursor::{Cursor, Parsed, one_of_settings};
use super::{Choice, Setting, Word, name_of};
use crate::statement::{Nodes, Order, Statement};
use crate::units::{Drift, Percent, Span, digits};

pub(super) const WORDS: &[Word<Statement>] = &[
    Word {
        name: "crash",
        brief: "cut a node's power",
        forms: &[(
            "crash 3 [lose|keep|tear]",
            "cut a node's power: unfinished writes are lost, kept or torn; else the seed decides",
        )],
        parse: |cursor| {
            let up = |state| matches!(state, NodeState::Running | NodeState::Paused);
            let nodes = cursor.nodes_of(up)?;
            let unsynced = cursor.maybe_choice(UNSYNCED).unwrap_or_default();
            Ok(Statement::Order(Order::Node { nodes, action: NodeAction::Crash { unsynced } }))
        },
    },
    Word {
        name: "restart",
        brief: "start a crashed node from its disk",
        forms: &[
            ("restart 3", "start a crashed node from its disk"),
            (
                "restart 3 alone",
                "the same, with a configuration that lists only itself; its disk says otherwise",
            ),
            (
                "restart 3 batch=1 lease=off",
                "the same, with other settings of this node from now on: those of node",
            ),
        ],
        parse: |cursor| cursor.restart(),
    },
    Word {
        name: "pause",
        brief: "stop a node, which keeps its memory",
        forms: &[("pause 3", "stop a node, which keeps its memory; its messages wait")],
        parse: |cursor| cursor.on_nodes(NodeAction::Pause, is_running),
    },
    Word {
        name: "resume",
        brief: "let a paused node run on",
        forms: &[("resume 3", "let a paused node run on")],
        parse: |cursor| cursor.on_nodes(NodeAction::Resume, |state| state == NodeState::Paused),
    },
    Word {
        name: "timeout",
        brief: "let a node's election timeout elapse",
        forms: &[(
            "timeout 3",
            "let a node's election timeout elapse; with leases on, refused if it heard a leader \
             recently",
        )],
        parse: |cursor| cursor.on_nodes(NodeAction::ForceElection, is_running),
    },
    Word {
        name: "timeouts",
        brief: "choose the election timeouts of a node",
        forms: &[(
            "timeouts all [spread|equal]",
            "election timeouts until a restart: as far apart as the settings allow, or the \
             shortest for all; else drawn as usual",
        )],
        parse: |cursor| {
            let nodes = cursor.nodes_of(is_running)?;
            let choice = cursor.maybe_choice(TIMEOUTS).unwrap_or(TimeoutChoice::Drawn);
            Ok(Statement::Order(Order::Node { nodes, action: NodeAction::SetTimeouts(choice) }))
        },
    },
    Word {
        name: "forget",
        brief: "let a node forget that it heard a leader",
        forms: &[(
            "forget 3",
            "let a node forget that it heard a leader; refused while leases are on",
        )],
        parse: |cursor| cursor.on_nodes(NodeAction::ForgetLeader, is_running),
    },
    Word {
        name: "snapshot",
        brief: "let a node take a snapshot",
        forms: &[("snapshot 3", "let a node take a snapshot and drop the log before it")],
        parse: |cursor| cursor.on_nodes(NodeAction::Snapshot, is_running),
    },
    Word {
        name: "clock",
        brief: "a node's clock drifts or jumps",
        forms: &[
            (
                "clock 3 drift=+200ppm",
                "a node's clock drifts, such as +200ppm or -5%; drift=0% undoes it",
            ),
            ("clock 3 jump=2s", "a node's clock jumps ahead"),
        ],
        parse: |cursor| {
            let nodes = cursor.nodes()?;
            let Some((_, change)) = cursor.maybe_setting(CLOCK, &[])? else {
                return Err(cursor.error(one_of_settings(CLOCK)));
            };
            Ok(Statement::Order(Order::Node { nodes, action: NodeAction::SetClock(change) }))
        },
    },
    Word {
        name: "slow",
        brief: "a node takes time for each input",
        forms: &[("slow 3 by=5ms", "a node takes that long for each input; by=0s undoes it")],
        parse: |cursor| {
            let nodes = cursor.nodes()?;
            let Some((_, action)) = cursor.maybe_setting(SLOW, &[])? else {
                return Err(cursor.error("`by`"));
            };
            Ok(Statement::Order(Order::Node { nodes, action }))
        },
    },
];

/// After `crash`, the fate of unfinished writes. The seed decides if none is named.
const UNSYNCED: &[Choice<Unsynced>] = &[
    Choice { name: "lose", help: "unfinished writes are lost", value: Unsynced::Lost },
    Choice { name: "keep", help: "they are kept", value: Unsynced::Kept },
    Choice {
        name: "tear",
        help: "the first is written in part, the others are lost",
        value: Unsynced::Torn,
    },
];

/// After `timeouts`, how they are chosen. They are drawn if nothing is named.
const TIMEOUTS: &[Choice<TimeoutChoice>] = &[
    Choice { name: "spread", help: "as far apart as they can be", value: TimeoutChoice::Spread },
    Choice { name: "equal", help: "the shortest for all", value: TimeoutChoice::Equal },
];

/// After `restart`, the configuration. It is the right one if none is named.
pub(super) const STARTS: &[Choice<NodeAction>] = &[Choice {
    name: "alone",
    help: "its configuration lists only itself",
    value: NodeAction::RestartAlone,
}];

const CLOCK: &[Setting<ClockChange>] = &[
    Setting {
        name: "drift",
        help: "the clock drifts, such as +200ppm or -5%",
        parse: |cursor| Ok(ClockChange::Drift { ppm: cursor.drift()? }),
    },
    Setting {
        name: "jump",
        help: "the clock jumps that far ahead",
        parse: |cursor| cursor.duration_up_to(MAX_JUMP).map(ClockChange::Jump),
    },
];

const SLOW: &[Setting<NodeAction>] = &[Setting {
    name: "by",
    help: "each input takes that long",
    parse: |cursor| Ok(NodeAction::Slow { handling: cursor.duration_up_to(MAX_HANDLING)? }),
}];

fn is_running(state: NodeState) -> bool {
    state == NodeState::Running
}

impl Cursor<'_> {
    fn on_nodes(&mut self, action: NodeAction, fits: fn(NodeState) -> bool) -> Parsed<Statement> {
        Ok(Statement::Order(Order::Node { nodes: self.nodes_of(fits)?, action }))
    }

    /// `+200ppm`, `-5%`, `0%`.
    fn drift(&mut self) -> Parsed<i32> {
        let drift = self.word().and_then(|word| {
            let (is_slow, amount) = match word.strip_prefix('-') {
                Some(amount) => (true, amount),
                None => (false, word.strip_prefix('+').unwrap_or(word)),
            };
            let ppm = match amount.strip_suffix("ppm") {
                Some(number) => u32::try_from(digits(number)?).ok()?,
                None => Percent::parse(amount)?,
            };
            let ppm = i32::try_from(ppm).ok().filter(|ppm| *ppm <= MAX_DRIFT_PPM)?;
            Some(if is_slow { -ppm } else { ppm })
        });
        let drift = drift.ok_or_else(|| {
            self.error(
                "how much too fast or too slow, from -50% to +50%, such as `+200ppm` or `-5%`",
            )
        })?;
        self.advance();
        Ok(drift)
    }
}

/// An action on nodes as text.
pub(crate) fn write_node_action(
    f: &mut fmt::Formatter<'_>,
    nodes: &Nodes,
    action: NodeAction,
) -> fmt::Result {
    match action {
        NodeAction::Crash { unsynced } => {
            write!(f, "crash {nodes}")?;
            match name_of(UNSYNCED, &unsynced) {
                "" => Ok(()),
                name => write!(f, " {name}"),
            }
        }
        NodeAction::Restart => write!(f, "restart {nodes}"),
        NodeAction::RestartAlone => {
            write!(f, "restart {nodes} {}", name_of(STARTS, &action))
        }
        NodeAction::Pause => write!(f, "pause {nodes}"),
        NodeAction::Resume => write!(f, "resume {nodes}"),
        NodeAction::ForceElection => write!(f, "timeout {nodes}"),
        NodeAction::ForgetLeader => write!(f, "forget {nodes}"),
        NodeAction::Snapshot => write!(f, "snapshot {nodes}"),
        NodeAction::SetClock(ClockChange::Drift { ppm }) => {
            write!(f, "clock {nodes} drift={}", Drift(ppm))
        }
        NodeAction::SetClock(ClockChange::Jump(ahead)) => {
            write!(f, "clock {nodes} jump={}", Span(ahead))
        }
        NodeAction::SetTimeouts(choice) => {
            write!(f, "timeouts {nodes}")?;
            match name_of(TIMEOUTS, &choice) {
                "" => Ok(()),
                name => write!(f, " {name}"),
            }
        }
        NodeAction::Slow { handling } => write!(f, "slow {nodes} by={}", Span(handling)),
    }
}
