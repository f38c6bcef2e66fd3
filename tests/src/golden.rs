//! Plays golden scripts: a situation is set up in the language of the console, then what the cluster
//! did is printed and compared with the transcript in the script.
//!
//! A line that starts with `>` is a line of the language. The other commands are the runner's own:
//!
//! - `show [core] [heartbeats] [messages] [disks] [clients]`: which events the following lines print; `show` alone
//!   none. At the start: `core clients`, and faults, which are always printed.
//! - `nodes`: the state of every node.
//! - `logs`: the terms of every node's log, committed entries before the bar.
//! - `stores`: the keys and values of every node.
//!
//! At the end of every script all properties must hold.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use goldenscript::{Argument, Command, Context};
use raft_core::{LogIndex, RoleKind, Trace};
use raft_script::{Line, Run, Script, Session, Started, Statement, Stepped};
use raft_sim::{Event, EventKind, NodeState, World};

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
            self.opening.statements.push(Line { number: 1, statement });
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
            Some(Err(error)) => writeln!(output, "error: {error}"),
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
    let mut output = String::new();
    for node in world.nodes() {
        let _ = match node.core() {
            Some(core) => {
                let role = match core.role() {
                    _ if node.state() == NodeState::Paused => "paused".to_owned(),
                    RoleKind::Follower => match core.leader() {
                        Some(leader) => format!("follower of {leader}"),
                        None => "follower".to_owned(),
                    },
                    role => role.to_string(),
                };
                let vote = core.voted_for().map_or("none".to_owned(), |id| id.to_string());
                writeln!(
                    output,
                    "node {}: {role} term={} voted_for={vote} last_log={} commit_index={} last_applied={}",
                    node.id(),
                    core.current_term(),
                    core.log().last(),
                    core.commit_index(),
                    core.last_applied(),
                )
            }
            None => writeln!(output, "node {}: {}", node.id(), node.state()),
        };
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

fn print_events(output: &mut String, events: &[Event], shown: &[String]) {
    for event in events.iter().filter(|event| is_shown(event, shown)) {
        let _ = writeln!(output, "{event}");
    }
}

fn is_shown(event: &Event, shown: &[String]) -> bool {
    let topic = match &event.kind {
        EventKind::Core { trace: Trace::EntriesAccepted { new_entries: 0, .. }, .. } => {
            "heartbeats"
        }
        EventKind::Core { .. } | EventKind::Applied { .. } => "core",
        EventKind::Sent { .. } | EventKind::Delivered { .. } | EventKind::Dropped { .. } => {
            "messages"
        }
        EventKind::WriteIssued { .. } | EventKind::WriteDurable { .. } => "disks",
        EventKind::ClientInvoked { .. }
        | EventKind::ClientAsked { .. }
        | EventKind::ClientRedirected { .. }
        | EventKind::ClientMustRetry { .. }
        | EventKind::ClientTimedOut { .. }
        | EventKind::ClientAnswered { .. }
        | EventKind::ClientGaveUp { .. } => "clients",
        _ => return true,
    };
    shown.iter().any(|shown| shown == topic)
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
            "logs" => Ok(logs(self.world()?)),
            "stores" => Ok(stores(self.world()?)),
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
