//! A run as a Rust test, for those who use the core without the rest.
//!
//! A simulated run is what the drivers do with the cores. The test does the same with the same
//! configurations, at the same times, so its nodes send the same messages, and the schedule names
//! them by their numbers. The test has a disk for each node. If that cannot be the disk of the
//! run, there is no such test.

mod configs;
mod lines;
mod nodes;

use std::fmt::Write as _;
use std::io;
use std::ops::ControlFlow;

use raft_core::{NodeId, Recovered};
use raft_script::{RetoldCores, Session, Statement, opening_statements};
use raft_server::ReplicaInput;
use raft_sim::{CoreCall, CoreStep, DelayRange, SimNode, Switches};

use self::configs::Configs;
use self::lines::Line;
use self::nodes::Nodes;

/// The most lines that hand something over. The compiler takes some seconds for them.
const MOST_LINES: usize = 20_000;
/// The longest line, and the most characters of a statement, which may have a whole disk.
const WIDTH: usize = 100;
const LONGEST_COMMENT: usize = 400;
/// The file without the run, and the line in whose place the run comes.
const TEMPLATE: &str = include_str!("rust_test/template.rs");
const PLACE: &str = "// The configurations and the test.\n";

/// Writes the run of a session as a Rust test.
///
/// # Errors
/// Those of writing; or [`io::ErrorKind::Unsupported`], in words, if there is no such test.
pub(crate) fn write_rust_test(session: &Session, out: &mut dyn io::Write) -> io::Result<()> {
    let (configs, schedule) = told(session).map_err(|why| {
        io::Error::new(io::ErrorKind::Unsupported, format!("there is no test of this run: {why}"))
    })?;
    let (head, driver) = TEMPLATE.split_once(PLACE).expect("the template has the place");
    out.write_all(head.as_bytes())?;
    out.write_all(configs.text().as_bytes())?;
    out.write_all(b"#[test]\n#[rustfmt::skip]\n")?;
    out.write_all(b"#[allow(clippy::too_many_lines, reason = \"a line for each step\")]\n")?;
    out.write_all(b"fn the_run_is_the_same() {\n    let run = &mut Run::default();\n")?;
    out.write_all(schedule.as_bytes())?;
    out.write_all(b"}\n")?;
    out.write_all(driver.as_bytes())
}

/// The configurations and the schedule.
fn told(session: &Session) -> Result<(Configs, String), String> {
    let mut teller = Teller::default();
    // What is on a disk at the beginning is told entry by entry.
    let is_short = |it: &Statement| !matches!(it, Statement::DiskContents { .. });
    opening_statements(session.world().setup())
        .iter()
        .filter(|it| is_short(it))
        .for_each(|it| teller.statement(it));
    let mut refusal = None;
    session.retell_cores(&mut |retold| match teller.tell(retold) {
        Ok(()) => ControlFlow::Continue(()),
        Err(why) => {
            refusal = Some(why);
            ControlFlow::Break(())
        }
    });
    match refusal {
        Some(why) => Err(why),
        None => {
            teller.end(session)?;
            Ok((teller.configs, teller.text))
        }
    }
}

/// Tells what happens, line by line.
#[derive(Default)]
struct Teller {
    configs: Configs,
    nodes: Nodes,
    text: String,
    /// The number of lines that hand something over.
    count: usize,
    /// The inputs that a node was handed since its last drain.
    handed: Vec<Line>,
    /// The nodes that began with a log since the last statement or step.
    recovered: Vec<NodeId>,
    is_after_comment: bool,
}

impl Teller {
    /// Tells what drivers did with cores before this moment, after a statement or a step.
    fn tell(&mut self, retold: RetoldCores<'_>) -> Result<(), String> {
        let RetoldCores { session, statement, steps } = retold;
        if session.world().rules_off() != Switches::NONE {
            return Err("rules of the core are switched off".to_owned());
        }
        if let Some(statement) = statement {
            self.statement(statement);
        }
        for step in steps {
            self.step(step)?;
        }
        for node in std::mem::take(&mut self.recovered) {
            if let Some(core) = session.world().node(node).and_then(SimNode::core) {
                self.line(&Line::new(nodes::log_of(core)));
            }
        }
        for node in session.world().nodes() {
            if let Some((role, term)) = self.nodes.changed_role(node) {
                let call = format!("role({}, RoleKind::{role:?}, {})", node.id(), term.0);
                self.line(&Line::new(call));
            }
        }
        if self.count > MOST_LINES {
            return Err(format!("it has more than {MOST_LINES} steps of nodes"));
        }
        Ok(())
    }

    /// A comment with a statement. A blank line is before it, or a comment.
    fn statement(&mut self, statement: &Statement) {
        let text = statement.to_string();
        let text = cut(text.strip_prefix('#').unwrap_or(&text), LONGEST_COMMENT);
        if !text.is_empty() && !std::mem::replace(&mut self.is_after_comment, true) {
            self.text.push('\n');
        }
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                let _ = writeln!(self.text, "{line}");
                line.clear();
            }
            let before = if line.is_empty() { "    // " } else { " " };
            let _ = write!(line, "{before}{word}");
        }
        if !line.is_empty() {
            let _ = writeln!(self.text, "{}", cut(&line, WIDTH));
        }
    }

    fn step(&mut self, step: CoreStep) -> Result<(), String> {
        let CoreStep { node, at, call } = step;
        match call {
            CoreCall::Start { config, disk } => {
                self.compare_disk(node, &disk)?;
                if disk.snapshot.is_some() || !disk.entries.is_empty() {
                    self.recovered.push(node);
                }
                let config = self.configs.call(&config)?;
                self.line(&Line::new(format!("start({config}, {})", lines::number(at.0))));
            }
            // The process ends.
            CoreCall::Input { input: ReplicaInput::PersistFailed, .. } => {}
            CoreCall::Input { input: ReplicaInput::Timeout, deadline } => {
                self.handed.push(lines::timeout(node, at, deadline));
            }
            CoreCall::Input { input, .. } => {
                let line = lines::input(&mut self.nodes, (node, at), input)?;
                self.handed.push(line);
            }
            CoreCall::Write(write) => self.nodes.get(node).writes.push_back(write),
            CoreCall::Send { to, message } => self.nodes.get(node).sent.push((to, message)),
            CoreCall::Apply(entries) => self.nodes.get(node).applied += entries,
            CoreCall::Answer => self.nodes.get(node).answered += 1,
            CoreCall::Drained => self.drained(node),
            CoreCall::Reseed(seed) => {
                let call = format!("reseed({node}, {})", lines::hexadecimal(seed));
                self.line(&Line::new(call));
            }
            CoreCall::DrawTimeouts(DelayRange { min, max }) => {
                let micros = |time: std::time::Duration| lines::number(time.as_micros() as u64);
                let call = format!("draw_timeouts({node}, {}, {})", micros(min), micros(max));
                self.line(&Line::new(call));
            }
            CoreCall::End { lost } => {
                self.nodes.crash(node, lost)?;
                self.line(&lines::crash(node, lost));
            }
        }
        Ok(())
    }

    /// A node starts from the disk that its writes made, or from a log that a statement made up.
    fn compare_disk(&mut self, node: NodeId, found: &Recovered) -> Result<(), String> {
        let known = self.nodes.get(node);
        let made_up = if known.is_new() { known.make_up(found, node) } else { Vec::new() };
        made_up.iter().for_each(|line| self.line(line));
        let stored = &mut self.nodes.get(node).stored;
        let was_applied = std::mem::replace(&mut stored.applied, found.applied);
        if !nodes::are_same(stored, found) {
            return Err(other_disk(node));
        }
        if was_applied != found.applied {
            self.line(&Line::new(format!("applied({node}, {})", found.applied.0)));
        }
        Ok(())
    }

    /// The lines of a drain. One input is drained at once.
    fn drained(&mut self, node: NodeId) {
        let lines = std::mem::take(&mut self.handed);
        let gathers = lines.len() > 1;
        if gathers {
            self.line(&Line::new(format!("gather({node})")));
        }
        lines.iter().for_each(|line| self.line(line));
        if gathers {
            self.line(&Line::new(format!("drain({node})")));
        }
    }

    fn line(&mut self, line: &Line) {
        self.count += 1;
        self.is_after_comment = false;
        let Line { call, comment } = line;
        let call = format!("    run.{call};");
        let whole = match comment {
            Some(comment) => cut(&format!("{call} // {comment}"), WIDTH.max(call.len())),
            None => call,
        };
        self.text.push_str(&whole);
        self.text.push('\n');
    }

    /// The states of all nodes at the end.
    fn end(&mut self, session: &Session) -> Result<(), String> {
        self.text.push_str("\n    // The end.\n");
        for node in session.world().nodes() {
            match node.core() {
                Some(core) => {
                    for call in nodes::state_of(core) {
                        self.line(&Line::new(call));
                    }
                    let totals = self.nodes.get(node.id()).totals(node.id());
                    self.line(&Line::new(totals));
                }
                None => {
                    let found = node.recovered().map_err(|_| other_disk(node.id()))?;
                    self.compare_disk(node.id(), &found)?;
                    self.line(&Line::new(nodes::disk_of(node.id(), &found)));
                }
            }
        }
        Ok(())
    }
}

/// The reason why there is no test of a run with this disk.
fn other_disk(node: NodeId) -> String {
    format!(
        "the disk of node {node} is not what its writes made: it was damaged, wiped or restored, \
         or it is from an earlier run"
    )
}

/// The beginning of a text, without spaces at its end.
fn cut(text: &str, width: usize) -> String {
    let beginning: String = text.chars().take(width).collect();
    beginning.trim_end().to_owned()
}
