//! Plays golden scripts. A script sets up a situation in the language of the console; the runner
//! prints the events and states of the cluster and compares them with the transcript in the script.
//! A line about a change of role or term shows it, for example `[leader@1 → follower@2]`.
//!
//! A line that starts with `>` is a line of the language. The other commands are the runner's own:
//!
//! - `show [core] [heartbeats] [timers] [messages] [disks] [clients]`: the events that the next
//!   lines print; `show` alone: none. The default is `core clients`. Faults are always printed.
//!   `elections`, `changes` (of the membership) and `snapshots` are parts of `core`.
//! - `nodes`: the state of every node, and its membership if it is not the first one.
//! - `progress`: the leader's progress about each other server.
//! - `logs`: the terms of every node's log, committed entries before the bar.
//! - `stores`: the keys and values of every node.
//! - `suspended`: the properties that are or were suspended, and why.
//!
//! - `broken`: the verdict on the property that is broken.
//!
//! At the end of every script all properties must hold, unless the script asked what is broken.
//!
//! The scripts in `bugs` switch rules off. They are played by builds with the feature only, which
//! also play them with all rules on: then nothing is broken.

mod events;
mod tables;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use goldenscript::{Argument, Command, Context};
use raft_script::{Run, Script, Session, SourceLine, Started, Statement, Stepped};
use raft_sim::World;

use self::events::EventPrinter;

test_each_file::test_each_path! { in "./tests/scripts" => play }

fn play(path: &Path) {
    // The README beside the scripts.
    if path.extension().is_some_and(|extension| extension == "md") {
        return;
    }
    let switches_rules = path.parent().is_some_and(|folder| folder.ends_with("bugs"));
    if switches_rules && !cfg!(feature = "bugs") {
        return;
    }
    goldenscript::run(&mut Player::new(), path).expect("the script can be played");
    if switches_rules {
        nothing_is_broken_with_all_rules(path);
    }
}

fn nothing_is_broken_with_all_rules(path: &Path) {
    let text = std::fs::read_to_string(path).expect("the script can be read");
    let lines = text.lines().filter_map(|line| line.strip_prefix("> "));
    let mut script = raft_script::parse(&lines.collect::<Vec<_>>().join("\n")).expect("a script");
    script.statements.retain(|line| !line.statement.switches_rules());
    let report = raft_script::run(&script, &mut |_| {});
    assert!(report.failure.is_none(), "with all rules on: {:?}", report.failure);
}

struct Player {
    /// The statements that set up the world. It starts with the first other line.
    opening: Script,
    session: Option<Session>,
    printer: EventPrinter,
    /// Whether the transcript has the verdict on a broken property.
    tells_violation: bool,
}

impl Player {
    fn new() -> Self {
        Self {
            opening: Script::default(),
            session: None,
            printer: EventPrinter::new(),
            tells_violation: false,
        }
    }

    /// The verdict on the property that is broken.
    fn broken(&mut self) -> Result<String, Box<dyn Error>> {
        self.tells_violation = true;
        let violation = self.session()?.checks().violation().ok_or("nothing is broken")?;
        Ok(violation.description.to_string())
    }

    fn world(&mut self) -> Result<&World, Box<dyn Error>> {
        self.session().map(|session| session.world())
    }

    fn session(&mut self) -> Result<&mut Session, Box<dyn Error>> {
        if self.session.is_none() {
            let (session, _) = Session::open(&self.opening).map_err(|error| error.to_string())?;
            // The state before the first event.
            self.printer.changes(session.world());
            self.session = Some(session);
        }
        self.session.as_mut().ok_or_else(|| "no session".into())
    }

    /// Carries out a line of the language and prints the events until its end.
    fn statement(&mut self, text: &str) -> Result<String, Box<dyn Error>> {
        let statement = raft_script::parse_line(text)?.ok_or("an empty line")?;
        if statement.is_opening() && self.session.is_none() {
            self.opening.statements.push(SourceLine { number: 1, statement });
            return Ok(String::new());
        }
        self.session()?;
        let Self { session: Some(session), printer, .. } = self else {
            return Err("no session".into());
        };
        let mut output = String::new();
        let started = session.start(&statement);
        printer.print(&mut output, session);
        let mut finished = match started {
            // The events are the reply.
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
            printer.print(&mut output, session);
        }
        let _ = match finished {
            // Also when transcripts are written anew: what a script expects has to hold.
            Some(Err(error)) => return Err(format!("{output}{text}: {error}").into()),
            // The end of a wait is no news.
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

impl goldenscript::Runner for Player {
    type Command = Command;

    fn run(&mut self, command: &Command, _: &Context) -> Result<String, Box<dyn Error>> {
        let words = command.args.iter().filter_map(|argument| {
            let Argument::Positional(word) = argument else { return None };
            Some(word.clone())
        });
        match command.name.as_str() {
            "show" => {
                self.printer.shown = words.collect();
                Ok(String::new())
            }
            "nodes" => Ok(tables::nodes(self.world()?)),
            "progress" => Ok(tables::progress(self.world()?)),
            "logs" => Ok(tables::logs(self.world()?)),
            "stores" => Ok(tables::stores(self.world()?)),
            "broken" => self.broken(),
            "suspended" => Ok(tables::suspended(self.session()?)),
            line => self.statement(line),
        }
    }

    fn end_script(&mut self) -> Result<(), Box<dyn Error>> {
        let is_told = self.tells_violation;
        match self.session()?.checks().violation() {
            Some(violation) if !is_told => Err(violation.description.to_string().into()),
            Some(_) | None => Ok(()),
        }
    }
}
