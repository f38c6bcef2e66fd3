//! Every event has its cause: no cause comes after its effect, each kind of event has causes of
//! certain kinds, and every chain of causes ends in an action or at the start of the world.

use std::collections::{BTreeMap, BTreeSet};

use raft_fuzz::{Plan, Profile, SeedRun};
use raft_script::Script;
use raft_sim::{
    ClientEvent, DiskEvent, DropReason, Event, EventKind, EventNumber, MessageEvent, ProcessEvent,
    StateMachineEvent,
};

/// What a node handles: each of its decisions, messages and writes is caused by one of these.
const HANDLED: &[&str] = &[
    "acted",
    "delivered",
    "files_changed",
    "recovered",
    "request_arrived",
    "restarted",
    "started",
    "timer_elapsed",
    "write_durable",
    "write_failed",
];

/// The names of the events that may cause such an event.
fn causes(kind: &EventKind) -> Vec<&'static str> {
    match kind {
        EventKind::Acted { .. } => vec![],
        EventKind::Core { .. } => handled(&[]),
        EventKind::StateMachine { event, .. } => match event {
            StateMachineEvent::Reopened { .. } => vec!["restarted"],
            StateMachineEvent::Applied { .. }
            | StateMachineEvent::Restored { .. }
            | StateMachineEvent::ReadServed { .. } => handled(&[]),
        },
        EventKind::Disk { event, .. } => match event {
            DiskEvent::WriteIssued { .. } => handled(&[]),
            DiskEvent::WriteDurable { .. } => vec!["write_issued"],
            DiskEvent::WriteFailed { .. } => vec!["write_issued", "disk_changed"],
            DiskEvent::WriteTorn { .. } => vec!["crashed"],
            DiskEvent::WritesLost { .. } => vec!["crashed", "write_failed"],
            DiskEvent::FilesChanged { .. } => handled(&["crashed", "server_added"]),
            DiskEvent::Changed { .. } | DiskEvent::Damaged { .. } | DiskEvent::Renewed { .. } => {
                vec!["acted"]
            }
        },
        EventKind::Process { event, .. } => match event {
            ProcessEvent::Started => vec!["acted", "recovered", "server_added"],
            ProcessEvent::Restarted => vec!["acted", "recovered"],
            ProcessEvent::RestartRefused { .. } => handled(&["server_added"]),
            ProcessEvent::TimerElapsed { .. } => handled(&[]),
            ProcessEvent::Crashed => vec!["acted", "recovered", "write_failed", "disk_changed"],
            ProcessEvent::Resumed | ProcessEvent::ClockChanged { .. } => vec!["acted", "recovered"],
            ProcessEvent::ConfiguredAlone
            | ProcessEvent::Reconfigured { .. }
            | ProcessEvent::Paused
            | ProcessEvent::TimeoutsSet { .. }
            | ProcessEvent::Slowed { .. } => vec!["acted"],
        },
        EventKind::Message { event, .. } => causes_of_message(event),
        EventKind::Network(_) => vec!["acted"],
        EventKind::Client { event, .. } => match event {
            ClientEvent::Invoked { .. } => vec!["acted", "load_started"],
            ClientEvent::Asked { attempt: 1, .. } => vec!["client_invoked"],
            ClientEvent::Asked { .. } | ClientEvent::GaveUp => {
                vec!["client_timed_out", "client_redirected", "client_must_retry"]
            }
            ClientEvent::Arrived { .. } | ClientEvent::TimedOut { .. } => vec!["client_asked"],
            ClientEvent::Replied { .. } => handled(&["applied"]),
            ClientEvent::Redirected { .. }
            | ClientEvent::MustRetry { .. }
            | ClientEvent::Answered { .. } => vec!["client_replied", "read_served"],
        },
        EventKind::Cluster(event) => match event {
            raft_sim::ClusterEvent::Administered { .. } => handled(&[]),
            raft_sim::ClusterEvent::ServerAdded { .. }
            | raft_sim::ClusterEvent::Recovered { .. }
            | raft_sim::ClusterEvent::LoadStarted { .. }
            | raft_sim::ClusterEvent::RuleSwitchedOff { .. }
            | raft_sim::ClusterEvent::RulesSwitchedOn { .. }
            | raft_sim::ClusterEvent::Reseeded { .. } => vec!["acted"],
        },
    }
}

/// The same for an event of a message.
fn causes_of_message(event: &MessageEvent) -> Vec<&'static str> {
    match event {
        // The second one of a message that the link doubles is sent because of the first one.
        MessageEvent::Sent { .. } => handled(&["sent"]),
        MessageEvent::Replayed { .. } => vec!["acted", "next_awaited"],
        MessageEvent::Held => vec!["sent", "replayed", "acted", "next_awaited"],
        MessageEvent::Released { .. } => vec!["acted"],
        MessageEvent::Delivered => vec!["sent", "replayed"],
        MessageEvent::Dropped { reason, .. } => match reason {
            DropReason::Lost | DropReason::QueueFull => vec!["sent", "replayed"],
            DropReason::LinkCut => vec!["link_changed"],
            DropReason::Partitioned => vec!["partitioned", "partitioned_one_way"],
            DropReason::NodeDown => {
                vec!["crashed", "restart_refused", "disk_renewed", "sent", "replayed"]
            }
            DropReason::ByCommand => vec!["acted", "next_awaited"],
        },
    }
}

fn handled(others: &[&'static str]) -> Vec<&'static str> {
    HANDLED.iter().chain(others).copied().collect()
}

/// The name of a kind, with all decisions of the core under one name.
fn name(kind: &EventKind) -> &'static str {
    kind.name()
}

/// What every event must fulfil. Returns the pairs of effect and cause that were seen.
fn judge(events: &[Event]) -> Result<BTreeSet<(&'static str, &'static str)>, String> {
    let mut sent: BTreeMap<u64, EventNumber> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (place, event) in events.iter().enumerate() {
        let wrong = |why: &str| Err(format!("event {} ({}): {why}", event.number, event.kind));
        if event.number.get() != place as u64 + 1 {
            return wrong("a number is left out");
        }
        let Some(cause) = event.cause else {
            let is_start = event.step == 0 && event.at.0 == 0;
            if !(is_start || matches!(event.kind, EventKind::Acted { .. })) {
                return wrong("it has no cause");
            }
            continue;
        };
        if cause >= event.number {
            return wrong("its cause comes after it");
        }
        let cause = &events[cause.get() as usize - 1];
        if (cause.step, cause.at) > (event.step, event.at) {
            return wrong("its cause comes later");
        }
        let names = (name(&event.kind), name(&cause.kind));
        if !causes(&event.kind).contains(&names.1) {
            return wrong(&format!("caused by event {} ({})", cause.number, cause.kind));
        }
        if !is_of_the_same_node(event, cause) {
            return wrong(&format!("caused at another node by {} ({})", cause.number, cause.kind));
        }
        seen.insert(names);
        if let Err(why) = judge_message(event, cause, &mut sent) {
            return wrong(why);
        }
    }
    Ok(seen)
}

/// A node decides because of something that reached that node.
fn is_of_the_same_node(event: &Event, cause: &Event) -> bool {
    let is_local = match &event.kind {
        EventKind::Core { .. } | EventKind::StateMachine { .. } | EventKind::Disk { .. } => true,
        EventKind::Process { event, .. } => matches!(event, ProcessEvent::TimerElapsed { .. }),
        EventKind::Message { event, .. } => matches!(event, MessageEvent::Sent { .. }),
        EventKind::Network(_)
        | EventKind::Client { .. }
        | EventKind::Cluster(_)
        | EventKind::Acted { .. } => false,
    };
    let nodes = (event.kind.node(), cause.kind.node());
    !is_local || matches!(nodes, (_, None)) || nodes.0 == nodes.1
}

/// A message is delivered because it was sent, and every message that ends was sent before.
fn judge_message(
    event: &Event,
    cause: &Event,
    sent: &mut BTreeMap<u64, EventNumber>,
) -> Result<(), &'static str> {
    let EventKind::Message { id, event: what, .. } = &event.kind else { return Ok(()) };
    match what {
        MessageEvent::Sent { .. } | MessageEvent::Replayed { .. } => {
            sent.insert(id.0, event.number);
            Ok(())
        }
        MessageEvent::Delivered => match sent.get(&id.0) {
            Some(number) if *number == cause.number => Ok(()),
            Some(_) | None => Err("another message is the cause"),
        },
        MessageEvent::Held | MessageEvent::Released { .. } | MessageEvent::Dropped { .. } => {
            sent.get(&id.0).map(drop).ok_or("the message was never sent")
        }
    }
}

/// All events of a script.
fn events_of(script: &Script) -> Vec<Event> {
    let mut events = Vec::new();
    raft_script::run(script, &mut |event| events.push(event.clone()));
    events
}

fn judge_script(text: &str) -> BTreeSet<(&'static str, &'static str)> {
    let script = raft_script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    judge(&events_of(&script)).unwrap_or_else(|wrong| panic!("{wrong}"))
}

#[test]
fn every_event_of_a_fuzzed_run_has_its_cause() {
    let mut seen = BTreeSet::new();
    for profile in Profile::ALL {
        for seed in 1..=50 {
            let mut run = SeedRun::new(&Plan::new(profile, seed));
            run.play();
            let judged = judge(&events_of(&run.script()));
            seen.extend(judged.unwrap_or_else(|wrong| panic!("{profile} {seed}: {wrong}")));
        }
    }
    for pair in [
        ("sent", "write_durable"),
        ("sent", "timer_elapsed"),
        ("timer_elapsed", "delivered"),
        ("dropped", "link_changed"),
        ("dropped", "crashed"),
        ("crashed", "write_failed"),
        ("client_replied", "applied"),
        ("client_asked", "client_timed_out"),
        ("files_changed", "write_durable"),
    ] {
        assert!(seen.contains(&pair), "{pair:?} never came; {seen:?}");
    }
}

/// Each waits for its cause in its own way: in an inbox, for a slow node, for a driver that
/// gathers or reports late, at the end of a link.
#[test]
fn what_waits_keeps_its_cause() {
    let faults = "run until leader\npause 2\nset a=1\nrun 300ms\nresume 2\nslow 3 by=20ms\n\
        set b=2\nrun 500ms\nslow 3 by=0s\nlink 1 -> 2 hold AppendEntries\nset c=3\nrun 200ms\n\
        link 1 -> 2 release AppendEntries\nrun 1s\nload 50/s for=1s\nrun 1s\nexpect safe";
    for setup in ["", "gather=20ms", "report=30ms", "snapshot-files=on snapshot=5"] {
        let seen = judge_script(&format!("cluster nodes=3 {setup}\n{faults}"));
        assert!(seen.contains(&("client_invoked", "load_started")), "{setup}: {seen:?}");
    }
}

/// What a person does to one message is caused by the statement.
#[test]
fn a_message_is_handled_because_of_the_statement() {
    let seen = judge_script(
        "cluster nodes=3 paper latency=10ms disk=1ms\ntimeout 1\nrun 5ms\nhold message 1\n\
         duplicate message 2\nrun 50ms\nrelease message 1\nrun until leader\n\
         hold next AppendEntries 1 -> 2\nrun 100ms\nrelease next AppendEntries 1 -> 2\nrun 1s",
    );
    for pair in [
        ("held", "acted"),
        ("held", "next_awaited"),
        ("released", "acted"),
        ("replayed", "acted"),
        ("delivered", "replayed"),
    ] {
        assert!(seen.contains(&pair), "{pair:?} never came; {seen:?}");
    }
}

/// The driver hands over both requests before it drains.
#[test]
fn a_driver_that_gathers_gives_each_request_its_own_cause() {
    let script = "cluster nodes=1 gather=50ms\nrun until leader\nset a=1 client=1\n\
        set b=2 client=2\nrun 1s";
    let script = raft_script::parse(script).unwrap_or_else(|error| panic!("{error}"));
    let events = events_of(&script);
    judge(&events).unwrap_or_else(|wrong| panic!("{wrong}"));
    let cause = |event: &Event| &events[event.cause.unwrap().get() as usize - 1].kind;
    let appended = events.iter().filter(|event| event.kind.full_name() == "appended");
    let client = |kind: &EventKind| {
        let EventKind::Client { client, .. } = kind else { return None };
        Some(client.0)
    };
    let from: BTreeSet<_> = appended.filter_map(|event| client(cause(event))).collect();
    assert_eq!(from, BTreeSet::from([1, 2]));
}

#[test]
fn a_wrong_cause_is_noticed() {
    let script = raft_script::parse("run until leader\nset a=1\ncrash 2\nrun 1s").unwrap();
    let events = events_of(&script);
    judge(&events).unwrap();
    let wrong = |place: usize, cause: Option<EventNumber>| {
        let mut events = events.clone();
        events[place].cause = cause;
        judge(&events).is_err()
    };
    let noticed = |name: &str, cause: fn(&Event) -> Option<EventNumber>| {
        let place = events.iter().position(|event| event.kind.name() == name);
        let place = place.unwrap_or_else(|| panic!("{name} never happens"));
        wrong(place, cause(&events[place]))
    };
    for name in ["delivered", "timer_elapsed", "write_durable", "crashed", "dropped", "applied"] {
        assert!(noticed(name, |_| None), "{name} without a cause");
        assert!(noticed(name, |event| Some(event.number)), "{name} is its own cause");
        assert!(noticed(name, |_| EventNumber::new(2)), "the start of a core causes {name}");
    }
}

/// A request sets no timer here, though it is handed over with the message that does.
#[test]
fn a_driver_that_gathers_gives_the_timer_to_the_arrival_that_set_it() {
    let requests = (0..200).map(|number| {
        let (node, client) = (number % 3 + 1, number % 50 + 1);
        format!("at +9ms set k={number} via={node} client={client}\n")
    });
    let requests: String = requests.collect();
    let seen = judge_script(&format!("cluster nodes=3 gather=60ms\nrun until leader\n{requests}"));
    assert!(seen.contains(&("timer_elapsed", "delivered")), "{seen:?}");
    assert!(!seen.contains(&("timer_elapsed", "request_arrived")), "{seen:?}");
}
