//! `helios experiment`: measurements with this core. The dials are those of `raft-experiment`.

mod arguments;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use raft_experiment::{ExperimentPlan, NotMeasured, TrialResults};

pub(crate) use self::arguments::ExperimentArguments;
use crate::output::to_stdout;
use crate::progress::Progress;
use crate::threads::spread;

/// Runs the experiment; the exit code.
pub(crate) fn run(arguments: &ExperimentArguments) -> io::Result<u8> {
    let plan = match ExperimentPlan::new(arguments.request.clone()) {
        Ok(plan) => plan,
        Err(error) => return Ok(refuse(&error.to_string())),
    };
    // A path that cannot be written to is reported before the work, not after it.
    let opened = (opened(arguments.csv.as_ref(), "CSV"), opened(arguments.svg.as_ref(), "SVG"));
    let (csv, svg) = match opened {
        (Ok(csv), Ok(svg)) => (csv, svg),
        (Err(message), _) | (_, Err(message)) => return Ok(refuse(&message)),
    };
    let results = match measure(&plan, arguments.jobs) {
        Ok(results) => results,
        Err(impossible) => return Ok(refuse(&impossible.to_string())),
    };
    let report = plan.report(&results);
    for (file, text, what) in [(csv, report.csv(), "CSV"), (svg, report.svg(), "SVG")] {
        if let Some(mut file) = file
            && let Err(error) = file.write_all(text.as_bytes())
        {
            return Ok(refuse(&format!("cannot write the {what}: {error}")));
        }
    }
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    to_stdout(|out| match arguments.json {
        true => writeln!(out, "{}", serde_json::to_string(&report)?),
        false => write!(out, "{}", report.text(colour)),
    })?;
    Ok(0)
}

/// Runs all trials on several threads. The results do not depend on the threads.
fn measure(plan: &ExperimentPlan, jobs: usize) -> Result<TrialResults, NotMeasured> {
    let all = plan.places();
    let bar = Progress::bar(all);
    let mut results = plan.no_results();
    let mut done = 0;
    let ended: Result<(), NotMeasured> = spread(
        (jobs, all as usize),
        |place| plan.run(place as u64),
        |place, outcome| {
            plan.add(&mut results, place as u64, outcome?);
            done += 1;
            bar.set_position(done);
            bar.set_words(|| format!("{done} of {all} trials"));
            Ok(())
        },
    );
    ended.map(|()| results)
}

fn opened(path: Option<&PathBuf>, what: &str) -> Result<Option<File>, String> {
    let opened = path.map(File::create).transpose();
    opened.map_err(|error| format!("cannot write the {what}: {error}"))
}

fn refuse(why: &str) -> u8 {
    eprintln!("helios: {why}");
    2
}
