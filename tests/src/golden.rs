//! Plays golden scripts: a situation is set up in the language of the console, then what the
//! cluster did is printed and compared with the transcript in the script.
//!
//! A line that starts with `>` is a line of the language. The other commands are the runner's own:
//!
//! - `show [core] [heartbeats] [messages] [disks] [clients]`: which events the following lines
//!   print; `show` alone none. At the start: `core clients`, and faults, which are always printed.
//!   Of the decisions of the core, `elections`, `changes` (of the membership) and `snapshots` show
//!   only what their name says.
//! - `nodes`: the state of every node; its membership if that is not the one the cluster began
//!   with.
//! - `progress`: how far the leader believes each other server to be.
//! - `logs`: the terms of every node's log, committed entries before the bar.
//! - `stores`: the keys and values of every node.
//! - `suspended`: which properties could not be demanded for a while, or cannot now, and why.
//!
//! At the end of every script all properties must hold.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use goldenscript::{Argument, Command, Context};
use raft_core::{
    CommitTrace, ElectionTrace, LogIndex, Membership, MembershipTrace, PreVoteTrace, ProgressKind,
    ReplicationTrace, RoleKind, SnapshotTrace, TermTrace, Trace,
};
use raft_script::{Run, Script, Session, SourceLine, Started, Statement, Stepped};
use raft_sim::{
    DiskEvent, Event, EventKind, MessageEvent, NodeState, SimNode, StateMachineEvent, World,
};

test_each_file::test_each_path! { in "./tests/scripts" => play }

fn play(path: &Path) {
    goldenscript::run(&mut Player::new(), path).expect("the script can be played");
}

struct Player {
    /// The statements that make the world; it begins with the first other line.
    opening: Script,
    session: Option<Session>,
    shown: Vec<String>,
}

impl Player {
    fn new() -> Self {
        let shown = vec!["core".into(), "clients".into()];
        Self { opening: Script::default(), session: None, shown }
    }

    fn world(&mut self) -> Result<&World, Box<dyn Error>> {
        self.session().map(|session| session.world())
    }

    fn session(&mut self) -> Result<&mut Session, Box<dyn Error>> {
        if self.session.is_none() {
            let (session, _) = Session::open(&self.opening).map_err(|error| error.to_string())?;
            self.session = Some(session);
        }
        self.session.as_mut().ok_or_else(|| "no session".into())
    }

    /// One line of the language: what happens until it is done.
    fn statement(&mut self, text: &str) -> Result<String, Box<dyn Error>> {
        let statement = raft_script::parse_line(text)?.ok_or("an empty line")?;
        if matches!(statement, Statement::Cluster(_) | Statement::DiskContents { .. })
            && self.session.is_none()
        {
            self.opening.statements.push(SourceLine { number: 1, statement });
            return Ok(String::new());
        }
        let shown = self.shown.clone();
        let session = self.session()?;
        let mut output = String::new();
        let started = session.start(&statement);
        print_events(&mut output, session.events(), &shown);
        let mut finished = match started {
            // The events have said it.
            Ok(Started::Done(_)) => return Ok(output),
            Ok(Started::Waiting) => None,
            Err(error) => Some(Err(error)),
        };
        while finished.is_none() {
            finished = match session.step() {
                Stepped::Finished(result) => Some(result),
                Stepped::Event => None,
                Stepped::Nothing => return Err("nothing will ever happen again".into()),
            };
            print_events(&mut output, session.events(), &shown);
        }
        let _ = match finished {
            // Also when transcripts are written anew: what a script expects has to hold.
            Some(Err(error)) => return Err(format!("{output}{text}: {error}").into()),
            // That time has passed needs no saying.
            Some(Ok(_))
                if matches!(statement, Statement::Run(Run::For(_)) | Statement::At { .. }) =>
            {
                Ok(())
            }
            Some(Ok(reply)) => writeln!(output, "{reply}"),
            None => Ok(()),
        };
        Ok(output)
    }
}

fn nodes(world: &World) -> String {
    let first = Membership::new(world.setup().voter_ids());
    let mut output = String::new();
    for node in world.nodes() {
        let Some(core) = node.core() else {
            let _ = writeln!(output, "node {}: {}", node.id(), node.state());
            continue;
        };
        let vote = core.voted_for().map_or("none".to_owned(), |id| id.to_string());
        let _ = write!(
            output,
            "node {}: {} term={} voted_for={vote} last_log={} commit_index={} last_applied={}",
            node.id(),
            role(node, core),
            core.current_term(),
            core.log().last(),
            core.commit_index(),
            core.last_applied(),
        );
        let _ = match core.membership() {
            membership if *membership == first => writeln!(output),
            membership if membership.is_empty() => writeln!(output, " members=(none known)"),
            membership => writeln!(output, " members=({membership})"),
        };
    }
    output
}

/// What a node does, in its own opinion.
fn role(node: &SimNode, core: &raft_core::Node) -> String {
    let follower = match core.membership().is_learner(node.id()) {
        true if !core.membership().is_voter(node.id()) => "learner",
        _ => "follower",
    };
    match (core.role(), core.leader()) {
        _ if node.state() == NodeState::Paused => "paused".to_owned(),
        (RoleKind::Follower, Some(leader)) => format!("{follower} of {leader}"),
        (RoleKind::Follower, None) => follower.to_owned(),
        (role, _) => role.to_string(),
    }
}

fn progress(world: &World) -> String {
    let Some(core) = world.leader().and_then(|leader| world.node(leader)?.core()) else {
        return "no node leads".to_owned();
    };
    let mut output = String::new();
    for peer in core.status().peers {
        let state = match peer.state {
            ProgressKind::Probe => "probe".to_owned(),
            ProgressKind::Replicate => "replicate".to_owned(),
            ProgressKind::Snapshot { received, total } => {
                format!("snapshot received={received} of {total}")
            }
        };
        let _ = writeln!(
            output,
            "node {} about node {}: {state} match_index={} next_index={} in_flight={}",
            core.id(),
            peer.id,
            peer.match_index,
            peer.next_index,
            peer.in_flight,
        );
    }
    output
}

fn logs(world: &World) -> String {
    let mut output = String::new();
    for node in world.nodes() {
        let Some(core) = node.core() else {
            let _ = writeln!(output, "node {}: {}", node.id(), node.state());
            continue;
        };
        let log = core.log();
        let _ = write!(output, "node {}:", node.id());
        if log.base().index > LogIndex(0) {
            let _ = write!(output, " [snapshot through {}]", log.base());
        }
        for entry in log.iter_from(log.first_index()) {
            if entry.index == core.commit_index().next() {
                output.push_str(" |");
            }
            let _ = write!(output, " {}", entry.term);
        }
        output.push('\n');
    }
    output
}

fn stores(world: &World) -> String {
    let mut output = String::new();
    for node in world.nodes() {
        let _ = write!(output, "node {}:", node.id());
        for (key, value) in node.store().into_iter().flat_map(|store| store.iter()) {
            let _ = write!(output, " {key}={value}");
        }
        output.push('\n');
    }
    output
}

fn suspended(session: &Session) -> String {
    let mut output = String::new();
    for result in session.checks().results() {
        if let Some(suspension) = &result.suspension {
            let _ = writeln!(output, "{}: {suspension}", result.property.name);
        }
    }
    if output.is_empty() { "none".to_owned() } else { output }
}

fn print_events(output: &mut String, events: &[Event], shown: &[String]) {
    for event in events.iter().filter(|event| is_shown(event, shown)) {
        let _ = writeln!(output, "{event}");
    }
}

fn is_shown(event: &Event, shown: &[String]) -> bool {
    let topics: &[&str] = match &event.kind {
        EventKind::Core { trace, .. } => topics(trace),
        EventKind::StateMachine { event: StateMachineEvent::Applied { .. }, .. } => &["core"],
        EventKind::Message { event: MessageEvent::Replayed { .. }, .. } => return true,
        EventKind::Message { .. } => &["messages"],
        EventKind::Disk {
            event: DiskEvent::WriteIssued { .. } | DiskEvent::WriteDurable { .. },
            ..
        } => &["disks"],
        EventKind::Client { .. } => &["clients"],
        EventKind::StateMachine { .. }
        | EventKind::Disk { .. }
        | EventKind::Process { .. }
        | EventKind::Network(_)
        | EventKind::Cluster(_) => return true,
    };
    shown.iter().any(|shown| topics.contains(&shown.as_str()))
}

/// The topics to which a decision belongs.
fn topics(trace: &Trace) -> &'static [&'static str] {
    match trace {
        Trace::Replication(ReplicationTrace::EntriesAccepted { new_entries: 0, .. }) => {
            &["heartbeats"]
        }
        Trace::Election(ElectionTrace::BecameLeader { .. })
        | Trace::Term(TermTrace::SteppedDown { .. }) => &["core", "elections", "changes"],
        Trace::PreVote(PreVoteTrace::Started { .. })
        | Trace::PreVote(PreVoteTrace::Granted { .. })
        | Trace::PreVote(PreVoteTrace::Refused { .. })
        | Trace::PreVote(PreVoteTrace::Counted { .. })
        | Trace::Election(ElectionTrace::Started { .. })
        | Trace::Election(ElectionTrace::VoteGranted { .. })
        | Trace::Election(ElectionTrace::VoteRefused { .. })
        | Trace::Election(ElectionTrace::VoteCounted { .. }) => &["core", "elections"],
        Trace::Membership(MembershipTrace::ChangeStarted { .. })
        | Trace::Membership(MembershipTrace::ChangeRefused { .. })
        | Trace::Membership(MembershipTrace::CatchUpStalled { .. })
        | Trace::Membership(MembershipTrace::Adopted { .. })
        | Trace::Membership(MembershipTrace::RolledBack { .. })
        | Trace::Commit(CommitTrace::Committed { .. }) => &["core", "changes"],
        Trace::Snapshot(SnapshotTrace::Sent { .. })
        | Trace::Snapshot(SnapshotTrace::ChunkStored { .. })
        | Trace::Snapshot(SnapshotTrace::Abandoned { .. })
        | Trace::Snapshot(SnapshotTrace::Installed { .. }) => &["core", "snapshots"],
        _ => &["core"],
    }
}

impl goldenscript::Runner for Player {
    type Command = Command;

    fn run(&mut self, command: &Command, _: &Context) -> Result<String, Box<dyn Error>> {
        let words = command.args.iter().filter_map(|argument| match argument {
            Argument::Positional(word) => Some(word.clone()),
            _ => None,
        });
        match command.name.as_str() {
            "show" => {
                self.shown = words.collect();
                Ok(String::new())
            }
            "nodes" => Ok(nodes(self.world()?)),
            "progress" => Ok(progress(self.world()?)),
            "logs" => Ok(logs(self.world()?)),
            "stores" => Ok(stores(self.world()?)),
            "suspended" => Ok(suspended(self.session()?)),
            line => self.statement(line),
        }
    }

    fn end_script(&mut self) -> Result<(), Box<dyn Error>> {
        match self.session()?.checks().violation() {
            Some(violation) => Err(violation.description.clone().into()),
            None => Ok(()),
        }
    }
}
