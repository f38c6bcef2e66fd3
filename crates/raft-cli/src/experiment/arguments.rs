//! The arguments: one subcommand for each experiment, with an option for each of its dials.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use raft_experiment::{Dial, Dials, Experiment, ExperimentRequest, MAX_TRIALS};

use crate::threads::cores;

/// What `helios experiment` is told.
#[derive(Clone)]
pub(crate) struct ExperimentArguments {
    pub(crate) request: ExperimentRequest,
    /// The number of threads.
    pub(crate) jobs: usize,
    pub(crate) csv: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) json: bool,
}

/// Earlier names of dials.
const ALIASES: [(&str, &str); 2] = [("latency", "link-latency"), ("disk", "disk-latency")];

impl Args for ExperimentArguments {
    fn augment_args(command: Command) -> Command {
        command
            .about("Measure a cluster, as in the literature, with this core")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(Experiment::ALL.map(subcommand))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ExperimentArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let named = matches.subcommand();
        let found = named.and_then(|(name, own)| Some((Experiment::named(name)?, own)));
        let (experiment, own) =
            found.ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        let number = |name: &str| own.get_one::<u64>(name).copied();
        let value = |dial: &Dial| {
            let values = own.get_one::<String>(dial.name)?;
            Some((dial.name.to_owned(), values.clone()))
        };
        let request = ExperimentRequest {
            experiment,
            dials: Dials(experiment.dials().iter().filter_map(value).collect()),
            seed: number("seed").unwrap_or(1),
            trials: number("trials").unwrap_or_else(|| experiment.default_trials()),
        };
        Ok(Self {
            request,
            jobs: number("jobs").map_or_else(cores, |jobs| jobs as usize),
            csv: own.get_one("csv").cloned(),
            svg: own.get_one("svg").cloned(),
            json: own.get_flag("json"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn subcommand(experiment: Experiment) -> Command {
    let after = "A dial takes one value, or several with commas between them: each combination of \
                 values is a row of the table and a curve of the chart.\n\n\
                 Exit code: 0, or 2 if a dial is wrong, a file cannot be written or a trial cannot \
                 be measured.";
    let file = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
    };
    let number = |name: &'static str, most: u64| {
        Arg::new(name).long(name).value_parser(value_parser!(u64).range(1..=most))
    };
    let trials = experiment.default_trials();
    let jobs = "Number of threads; one for each core by default. The results do not depend on it";
    Command::new(experiment.name())
        .about(experiment.title())
        .long_about(format!("{}.\n\n{}", experiment.title(), experiment.method()))
        .after_help(after)
        .args(experiment.dials().iter().map(option))
        .arg(
            number("trials", MAX_TRIALS).value_name("N").help(format!(
                "Number of trials of each combination of values [default: {trials}]"
            )),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_parser(value_parser!(u64))
                .help("Seed of all random numbers [default: 1]"),
        )
        .arg(number("jobs", 256).value_name("J").help(jobs))
        .arg(file("csv", "Also write the table to this file, with the values of all dials"))
        .arg(file("svg", "Also write the charts to this file"))
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print table, charts and notes as JSON"),
        )
}

fn option(dial: &'static Dial) -> Arg {
    let aliases = ALIASES.iter().filter(|(name, _)| *name == dial.name).map(|(_, old)| *old);
    let (meaning, notation, default) = (dial.meaning, dial.notation(), dial.default);
    Arg::new(dial.name)
        .long(dial.name)
        .aliases(aliases)
        .value_name("VALUES")
        .help(format!("{meaning}: {notation} [default: {default}]"))
}
