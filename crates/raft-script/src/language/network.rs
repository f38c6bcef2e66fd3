//! Partitions, links and messages, and the end of all faults.

use std::fmt;
use std::time::Duration;

use raft_sim::{
    LinkChange, MAX_BANDWIDTH, MAX_CLOG, MAX_QUEUE, MAX_REPLAY, MessageId, MessageKind,
    NetworkAction, NextMessage,
};

use super::cursor::{Cursor, Parsed, one_of_settings};
use super::{Choice, Setting, Word};
use crate::limits::MAX_NUMBER;
use crate::statement::{Ends, Nodes, Order, Selector, Statement, write_list};
use crate::units::{Delay, Percent, Size, Span};

pub(super) const WORDS: &[Word<Statement>] = &[
    Word {
        name: "partition",
        brief: "split the network into groups",
        forms: &[
            ("partition 1 2 | 3 4 5", "split the network into groups"),
            (
                "partition 1 2 3 | 3 4 5",
                "nodes that share a group reach each other: node 3 is a bridge",
            ),
            (
                "partition 1 2 -> 3 4 5",
                "nodes 3, 4 and 5 hear nodes 1 and 2, which do not hear them",
            ),
        ],
        parse: |cursor| cursor.partition(),
    },
    Word {
        name: "heal",
        brief: "end partitions and restore cut links",
        forms: &[("heal", "end partitions and restore cut links")],
        parse: |_| Ok(network(NetworkAction::Heal)),
    },
    Word {
        name: "recover",
        brief: "end all faults of these nodes; all others crash and stay down",
        forms: &[(
            "recover 1 2 3",
            "end all faults of these nodes; all others crash and stay down",
        )],
        parse: |cursor| Ok(Statement::Order(Order::Recover(cursor.nodes()?))),
    },
    Word {
        name: "link",
        brief: "change a link",
        forms: &[
            (
                "link 3 -> 4 cut",
                "no message passes in that direction; <-> means both; restore undoes it",
            ),
            (
                "link 3 -> 4 latency=10ms..20ms loss=10% duplicate=5% reorder=on",
                "the behaviour of a link; link all means every link",
            ),
            (
                "link 3 -> 4 latency=5ms..200ms shape=long-tail",
                "the distribution of the latency: uniform, exponential or long-tail",
            ),
            (
                "link 3 -> 4 bandwidth=64KiB/s queue=100",
                "bytes a second, and how many messages may wait; bandwidth=off undoes it",
            ),
            ("link 3 -> 4 clog=2s", "messages wait that long, then continue"),
            (
                "link 3 -> 4 hold RequestVote",
                "messages of this kind wait at the end of the link, those under way too",
            ),
            (
                "link 3 -> 4 release [RequestVote]",
                "no message (of this kind) is held any more; those that wait arrive now",
            ),
        ],
        parse: |cursor| cursor.link(),
    },
    Word {
        name: "cut",
        brief: "cut a link",
        forms: &[("cut 1 <-> 3", "short for link 1 <-> 3 cut")],
        parse: |cursor| cursor.short_link(LinkChange::Cut),
    },
    Word {
        name: "restore",
        brief: "restore a link that was cut",
        forms: &[("restore 1 <-> 3", "short for link 1 <-> 3 restore")],
        parse: |cursor| cursor.short_link(LinkChange::Restore),
    },
    Word {
        name: "replay",
        brief: "deliver an old message again",
        forms: &[(
            "replay 3 -> 4 [back=5]",
            "deliver again the last message (back=5: the fifth last) that this link carried",
        )],
        parse: |cursor| {
            let from = cursor.selector()?;
            cursor.arrow()?;
            let to = cursor.selector()?;
            let back = cursor.maybe_setting(REPLAY, &[])?.map_or(1, |(_, back)| back);
            Ok(network(NetworkAction::Replay { from, to, back }))
        },
    },
    Word {
        name: "drop",
        brief: "lose a message",
        forms: &[
            ("drop message 17", "lose a message that is under way"),
            (
                "drop next InstallSnapshotReply 3 -> 1",
                "lose the next message of this kind that arrives, under way now or sent later",
            ),
        ],
        parse: |cursor| {
            let message = |id| NetworkAction::DropMessage { id };
            cursor.one_message(NextMessage::Drop, message)
        },
    },
    Word {
        name: "duplicate",
        brief: "let a message arrive twice",
        forms: &[
            (
                "duplicate message 17",
                "a copy of a message that is under way, or held, takes a latency of its own",
            ),
            (
                "duplicate next AppendEntries 1 -> 3",
                "the next message of this kind arrives twice, under way now or sent later",
            ),
        ],
        parse: |cursor| {
            let message = |id| NetworkAction::DuplicateMessage { id };
            cursor.one_message(NextMessage::Duplicate, message)
        },
    },
    Word {
        name: "deliver",
        brief: "let a message arrive now",
        forms: &[
            ("deliver message 17", "a message that is under way, or held, arrives now"),
            (
                "deliver next RequestVote 1 -> 3",
                "the oldest message of this kind that is under way, or held, arrives now",
            ),
        ],
        parse: |cursor| {
            let message = |id| NetworkAction::DeliverMessage { id };
            cursor.one_message(NextMessage::Deliver, message)
        },
    },
    Word {
        name: "hold",
        brief: "let a message wait on its way",
        forms: &[
            ("hold message 17", "a message that is under way waits; later ones overtake it"),
            (
                "hold next RequestVote 1 -> 3",
                "the next message of this kind waits at the end of the link, under way now or \
                 sent later",
            ),
        ],
        parse: |cursor| {
            let message = |id| NetworkAction::HoldMessage { id };
            cursor.one_message(NextMessage::Hold, message)
        },
    },
    Word {
        name: "release",
        brief: "let a message that is held go on",
        forms: &[
            ("release message 17", "a message that is held arrives after the rest of its way"),
            (
                "release next RequestVote 1 -> 3",
                "the oldest message of this kind that is held goes on",
            ),
        ],
        parse: |cursor| {
            let message = |id| NetworkAction::ReleaseMessage { id };
            cursor.one_message(NextMessage::Release, message)
        },
    },
];

const SETTINGS: &[Setting<LinkChange>] = &[
    Setting {
        name: "latency",
        help: "the latency of messages",
        parse: |cursor| cursor.delay().map(LinkChange::Latency),
    },
    Setting {
        name: "shape",
        help: "the distribution of the latency",
        parse: |cursor| cursor.shape().map(LinkChange::Shape),
    },
    Setting {
        name: "loss",
        help: "the share of messages that are lost",
        parse: |cursor| Ok(LinkChange::Loss { per_million: cursor.percent()? }),
    },
    Setting {
        name: "duplicate",
        help: "the share of messages that arrive twice",
        parse: |cursor| Ok(LinkChange::Duplication { per_million: cursor.percent()? }),
    },
    Setting {
        name: "reorder",
        help: "whether messages may overtake each other",
        parse: |cursor| cursor.switch().map(LinkChange::Reordering),
    },
    Setting {
        name: "bandwidth",
        help: "how many bytes a second pass",
        parse: |cursor| cursor.bandwidth().map(LinkChange::Bandwidth),
    },
    Setting {
        name: "queue",
        help: "how many messages may wait",
        parse: |cursor| {
            Ok(LinkChange::QueueLimit(cursor.number("messages", 0, MAX_QUEUE.into())? as u32))
        },
    },
    Setting {
        name: "clog",
        help: "messages wait that long, then continue",
        parse: |cursor| cursor.clog().map(LinkChange::Clog),
    },
];

pub(super) const KINDS: [Choice<MessageKind>; MessageKind::ALL.len()] = {
    const ANY: Choice<MessageKind> =
        Choice { name: "", help: "a kind of message", value: MessageKind::PreVote };
    let mut kinds = [ANY; MessageKind::ALL.len()];
    let mut place = 0;
    while place < kinds.len() {
        kinds[place].value = MessageKind::ALL[place];
        kinds[place].name = MessageKind::ALL[place].name();
        place += 1;
    }
    kinds
};

const REPLAY: &[Setting<u32>] = &[Setting {
    name: "back",
    help: "1: the last message, 5: the fifth last",
    parse: |cursor| Ok(cursor.number("a number", 1, MAX_REPLAY.into())? as u32),
}];

fn network(action: NetworkAction<Selector, Nodes>) -> Statement {
    Statement::Order(Order::Network(action))
}

impl Cursor<'_> {
    fn partition(&mut self) -> Parsed<Statement> {
        let first = self.nodes()?;
        self.offer("->", "only in this direction");
        if self.is_sign_at(0, "->") {
            self.advance();
            let unheard = self.nodes()?;
            return Ok(network(NetworkAction::PartitionOneWay { heard: first, unheard }));
        }
        let mut groups = vec![first];
        while self.eat_sign(("|", "another group")) {
            groups.push(self.nodes()?);
        }
        if !self.is_at_end() {
            return Err(self.error("another node, `|`, `->` or the end of the line"));
        }
        Ok(network(NetworkAction::Partition { groups }))
    }

    fn link(&mut self) -> Parsed<Statement> {
        let ends = self.ends()?;
        if self.eat(("cut", "no message passes")) || self.word() == Some("drop") {
            if self.word() == Some("drop") {
                self.advance();
            }
            return Ok(Statement::Order(Order::Link { ends, changes: vec![LinkChange::Cut] }));
        }
        if self.eat(("restore", "messages pass again")) {
            return Ok(Statement::Order(Order::Link { ends, changes: vec![LinkChange::Restore] }));
        }
        if self.eat(("hold", "messages of a kind wait")) {
            let change = LinkChange::Hold(self.choice(&KINDS)?);
            return Ok(Statement::Order(Order::Link { ends, changes: vec![change] }));
        }
        if self.eat(("release", "no message is held any more")) {
            let change = LinkChange::Release(self.maybe_choice(&KINDS));
            return Ok(Statement::Order(Order::Link { ends, changes: vec![change] }));
        }
        let (mut changes, mut named) = (Vec::new(), Vec::new());
        while let Some((name, change)) = self.maybe_setting(SETTINGS, &named)? {
            named.push(name);
            changes.push(change);
        }
        let names = one_of_settings(SETTINGS);
        match (changes.is_empty(), self.is_at_end()) {
            (true, _) => Err(self.error(format!("`cut`, `restore`, `hold`, `release`, {names}"))),
            (false, false) => Err(self.error(format!("{names}, each once"))),
            (false, true) => Ok(Statement::Order(Order::Link { ends, changes })),
        }
    }

    /// `message 17`, or `next RequestVote 1 -> 3`.
    fn one_message(
        &mut self,
        deed: NextMessage,
        message: fn(MessageId) -> NetworkAction<Selector, Nodes>,
    ) -> Parsed<Statement> {
        if self.eat(("next", "the next of its kind on a link")) {
            let (kind, from) = (self.choice(&KINDS)?, self.selector()?);
            self.arrow()?;
            let to = self.selector()?;
            return Ok(network(NetworkAction::Next { kind, from, to, deed }));
        }
        if !self.eat(("message", "by its number")) {
            return Err(self.error("`message` or `next`"));
        }
        self.offer_messages();
        Ok(network(message(MessageId(self.number("a message", 1, MAX_NUMBER)?))))
    }

    /// `64KiB/s`, or `off`.
    pub(crate) fn bandwidth(&mut self) -> Parsed<Option<u64>> {
        if self.eat(("off", "any number of bytes passes")) {
            return Ok(None);
        }
        let size = self.word().and_then(|word| Size::parse(word.strip_suffix("/s")?));
        let size = size.filter(|size| (1..=MAX_BANDWIDTH).contains(size));
        let size = size.ok_or_else(|| {
            self.error("bytes a second such as `100B/s` or `64KiB/s`, at most 1024GiB/s, or `off`")
        })?;
        self.advance();
        Ok(Some(size))
    }

    fn clog(&mut self) -> Parsed<Duration> {
        let time = self.duration()?;
        if time > MAX_CLOG {
            return Err(self.error_before(format!("at most {}", Span(MAX_CLOG))));
        }
        Ok(time)
    }

    /// `cut 1 -> 3` for `link 1 -> 3 cut`.
    fn short_link(&mut self, change: LinkChange) -> Parsed<Statement> {
        Ok(Statement::Order(Order::Link { ends: self.ends()?, changes: vec![change] }))
    }

    fn ends(&mut self) -> Parsed<Ends> {
        let from = self.nodes()?;
        let both_ways = self.eat_sign(("<->", "both directions"));
        if !both_ways && !self.eat_sign(("->", "one direction")) {
            if from == Nodes::All {
                return Ok(Ends::All);
            }
            return Err(self.error("`->` or `<->`"));
        }
        Ok(Ends::Between { from, to: self.nodes()?, both_ways })
    }

    fn arrow(&mut self) -> Parsed<()> {
        if self.eat_sign(("->", "to")) { Ok(()) } else { Err(self.error("`->`")) }
    }

    /// The first messages under way.
    fn offer_messages(&mut self) {
        const MOST: usize = 20;
        self.offer_from(|session| {
            let messages = session.into_iter().flat_map(|session| session.world().in_flight());
            let first = messages.take(MOST);
            first.map(|message| (message.id.to_string(), message.message.name())).collect()
        });
    }
}

/// A change of links as text.
pub(crate) fn write_link(
    f: &mut fmt::Formatter<'_>,
    ends: &Ends,
    changes: &[LinkChange],
) -> fmt::Result {
    match ends {
        Ends::All => f.write_str("link all")?,
        Ends::Between { from, to, both_ways } => {
            let arrow = if *both_ways { "<->" } else { "->" };
            write!(f, "link {from} {arrow} {to}")?;
        }
    }
    changes.iter().try_for_each(|change| write_link_change(f, change))
}

fn write_link_change(f: &mut fmt::Formatter<'_>, change: &LinkChange) -> fmt::Result {
    match change {
        LinkChange::Cut => f.write_str(" cut"),
        LinkChange::Restore => f.write_str(" restore"),
        LinkChange::Latency(range) => write!(f, " latency={}", Delay(*range)),
        LinkChange::Shape(shape) => write!(f, " shape={shape}"),
        LinkChange::Loss { per_million } => write!(f, " loss={}", Percent(*per_million)),
        LinkChange::Duplication { per_million } => {
            write!(f, " duplicate={}", Percent(*per_million))
        }
        LinkChange::Reordering(true) => f.write_str(" reorder=on"),
        LinkChange::Reordering(false) => f.write_str(" reorder=off"),
        LinkChange::Bandwidth(Some(bytes)) => write!(f, " bandwidth={}/s", Size(*bytes)),
        LinkChange::Bandwidth(None) => f.write_str(" bandwidth=off"),
        LinkChange::QueueLimit(limit) => write!(f, " queue={limit}"),
        LinkChange::Clog(time) => write!(f, " clog={}", Span(*time)),
        LinkChange::Hold(kind) => write!(f, " hold {kind}"),
        LinkChange::Release(None) => f.write_str(" release"),
        LinkChange::Release(Some(kind)) => write!(f, " release {kind}"),
    }
}

/// An action on the network as text.
pub(crate) fn write_network_action(
    f: &mut fmt::Formatter<'_>,
    action: &NetworkAction<Selector, Nodes>,
) -> fmt::Result {
    match action {
        NetworkAction::Partition { groups } => {
            f.write_str("partition ")?;
            write_list(f, groups, " | ")
        }
        NetworkAction::PartitionOneWay { heard, unheard } => {
            write!(f, "partition {heard} -> {unheard}")
        }
        NetworkAction::Heal => f.write_str("heal"),
        NetworkAction::DropMessage { id } => write!(f, "drop message {id}"),
        NetworkAction::DeliverMessage { id } => write!(f, "deliver message {id}"),
        NetworkAction::DuplicateMessage { id } => write!(f, "duplicate message {id}"),
        NetworkAction::HoldMessage { id } => write!(f, "hold message {id}"),
        NetworkAction::ReleaseMessage { id } => write!(f, "release message {id}"),
        NetworkAction::Next { kind, from, to, deed } => {
            let deed = match deed {
                NextMessage::Deliver => "deliver",
                NextMessage::Drop => "drop",
                NextMessage::Duplicate => "duplicate",
                NextMessage::Hold => "hold",
                NextMessage::Release => "release",
            };
            write!(f, "{deed} next {kind} {from} -> {to}")
        }
        NetworkAction::Replay { from, to, back: 1 } => write!(f, "replay {from} -> {to}"),
        NetworkAction::Replay { from, to, back } => write!(f, "replay {from} -> {to} back={back}"),
    }
}
