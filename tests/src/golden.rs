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

use std::error::Error;
use std::path::Path;

use goldenscript::{Argument, Command, Context};
use raft_trace::Transcript;

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
    goldenscript::run(&mut Player::default(), path).expect("the script can be played");
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

#[derive(Default)]
struct Player {
    transcript: Transcript,
    /// Whether the transcript has the verdict on a broken property.
    tells_violation: bool,
}

impl Player {
    /// The verdict on the property that is broken.
    fn broken(&mut self) -> Result<String, Box<dyn Error>> {
        self.tells_violation = true;
        let session = self.transcript.session()?;
        let violation = session.checks().violation().ok_or("nothing is broken")?;
        Ok(violation.description.to_string())
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
                self.transcript.show(words.collect());
                Ok(String::new())
            }
            "broken" => self.broken(),
            name => match self.transcript.table(name) {
                Some(table) => Ok(table?),
                None => Ok(self.transcript.statement(name)?),
            },
        }
    }

    fn end_script(&mut self) -> Result<(), Box<dyn Error>> {
        let is_told = self.tells_violation;
        match self.transcript.session()?.checks().violation() {
            Some(violation) if !is_told => Err(violation.description.to_string().into()),
            Some(_) | None => Ok(()),
        }
    }
}

/// A run that is exported as a golden script is one that passes.
#[test]
fn an_exported_golden_script_passes() {
    for (name, script) in [
        (
            "calm",
            "cluster nodes=3 seed=4\nset x=1\nrun until idle\nrun 100ms\nset \"a b\"=\"c  d\"",
        ),
        (
            "faults",
            "cluster nodes=5 seed=2\nrun until leader\ncrash leader\n\n# A pause.\n\
             partition 1 2 | 3 4 5\nrun 2s\nheal\nrestart all\nrun 1s\nexpect safe",
        ),
    ] {
        let script = raft_script::parse(script).expect("a script");
        let session = raft_script::run(&script, &mut |_| {}).session.expect("a session");
        let mut text = Vec::new();
        raft_trace::RunForm::Golden.write(&session, &mut text).expect("it can be written");
        let path =
            std::env::temp_dir().join(format!("helios-golden-{name}-{}", std::process::id()));
        std::fs::write(&path, &text).expect("it can be written");
        goldenscript::run(&mut Player::default(), &path).expect("it passes");
        std::fs::remove_file(&path).expect("it was there");
        let damaged = String::from_utf8(text).expect("text").replacen("becomes leader", "led", 1);
        std::fs::write(&path, damaged).expect("it can be written");
        let played = std::panic::catch_unwind(|| goldenscript::run(&mut Player::default(), &path));
        assert!(!matches!(played, Ok(Ok(()))), "another transcript does not pass");
        std::fs::remove_file(&path).expect("it was there");
    }
}
