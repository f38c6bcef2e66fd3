//! `helios open`: a link that opens a moment of a script's run in the page.

use std::io;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use raft_core::Instant;
use raft_lab::{Lab, LinkedPage, MomentLink};
use raft_script::{Capacity, RunReport};
use raft_sim::units::digits;

use crate::caught::caught;
use crate::input;
use crate::output::to_stdout;
use crate::run;

/// The real time of one tick.
const TICK: Duration = Duration::from_millis(50);

/// Print a link that opens a moment of a script's run in the page.
///
/// The script runs as with `helios run`, to its end or to where it fails. The link holds the run up
/// to the moment; the page asks before it plays it, and says so if its version of Helios computes
/// another run. A link has at most 32,768 characters after `#`, so a very long run needs a file:
/// `Open` in the page takes it.
///
/// Exit code: 0 if the script holds, 1 if it does not (the link is printed), 2 if there is no link:
/// the file cannot be read or is not a script, an assertion of the core fails, the run has no such
/// moment, or the link is too long.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct OpenArguments {
    /// Script to run; `-` is standard input.
    file: String,
    /// Moment to show: a virtual time such as `1.5s`, or a number of steps. The end by default.
    #[arg(long, value_name = "TIME|STEPS", value_parser = place)]
    at: Option<Place>,
    /// Address of the page; the default is that of `cargo xtask serve`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/", value_parser = page)]
    page: String,
}

/// A place in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Time(Instant),
    Steps(u64),
}

/// Prints the link of one file.
pub(crate) fn open(arguments: &OpenArguments) -> io::Result<u8> {
    let OpenArguments { file, at, page } = arguments;
    let script = match run::read(file).map(|text| raft_script::parse(&text)) {
        Ok(Ok(script)) => script,
        Ok(Err(error)) => return Ok(refused(file, &error.to_string())),
        Err(message) => return Ok(refused(file, &message)),
    };
    let report = match caught(|| raft_script::run(&script, &mut |_| {})) {
        Ok(report) => report,
        Err(message) => return Ok(refused(file, &format!("an assertion failed: {message}"))),
    };
    let link = link_to_end(file, &report).and_then(|end| match at {
        Some(place) => link_to(&end, *place),
        None => Ok(end),
    });
    let fragment = link.and_then(|link| link.to_fragment().map_err(|error| error.to_string()));
    match fragment {
        Ok(fragment) => to_stdout(|out| writeln!(out, "{page}#{fragment}"))?,
        Err(message) => return Ok(refused(file, &message)),
    }
    if let Some(failure) = report.failure {
        eprintln!("{file}: line {}: {}", failure.line, failure.error);
        return Ok(1);
    }
    Ok(0)
}

/// Says why there is no link. The exit code.
fn refused(file: &str, message: &str) -> u8 {
    eprintln!("{file}: {message}");
    2
}

/// The link to the end of a run. An error is in words.
fn link_to_end(file: &str, report: &RunReport) -> Result<MomentLink, String> {
    let title = match file {
        "-" => "A script".into(),
        file => Path::new(file).file_name().unwrap_or_default().to_string_lossy(),
    };
    match (&report.session, &report.failure) {
        (Some(session), _) => Ok(MomentLink::of(session, &title, LinkedPage::default())),
        (None, Some(failure)) => Err(format!("line {}: {}", failure.line, failure.error)),
        (None, None) => Err("it has no cluster".to_owned()),
    }
}

/// The link to an earlier moment of the run. An error is in words.
fn link_to(end: &MomentLink, place: Place) -> Result<MomentLink, String> {
    let is_after = match place {
        Place::Time(time) => time > end.at,
        Place::Steps(steps) => steps > end.steps,
    };
    if is_after {
        return Err(format!(
            "the run ends at {}, after {} steps: --at is later",
            end.at, end.steps
        ));
    }
    let mut lab = Lab::open_link(end).map_err(|error| error.to_string())?;
    lab.set_capacity(Capacity::RUN);
    while lab.pacing().running {
        lab.tick(TICK, TICK);
    }
    match place {
        Place::Time(time) => lab.show_at(time),
        Place::Steps(steps) => lab.show(steps),
    }
    lab.finish_seeking();
    Ok(lab.link(&end.title, LinkedPage::default()))
}

fn place(word: &str) -> Result<Place, String> {
    let steps = digits(word).map(Place::Steps);
    let place = steps.or_else(|| input::time(word).ok().map(Place::Time));
    place.ok_or_else(|| "a time such as 1.5s, or a number of steps, is expected".to_owned())
}

fn page(address: &str) -> Result<String, String> {
    match address.contains('#') {
        true => Err("an address without `#` is expected".to_owned()),
        false => Ok(address.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_time_or_a_number_of_steps() {
        assert_eq!(place("1200"), Ok(Place::Steps(1200)));
        assert_eq!(place("1.5s"), Ok(Place::Time(Instant(1_500_000))));
        for wrong in ["", "-1", "1.5", "later", "5 s"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }
}
