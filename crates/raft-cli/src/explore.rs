//! `helios explore`: all that can happen from a moment on, within bounds.

mod arguments;

use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use raft_explore::{Explorer, Progress as Explored, Reached, Witness};
use raft_script::{Condition, Session, Started, Stepped};

pub(crate) use self::arguments::ExploreArguments;
use crate::caught::caught;
use crate::fuzz::report::grouped;
use crate::interrupt::interrupted;
use crate::output::to_stdout;
use crate::progress::Progress;
use crate::run;

/// So many steps are looked at before the next look for Ctrl-C.
const SLICE: u64 = 500_000;

/// Explores. Returns the exit code.
pub(crate) fn explore(arguments: &ExploreArguments) -> io::Result<u8> {
    let begun = moment(&arguments.file, arguments.from).and_then(|session| {
        let explorer = Explorer::at(session.world(), session.checks(), arguments.bounds());
        let mut explorer = explorer.map_err(|error| format!("{}: {error}", arguments.file))?;
        let goal = arguments.goal.as_deref();
        let goal = goal.map(|text| raft_jobs::look_for(&mut explorer, text)).transpose()?;
        Ok((session, explorer, goal))
    });
    let (session, mut explorer, goal) = match begun {
        Ok(begun) => begun,
        Err(message) => {
            eprintln!("helios explore: {message}");
            return Ok(2);
        }
    };
    let started = Instant::now();
    search(&mut explorer, arguments.states, started);
    let progress = explorer.progress();
    let answer = in_words(progress, explorer.model().bounds.depth, started.elapsed());
    let Some(found) = &progress.found else {
        to_stdout(|out| writeln!(out, "{answer}"))?;
        return Ok(0);
    };
    let text = script((&session, goal.as_ref()), found, &answer);
    to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(1)
}

fn search(explorer: &mut Explorer, states: u64, started: Instant) {
    let stop = interrupted();
    let bar = Progress::bar(states);
    // The search catches the assertions of a server itself. This silences their messages.
    let _ = caught(|| {
        while !stop.load(Ordering::Relaxed) && !explorer.advance(SLICE, states).has_ended() {
            let progress = explorer.progress();
            bar.set_position(progress.states);
            bar.set_words(|| {
                let (states, depth) = (grouped(progress.states), progress.depth);
                format!("{states} states, depth {depth}, {} s", started.elapsed().as_secs())
            });
        }
    });
}

/// The moment at which a script ends, or that it reaches at a time.
fn moment(file: &str, from: Option<Duration>) -> Result<Session, String> {
    let text = run::read(file).map_err(|message| format!("{file}: {message}"))?;
    let script = raft_script::parse(&text).map_err(|error| format!("{file}: {error}"))?;
    let (mut session, lines) =
        Session::open(&script).map_err(|failure| format!("{file}: {failure}"))?;
    let from = from.map(|time| raft_core::Instant(time.as_micros() as u64));
    for line in lines {
        let failed = |error| format!("{file}: line {}: {error}", line.number);
        let mut is_going =
            matches!(session.start(&line.statement).map_err(failed)?, Started::Waiting);
        while is_going {
            let next = session.next_step_at();
            if from.is_some_and(|from| next.is_none_or(|next| next > from)) {
                session.cancel();
                break;
            }
            match session.step() {
                Stepped::Event => {}
                Stepped::Finished(result) => {
                    result.map_err(failed)?;
                    is_going = false;
                }
                Stepped::Nothing => is_going = false,
            }
        }
        if is_going {
            break;
        }
    }
    let Some(from) = from else { return Ok(session) };
    session.advance_clock(from);
    match session.world().now() == from {
        true => Ok(session),
        false => Err(format!("{file}: the script ends before or after {from}")),
    }
}

fn in_words(progress: &Explored, depth: u16, elapsed: Duration) -> String {
    let Explored { states, transitions, .. } = progress;
    let (states, steps) = (grouped(*states), grouped(*transitions));
    let seconds = elapsed.as_secs_f64();
    let counts = format!("{states} states, {steps} steps, {seconds:.1} s");
    if let Some(found) = &progress.found {
        let what = if found.reached == Reached::Goal { "it holds" } else { "a violation" };
        format!("{what} after {} steps; {counts}", progress.depth + 1)
    } else if progress.is_exhausted && progress.depth < depth {
        format!("no violation; all that can happen was explored: {counts}")
    } else if progress.is_exhausted {
        format!("no violation within {depth} steps; {counts}")
    } else {
        format!("no violation within {} steps; not all was explored: {counts}", progress.depth)
    }
}

/// The script that leads to what was found.
fn script(
    (session, goal): (&Session, Option<&Condition>),
    found: &Witness,
    answer: &str,
) -> String {
    let replayed = caught(|| raft_jobs::replayed(session.clone(), &found.steps, goal));
    let (text, is_same) = match replayed {
        Ok(replayed) => (replayed.script, replayed.is_same),
        // The assertion of a server.
        Err(_) => (String::new(), false),
    };
    let what = raft_jobs::reached_in_words(&found.reached, goal);
    let version = env!("CARGO_PKG_VERSION");
    let mut comments = format!("# Found by helios explore {version}.\n# {answer}\n# {what}\n");
    for step in &found.steps {
        comments += &format!("#   {step}\n");
    }
    if !is_same {
        comments += "# Time passes in this script, and with it the run took another way: \
                     helios run does\n# not come to that.\n";
    }
    format!("{comments}\n{text}")
}
