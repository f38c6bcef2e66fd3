//! Every statement there can be, for property tests.

mod conditions;
mod lesson;

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use raft_core::{Instant, LogIndex, MembershipChange, NodeId, Settings, Term};
use raft_explain::Question;
use raft_kv::{ClientId, Key, Operation, Value};
use raft_sim::{
    AdminRequest, ClockChange, DelayRange, DiskAction, DiskChange, DiskDamage, Driver, EventNumber,
    Fsync, LatencyShape, LinkChange, Load, MAX_BANDWIDTH, MAX_CLOG, MAX_DRIFT_PPM, MAX_HANDLING,
    MAX_JUMP, MAX_QUEUE, MessageId, MessageKind, NetworkAction, NextMessage, NodeAction,
    ReadPolicy, Request, RuleAction, SettingChange, Setup, StatePlace, Switch, Switches,
    TimeoutChoice, Unsynced,
};
use raft_storage::RecordKey;

use self::conditions::condition;
use self::lesson::lesson;
use crate::limits::{MAX_DURATION, MAX_NUMBER, MAX_STEPS};
use crate::statement::{DiskContents, Ends, Nodes, Order, Run, Selector, Statement, When};

/// A statement as a line can hold it.
pub(crate) fn statement() -> BoxedStrategy<Statement> {
    let inner = (moment(), prop_oneof![action(), timed()]);
    let at = inner.prop_map(|(moment, inner)| Statement::At { moment, statement: Box::new(inner) });
    prop_oneof![
        5 => action(),
        3 => timed(),
        2 => at,
        1 => lesson().prop_map(Statement::Lesson),
        1 => setup().prop_map(|setup| Statement::Cluster(Box::new(setup))),
        1 => (node(), setting_changes())
            .prop_map(|(node, changes)| Statement::NodeSettings { node, changes }),
        1 => (node(), disk_contents())
            .prop_map(|(node, contents)| Statement::DiskContents { node, contents }),
    ]
    .boxed()
}

/// A statement that acts at once.
pub(crate) fn action() -> BoxedStrategy<Statement> {
    order().prop_map(Statement::Order).boxed()
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        6 => request().prop_map(Order::Request),
        9 => (nodes(), node_action()).prop_map(|(nodes, action)| Order::Node { nodes, action }),
        1 => (nodes(), setting_changes())
            .prop_map(|(nodes, changes)| Order::Reconfigure { nodes, changes }),
        2 => (nodes(), disk_action()).prop_map(|(nodes, action)| Order::Disk { nodes, action }),
        1 => (ends(), link_changes()).prop_map(|(ends, changes)| Order::Link { ends, changes }),
        5 => network_action().prop_map(Order::Network),
        2 => (admin_request(), option::of(selector()))
            .prop_map(|(request, via)| Order::Administer { request, via }),
        1 => nodes().prop_map(Order::Recover),
        1 => load().prop_map(Order::Load),
        1 => (rule_action(), load())
            .prop_map(|(action, load)| action.map_or(Order::Load(load), Order::Rule)),
        1 => any::<u64>().prop_map(Order::Reseed),
    ]
}

fn load() -> impl Strategy<Value = Load> {
    let time = (1..=3_600_000_u64).prop_map(Duration::from_millis);
    (1..=Load::MAX_RATE, time, 1..=Load::MAX_CLIENTS, 0..=Load::MAX_SIZE)
        .prop_map(|(rate, time, clients, size)| Load { rate, time, clients, size })
}

fn node_action() -> impl Strategy<Value = NodeAction> {
    let unsynced = select(vec![Unsynced::Drawn, Unsynced::Lost, Unsynced::Kept, Unsynced::Torn]);
    prop_oneof![
        unsynced.prop_map(|unsynced| NodeAction::Crash { unsynced }),
        Just(NodeAction::Restart),
        Just(NodeAction::RestartAlone),
        Just(NodeAction::Pause),
        Just(NodeAction::Resume),
        Just(NodeAction::ForceElection),
        Just(NodeAction::ForgetLeader),
        Just(NodeAction::Snapshot),
        select(vec![TimeoutChoice::Drawn, TimeoutChoice::Spread, TimeoutChoice::Equal])
            .prop_map(NodeAction::SetTimeouts),
        (-MAX_DRIFT_PPM..=MAX_DRIFT_PPM)
            .prop_map(|ppm| NodeAction::SetClock(ClockChange::Drift { ppm })),
        duration().prop_map(|time| NodeAction::SetClock(ClockChange::Jump(time.min(MAX_JUMP)))),
        duration().prop_map(|time| NodeAction::Slow { handling: time.min(MAX_HANDLING) }),
    ]
}

fn disk_action() -> impl Strategy<Value = DiskAction> {
    prop_oneof![
        disk_change().prop_map(DiskAction::Change),
        disk_damage().prop_map(DiskAction::Damage),
    ]
}

fn network_action() -> impl Strategy<Value = NetworkAction<Selector, Nodes>> {
    prop_oneof![
        vec(nodes(), 1..4).prop_map(|groups| NetworkAction::Partition { groups }),
        (nodes(), nodes())
            .prop_map(|(heard, unheard)| NetworkAction::PartitionOneWay { heard, unheard }),
        Just(NetworkAction::Heal),
        (1..=MAX_NUMBER).prop_map(|id| NetworkAction::DropMessage { id: MessageId(id) }),
        (1..=MAX_NUMBER).prop_map(|id| NetworkAction::DeliverMessage { id: MessageId(id) }),
        (1..=MAX_NUMBER).prop_map(|id| NetworkAction::DuplicateMessage { id: MessageId(id) }),
        (1..=MAX_NUMBER).prop_map(|id| NetworkAction::HoldMessage { id: MessageId(id) }),
        (1..=MAX_NUMBER).prop_map(|id| NetworkAction::ReleaseMessage { id: MessageId(id) }),
        (message_kind(), selector(), selector(), next_message())
            .prop_map(|(kind, from, to, deed)| NetworkAction::Next { kind, from, to, deed }),
        (selector(), selector(), 1..=raft_sim::MAX_REPLAY)
            .prop_map(|(from, to, back)| NetworkAction::Replay { from, to, back }),
    ]
}

fn message_kind() -> impl Strategy<Value = MessageKind> {
    select(MessageKind::ALL.to_vec())
}

fn next_message() -> impl Strategy<Value = NextMessage> {
    select(vec![
        NextMessage::Deliver,
        NextMessage::Drop,
        NextMessage::Duplicate,
        NextMessage::Hold,
        NextMessage::Release,
    ])
}

fn admin_request() -> impl Strategy<Value = AdminRequest<Selector>> {
    prop_oneof![
        selector().prop_map(|to| AdminRequest::TransferLeadership { to }),
        Just(AdminRequest::CancelChange),
        (change(), any::<bool>())
            .prop_map(|(change, force)| AdminRequest::ChangeMembership { change, force }),
    ]
}

/// A statement that may let time pass.
pub(crate) fn timed() -> BoxedStrategy<Statement> {
    prop_oneof![
        duration().prop_map(|duration| Statement::Run(Run::For(duration))),
        (time(), option::of(0..=MAX_NUMBER))
            .prop_map(|(time, step)| Statement::Run(Run::To { time, step })),
        (condition(), option::of(duration()))
            .prop_map(|(condition, within)| Statement::Run(Run::Until { condition, within })),
        (1..=MAX_STEPS).prop_map(Statement::Step),
        "[a-z][a-z0-9_-]{0,8}".prop_map(Statement::Mark),
        question().prop_map(Statement::Why),
        (condition(), option::of(duration()))
            .prop_map(|(condition, within)| Statement::Expect { condition, within }),
    ]
    .boxed()
}

fn question() -> impl Strategy<Value = Question> {
    let (index, client) = (1..=MAX_NUMBER, 1..=999_u64);
    prop_oneof![
        index.clone().prop_filter_map("it is not 0", |n| EventNumber::new(n).map(Question::Event)),
        index.clone().prop_map(|term| Question::Term(Term(term))),
        (index.clone(), node())
            .prop_map(|(index, node)| Question::Removed { index: LogIndex(index), node }),
        node().prop_map(Question::Refused),
        node().prop_map(Question::Stopped),
        client.clone().prop_map(|client| Question::Answer(ClientId(client))),
        Just(Question::NoLeader),
        node().prop_map(Question::NotLeader),
        index.prop_map(|index| Question::NotCommitted(LogIndex(index))),
        node().prop_map(Question::NotUpToDate),
        client.clone().prop_map(|client| Question::NoAnswer(ClientId(client))),
        client.prop_map(|client| Question::ReadWaits(ClientId(client))),
        Just(Question::ChangeWaits),
        key().prop_map(Question::Value),
    ]
}

fn moment() -> impl Strategy<Value = When> {
    prop_oneof![
        (time(), option::of(0..=MAX_NUMBER)).prop_map(|(time, step)| When::Absolute { time, step }),
        duration().prop_map(When::Relative),
    ]
}

fn time() -> impl Strategy<Value = Instant> {
    (0..=MAX_NUMBER).prop_map(Instant)
}

/// Of every size, so that every unit is printed.
fn duration() -> impl Strategy<Value = Duration> {
    let unit = select(vec![1_u64, 1000, 1_000_000, 60_000_000]);
    (0..=1440_u64, unit)
        .prop_map(|(count, unit)| Duration::from_micros(count * unit).min(MAX_DURATION))
}

fn delay() -> impl Strategy<Value = DelayRange> {
    let hour = Duration::from_secs(3600);
    (duration(), duration()).prop_map(move |(left, right)| DelayRange {
        min: left.min(right).min(hour),
        max: left.max(right).min(hour),
    })
}

fn shape() -> impl Strategy<Value = LatencyShape> {
    select(LatencyShape::ALL.to_vec())
}

fn node() -> impl Strategy<Value = NodeId> {
    (1..=18_u64).prop_map(NodeId)
}

fn selector() -> impl Strategy<Value = Selector> {
    prop_oneof![
        4 => node().prop_map(Selector::Node),
        1 => Just(Selector::Leader),
        1 => Just(Selector::AnyFollower),
    ]
}

fn nodes() -> impl Strategy<Value = Nodes> {
    prop_oneof![
        4 => vec(selector(), 1..4).prop_map(Nodes::These),
        1 => Just(Nodes::All),
        1 => Just(Nodes::Others),
    ]
}

fn ends() -> impl Strategy<Value = Ends> {
    prop_oneof![
        1 => Just(Ends::All),
        4 => (nodes(), nodes(), any::<bool>())
            .prop_map(|(from, to, both_ways)| Ends::Between { from, to, both_ways }),
    ]
}

fn link_changes() -> impl Strategy<Value = Vec<LinkChange>> {
    let part = || 0..=1_000_000_u32;
    let settings = (
        option::of(delay().prop_map(LinkChange::Latency)),
        option::of(part().prop_map(|per_million| LinkChange::Loss { per_million })),
        option::of(part().prop_map(|per_million| LinkChange::Duplication { per_million })),
        option::of(any::<bool>().prop_map(LinkChange::Reordering)),
    );
    let traffic = (
        option::of(shape().prop_map(LinkChange::Shape)),
        option::of(option::of(1..=MAX_BANDWIDTH).prop_map(LinkChange::Bandwidth)),
        option::of((0..=MAX_QUEUE).prop_map(LinkChange::QueueLimit)),
        option::of(duration().prop_map(|time| LinkChange::Clog(time.min(MAX_CLOG)))),
    );
    let settings = (settings, traffic).prop_map(|(settings, traffic)| {
        let (latency, loss, duplication, reordering) = settings;
        let (shape, bandwidth, queue, clog) = traffic;
        let all = [latency, loss, duplication, reordering, shape, bandwidth, queue, clog];
        all.into_iter().flatten().collect::<Vec<_>>()
    });
    prop_oneof![
        Just(vec![LinkChange::Cut]),
        message_kind().prop_map(|kind| vec![LinkChange::Hold(kind)]),
        option::of(message_kind()).prop_map(|kind| vec![LinkChange::Release(kind)]),
        Just(vec![LinkChange::Restore]),
        settings.prop_filter("at least one change", |changes| !changes.is_empty()),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => "[a-z0-9_./:@+-]{1,8}".prop_map(String::into_bytes),
        1 => "\\PC{0,8}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..8),
        1 => select(vec!["none", "via", "client", "within", "any", "1"])
            .prop_map(|word| word.as_bytes().to_vec()),
        1 => select(vec!["=", "#", "\"", "\\", " ", "->"])
            .prop_map(|sign| sign.as_bytes().to_vec()),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    bytes().prop_map(Key::from)
}

fn value() -> impl Strategy<Value = Value> {
    bytes().prop_map(Value::from)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (key(), value()).prop_map(|(key, value)| Operation::Set { key, value }),
        key().prop_map(|key| Operation::Get { key }),
        key().prop_map(|key| Operation::Delete { key }),
        (key(), option::of(value()), value()).prop_map(|(key, expect, value)| Operation::Cas {
            key,
            expect,
            value
        }),
        (key(), value()).prop_map(|(key, value)| Operation::Append { key, value }),
        key().prop_map(|prefix| Operation::List { prefix }),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let policies = vec![ReadPolicy::Log, ReadPolicy::Quorum, ReadPolicy::Lease, ReadPolicy::Local];
    let client = (1..=999_u64).prop_map(ClientId);
    (operation(), option::of(selector()), select(policies), client).prop_map(
        |(operation, via, read, client)| {
            let read = if operation.is_read() { read } else { ReadPolicy::Log };
            Request { operation, via, read, client }
        },
    )
}

fn change() -> impl Strategy<Value = MembershipChange<Selector>> {
    prop_oneof![
        node().prop_map(MembershipChange::AddLearner),
        node().prop_map(MembershipChange::AddVoter),
        selector().prop_map(MembershipChange::Promote),
        selector().prop_map(MembershipChange::Demote),
        selector().prop_map(MembershipChange::Remove),
        (selector(), node()).prop_map(|(old, new)| MembershipChange::Replace { old, new }),
        vec(node(), 1..5).prop_map(MembershipChange::SetVoters),
    ]
}

fn term() -> impl Strategy<Value = Term> {
    prop_oneof![(1..=9_u64).prop_map(Term), (1..=MAX_NUMBER).prop_map(Term)]
}

fn disk_contents() -> impl Strategy<Value = DiskContents> {
    let log = (vec(term(), 0..6), option::of(0..5_u64), option::of(node()), 0..6_u64);
    let log = log.prop_map(|(mut terms, further, vote, part)| {
        terms.sort_unstable();
        let last = terms.last().copied().unwrap_or(Term(1));
        let term = further.map(|further| Term((last.0 + further).min(MAX_NUMBER)));
        let snapshot = part % (terms.len() as u64 + 1);
        DiskContents::Log { terms, term, vote, snapshot }
    });
    prop_oneof![log, vec(any::<u8>(), 0..20).prop_map(DiskContents::Image)]
}

fn disk_change() -> impl Strategy<Value = DiskChange> {
    prop_oneof![
        delay().prop_map(DiskChange::Latency),
        shape().prop_map(DiskChange::Shape),
        delay().prop_map(|delay| DiskChange::Stall(delay.max)),
        select(vec![Fsync::Works, Fsync::FailsOnce, Fsync::Fails]).prop_map(DiskChange::Fsync),
        any::<bool>().prop_map(DiskChange::Full),
        Just(DiskChange::Backup),
    ]
}

fn disk_damage() -> impl Strategy<Value = DiskDamage> {
    prop_oneof![
        option::of(record()).prop_map(|record| DiskDamage::Corrupt { record }),
        option::of((record(), record())).prop_map(|keys| DiskDamage::Misdirect { keys }),
        option::of(record()).prop_map(|record| DiskDamage::Zero { record }),
        Just(DiskDamage::Wipe),
        Just(DiskDamage::Restore),
    ]
}

/// The key of a record.
fn record() -> impl Strategy<Value = RecordKey> {
    let fixed = vec![
        RecordKey::HardState,
        RecordKey::HardStateCopy,
        RecordKey::Snapshot,
        RecordKey::SnapshotMark,
        RecordKey::LogEnd,
        RecordKey::Bootstrap,
        RecordKey::BootstrapCopy,
    ];
    prop_oneof![
        select(fixed),
        (1..=MAX_NUMBER).prop_map(|index| RecordKey::Entry(LogIndex(index))),
        (1..=MAX_NUMBER).prop_map(RecordKey::SnapshotFile),
    ]
}

/// Some settings of one node.
fn setting_changes() -> impl Strategy<Value = Vec<SettingChange>> {
    let changes =
        setup().prop_map(|setup| SettingChange::between(&Settings::default(), &setup.settings));
    (changes, vec(any::<bool>(), 17)).prop_map(|(changes, kept)| {
        let drawn = changes.iter().zip(kept).filter(|(_, kept)| *kept).map(|(change, _)| *change);
        let drawn: Vec<SettingChange> = drawn.collect();
        if drawn.is_empty() { vec![SettingChange::PreVote(false)] } else { drawn }
    })
}

/// Settings within their bounds.
fn setup() -> impl Strategy<Value = Setup> {
    let millis = |range: std::ops::RangeInclusive<u64>| range.prop_map(Duration::from_millis);
    let times = (millis(1..=50), millis(51..=200), millis(0..=300), delay(), delay());
    let clients = (millis(1..=5000), millis(1..=60_000));
    let numbers = (1..=9_u64, 0..=9_u64, any::<u64>(), 0..=1000_u64);
    let down = vec(1..=9_u64, 0..3);
    (protocol(), times, (shape(), shape()), clients, numbers, down).prop_map(
        |(protocol, times, (link_shape, disk_shape), clients, numbers, down)| {
            let (heartbeat_interval, election_timeout_min, more, link_latency, disk_latency) =
                times;
            let (nodes, learners, seed, run) = numbers;
            Setup {
                nodes,
                learners,
                seed,
                link_latency,
                link_shape,
                disk_latency,
                disk_shape,
                client_timeout: clients.0,
                client_patience: clients.1,
                run,
                down: down.into_iter().filter(|id| *id <= nodes + learners).map(NodeId).collect(),
                settings: Settings {
                    heartbeat_interval,
                    election_timeout_min,
                    election_timeout_max: election_timeout_min + more,
                    ..protocol.settings
                },
                ..protocol
            }
        },
    )
}

/// What of the protocol is on, and how much goes into a message.
fn protocol() -> impl Strategy<Value = Setup> {
    let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 0..=500_000_u32);
    let size = || (1..=64_u64, select(vec![1, 1 << 10, 1 << 20]));
    let bytes = (1..=1000_usize, 1..=1000_usize, 1..=20_000_usize, 1..=1000_usize);
    let snapshots = (1..=20_000_u64, 0..=20_000_u64, size(), size());
    let sizes = (1..=1000_usize, 1..=100_usize, size(), snapshots, size(), bytes);
    (switches, sizes, driver(), bugs()).prop_map(|(switches, sizes, driver, bugs)| {
        let (pre_vote, check_quorum, lease, forward_proposals, max_clock_drift_ppm) = switches;
        let (max_batch_entries, max_in_flight, uncommitted, snapshots, chunk, bytes) = sizes;
        let (snapshot_threshold, trailing_entries, log, command) = snapshots;
        let (max_batch_bytes, max_in_flight_bytes, max_pending_requests, sessions) = bytes;
        Setup {
            sessions,
            driver,
            bugs,
            settings: Settings {
                pre_vote,
                check_quorum,
                lease_reads: lease && check_quorum,
                max_clock_drift_ppm,
                forward_proposals,
                max_batch_entries,
                max_in_flight,
                max_batch_bytes,
                max_in_flight_bytes,
                max_pending_requests,
                max_uncommitted_bytes: uncommitted.0 * uncommitted.1,
                // Few enough pieces.
                max_snapshot_bytes: (uncommitted.0 * uncommitted.1).min((chunk.0 * chunk.1) << 30),
                max_command_bytes: (command.0 * command.1) as usize,
                snapshot_threshold,
                snapshot_threshold_bytes: log.0 * log.1,
                trailing_entries,
                snapshot_chunk_bytes: (chunk.0 * chunk.1) as usize,
                ..Settings::default()
            },
            ..Setup::default()
        }
    })
}

fn driver() -> impl Strategy<Value = Driver> {
    let delay = || (0..=10_000_u64).prop_map(Duration::from_millis);
    let state = select(vec![StatePlace::Memory, StatePlace::Disk]);
    let files = (any::<bool>(), any::<bool>());
    let snapshots = (0..=1_000_000_u32, any::<bool>(), files);
    (delay(), delay(), state, snapshots).prop_map(|(gather, report, state, snapshots)| {
        let (failing_snapshots_ppm, own_encoding, (snapshot_files, disk_files)) = snapshots;
        Driver {
            gather,
            report,
            failing_snapshots_ppm,
            state,
            own_encoding,
            snapshot_files,
            disk_files,
        }
    })
}

/// Rules that are off; none in a build without switches.
fn bugs() -> impl Strategy<Value = Switches> {
    let switches: Vec<Switch> = Switch::all().collect();
    let most = if switches.is_empty() { 0 } else { 2 };
    vec(any::<Index>(), 0..=most)
        .prop_map(move |drawn| drawn.iter().map(|index| *index.get(&switches)).collect())
}

/// `None` in a build without switches.
fn rule_action() -> impl Strategy<Value = Option<RuleAction>> {
    let switches: Vec<Switch> = Switch::all().collect();
    (0..3, any::<Index>()).prop_map(move |(kind, index)| {
        let rule = switches.get(index.index(switches.len().max(1)))?;
        Some(match kind {
            0 => RuleAction::Break(*rule),
            1 => RuleAction::Mend(*rule),
            _ => RuleAction::MendAll,
        })
    })
}
