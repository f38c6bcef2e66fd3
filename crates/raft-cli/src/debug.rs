//! `helios debug`: a script in a lab like that of the page, and the commands of the page's console.

mod lines;

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal as _, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use raft_lab::{ConsoleKind, ConsoleLine, Lab, Words};
use raft_script::Capacity;

use self::lines::Lines;
use crate::caught::caught;
use crate::interrupt;
use crate::output::to_stdout;
use crate::run::read;

/// The real time of one tick: so long an interruption waits.
const TICK: Duration = Duration::from_millis(50);

/// Look at a script step by step, forward and backward.
///
/// The script runs until it ends or fails, or until a property is broken. Then every statement of
/// the language can be given, and commands that show another moment, begin branches and compare
/// them: `help` lists them. They are those of the console in the page.
///
/// Tab completes, the arrow keys recall lines, Ctrl-C stops a long `run`, Ctrl-D or `quit` ends.
/// The last 1,000 lines are kept for later runs, in `$XDG_STATE_HOME/helios/history` or
/// `~/.local/state/helios/history`. If standard input is no terminal, its lines are carried out one
/// by one, and not kept.
///
/// Exit code: 0, or 2 if the file cannot be read or is not a script, or 1 if an assertion of the
/// core fails.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct DebugArguments {
    /// The script.
    #[arg(value_name = "FILE")]
    file: String,
    /// Stop before the first statement that follows the set-up; `continue` plays the script.
    #[arg(long)]
    start: bool,
}

/// Opens the script, and carries out lines until there is none any more.
pub(crate) fn debug(arguments: &DebugArguments) -> io::Result<u8> {
    let DebugArguments { file, start } = arguments;
    let opened = read(file).and_then(|text| open(&text));
    let lab = match opened {
        Ok(lab) => Rc::new(RefCell::new(lab)),
        Err(message) => {
            eprintln!("helios: {file}: {message}");
            return Ok(2);
        }
    };
    let mut lines = Lines::of_input(&lab)?;
    let colours = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let echoes = !lines.is_terminal();
    let interrupted = interrupt::interrupted();
    let mut debugger = Debugger { lab, printed: 0, echoes, colours, interrupted };
    match caught(|| debugger.work(&mut lines, *start)) {
        Ok(result) => result.map(|()| 0),
        Err(message) => {
            eprintln!("helios: an assertion failed: {message}");
            Ok(1)
        }
    }
}

fn open(text: &str) -> Result<Lab, String> {
    let mut lab = Lab::run_script(text).map_err(|error| error.to_string())?;
    lab.set_capacity(Capacity::RUN);
    lab.set_speed(f64::INFINITY);
    Ok(lab)
}

struct Debugger {
    lab: Rc<RefCell<Lab>>,
    /// The number of the last line of the console that was printed.
    printed: u64,
    /// Whether the given lines are printed: then they are not on the screen already.
    echoes: bool,
    colours: bool,
    interrupted: &'static AtomicBool,
}

impl Debugger {
    fn work(&mut self, lines: &mut Lines, stays_at_start: bool) -> io::Result<()> {
        self.show_script(stays_at_start)?;
        loop {
            interrupt::set_idle(true);
            let now = self.lab.borrow().shown_session().world().now();
            let line = lines.next(&format!("{now}> "))?;
            interrupt::set_idle(false);
            match line {
                Some(line) if line.trim() != "quit" => self.carry_out(&line)?,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Plays the script to its end, or to what is wrong; tells that, and where it is.
    fn show_script(&mut self, stays_at_start: bool) -> io::Result<()> {
        match stays_at_start {
            true => self.lab.borrow_mut().set_running(false),
            false => self.let_time_pass(|line| match line.kind {
                ConsoleKind::Error | ConsoleKind::Info => true,
                ConsoleKind::Command | ConsoleKind::Reply | ConsoleKind::Answer => false,
            })?,
        }
        self.print_words(&self.lab.borrow().place())?;
        if self.lab.borrow().has_script() {
            let hint = "The rest of the script waits: `continue` plays it, `fork` leaves it.";
            self.print_words(&[hint.into()])?;
        }
        Ok(())
    }

    /// Carries out one line, and tells where it led.
    fn carry_out(&mut self, line: &str) -> io::Result<()> {
        let (before, place) = (self.printed, self.lab.borrow().place());
        self.lab.borrow_mut().exec(line);
        // A terminal has the given line already; others may follow, of a script.
        let is_on_screen = Cell::new(!self.echoes);
        self.let_time_pass(|line| line.kind != ConsoleKind::Command || !is_on_screen.take())?;
        let now = self.lab.borrow().place();
        let is_told = self.lab.borrow().console_after(before).any(|line| line.words == now[0]);
        if now != place && !is_told {
            self.print_words(&now)?;
        }
        Ok(())
    }

    /// Lets time pass while the lab runs, and prints what its console says meanwhile.
    fn let_time_pass(&mut self, is_wanted: impl Fn(&ConsoleLine) -> bool) -> io::Result<()> {
        self.print_console(&is_wanted)?;
        while self.lab.borrow().pacing().running {
            self.lab.borrow_mut().tick(TICK, TICK);
            if self.interrupted.swap(false, Ordering::SeqCst) {
                let mut lab = self.lab.borrow_mut();
                lab.set_running(false);
                lab.say(ConsoleKind::Info, "Interrupted: `continue` goes on.");
            }
            self.print_console(&is_wanted)?;
        }
        Ok(())
    }

    /// Prints the lines of the console that were not printed yet.
    fn print_console(&mut self, is_wanted: impl Fn(&ConsoleLine) -> bool) -> io::Result<()> {
        let lab = self.lab.borrow();
        let new: Vec<&ConsoleLine> = lab.console_after(self.printed).collect();
        self.printed = new.last().map_or(self.printed, |line| line.number);
        to_stdout(|out| {
            let mut wanted = new.iter().filter(|line| is_wanted(line));
            wanted.try_for_each(|line| self.print_line(line, out))
        })
    }

    fn print_line(&self, line: &ConsoleLine, out: &mut dyn Write) -> io::Result<()> {
        let (mark, colour) = match line.kind {
            ConsoleKind::Command => ("> ", "1"),
            ConsoleKind::Reply => ("", ""),
            ConsoleKind::Answer => ("↩ ", "32"),
            ConsoleKind::Error => ("error: ", "31"),
            ConsoleKind::Info => ("· ", "2"),
        };
        let text = harmless(&line.words);
        match self.colours && !colour.is_empty() {
            true => writeln!(out, "\x1b[{colour}m{mark}{text}\x1b[0m"),
            false => writeln!(out, "{mark}{text}"),
        }
    }

    fn print_words(&self, lines: &[Words]) -> io::Result<()> {
        to_stdout(|out| lines.iter().try_for_each(|words| writeln!(out, "{}", harmless(words))))
    }
}

/// The script may come from anybody, so its text must not control the terminal.
fn harmless(words: &Words) -> String {
    let text = words.to_string();
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}
