//! The `helios` command.
#![forbid(unsafe_code)]

mod bench;
mod bugs;
mod caught;
mod certs;
mod check;
mod cluster;
mod ctl;
mod debug;
mod diagram;
mod experiment;
mod explore;
mod export;
mod find;
mod fuzz;
mod input;
mod interrupt;
mod merge;
mod node;
mod open;
mod output;
mod progress;
mod recent;
mod report;
mod rules;
mod run;
mod shrink;
mod threads;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// A server's threads free what others allocated. The system's allocator took a sixth of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Run, fuzz and check a simulated Raft cluster, which uses the real protocol core.
#[derive(Parser)]
#[command(name = "helios", version, about, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::RunArguments),
    Node(node::NodeArguments),
    Cluster(cluster::ClusterArguments),
    Ctl(ctl::CtlArguments),
    Certs(certs::CertsArguments),
    Bench(bench::BenchArguments),
    Debug(debug::DebugArguments),
    Diagram(diagram::DiagramArguments),
    Open(open::OpenArguments),
    Export(export::ExportArguments),
    Fuzz(fuzz::FuzzArguments),
    Find(find::FindArguments),
    Explore(explore::ExploreArguments),
    Merge(merge::MergeArguments),
    Experiment(experiment::ExperimentArguments),
    Shrink(shrink::ShrinkArguments),
    Bugs(bugs::BugsArguments),
    Rules(rules::RulesArguments),
    Check(check::CheckArguments),
    /// Print every statement of the command language, and the commands of a console.
    Language,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let code = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Node(arguments) => node::node(&arguments),
        Command::Cluster(arguments) => cluster::cluster(&arguments),
        Command::Ctl(arguments) => ctl::ctl(&arguments),
        Command::Certs(arguments) => certs::certs(&arguments),
        Command::Bench(arguments) => bench::bench(&arguments),
        Command::Debug(arguments) => debug::debug(&arguments),
        Command::Diagram(arguments) => diagram::diagram(&arguments),
        Command::Open(arguments) => open::open(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Fuzz(arguments) => fuzz::fuzz(&arguments),
        Command::Find(arguments) => find::find(&arguments),
        Command::Explore(arguments) => explore::explore(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Merge(arguments) => merge::merge(&arguments),
        Command::Experiment(arguments) => experiment::run(&arguments),
        Command::Shrink(arguments) => shrink::run(&arguments),
        Command::Bugs(arguments) => bugs::bugs(&arguments),
        Command::Rules(arguments) => rules::rules(&arguments),
        Command::Language => print_language().map(|()| 0),
    };
    match code {
        Ok(code) => ExitCode::from(code),
        // The reader of the output has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("helios: cannot write: {error}");
            ExitCode::from(2)
        }
    }
}

fn print_language() -> std::io::Result<()> {
    let (lines, commands) = (raft_script::help(), raft_script::console_help());
    let width = lines.iter().map(|line| line.form.len()).filter(|width| *width <= 50).max();
    let width = width.unwrap_or_default();
    output::to_stdout(|out| {
        for raft_script::HelpLine { form, meaning } in &lines {
            writeln!(out, "{form:width$}  {meaning}")?;
        }
        writeln!(out, "\nOnly in the console of the page and in `helios debug`, not in a script:")?;
        for raft_script::HelpLine { form, meaning } in &commands {
            writeln!(out, "{form:width$}  {meaning}")?;
        }
        Ok(())
    })
}
