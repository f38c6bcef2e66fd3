//! Commits per second of this Raft core and of raft-rs: the same closed loop, the same state
//! machine, one thread, disks in memory.
//!
//! For each load, both first commit the same commands, and must have applied the same. Then they
//! are measured in rounds, in which they take turns and each has the same time, so that whatever
//! else the machine does meets both; of each, the best round counts. How raft-rs is driven, and
//! what would make it faster still, is said in `raft_rs`; `--variants` measures it.

#[path = "../../../crates/raft-core/benches/driver/mod.rs"]
mod driver;
mod raft_rs;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use driver::{Cluster, Length, Load, Table, grouped, loads, measure};
use raft_rs::Variant;

const PEER: &str = "raft-rs 0.7";

/// Many short rounds find a moment in which the machine does nothing else; few long ones do not.
const ROUND: Length = Length::Time(Duration::from_millis(20));

const USAGE: &str = "\
Commits per second of this Raft core and of raft-rs 0.7, and the ratio.

Options:
  --json         an array of {peer, nodes, in_flight, payload, ours, theirs, ratio}
  --nodes N      only clusters of N servers: 1, 3 or 5
  --quick        fewer rounds
  --variants     raft-rs alone, driven in other ways too";

/// What the command line asks for.
#[derive(Debug, Default)]
struct Options {
    json: bool,
    nodes: Option<usize>,
    quick: bool,
    variants: bool,
}

/// One line of the comparison, in commits per second.
#[derive(Clone, Copy, Debug)]
struct Comparison {
    load: Load,
    ours: f64,
    theirs: f64,
}

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    if options.variants {
        compare_variants(&options);
    } else if options.json {
        let objects: Vec<String> = compare_all(&options).map(Comparison::json).collect();
        println!("[\n  {}\n]", objects.join(",\n  "));
    } else {
        let table = Table::new(&["nodes", "in flight", "payload", "ours", PEER, "ratio"]);
        for comparison in compare_all(&options) {
            table.row(&comparison.cells());
        }
    }
    ExitCode::SUCCESS
}

/// Our core and raft-rs, for each load.
fn compare_all(options: &Options) -> impl Iterator<Item = Comparison> {
    let rounds = options.rounds();
    options.loads().map(move |load| compare(load, rounds))
}

fn compare(load: Load, rounds: usize) -> Comparison {
    let ours = |length| measure(load, length, Cluster::new);
    let theirs = |length| raft_rs::measure(load, length, Variant::compared(load.nodes));
    let same = Length::Commits(5_000);
    assert_eq!(ours(same).applied, theirs(same).applied, "they did not do the same");
    let mut comparison = Comparison { load, ours: 0.0, theirs: 0.0 };
    for _ in 0..rounds {
        comparison.ours = comparison.ours.max(ours(ROUND).commits_per_second);
        comparison.theirs = comparison.theirs.max(theirs(ROUND).commits_per_second);
    }
    comparison
}

/// raft-rs as it is compared, and in other ways; they take turns like the two above.
fn compare_variants(options: &Options) {
    let names = raft_rs::variants(1).map(|(name, _)| name);
    let columns: Vec<&str> = ["nodes", "in flight", "payload"].into_iter().chain(names).collect();
    let table = Table::new(&columns);
    for load in options.loads() {
        let variants = raft_rs::variants(load.nodes).map(|(_, variant)| variant);
        let mut best = variants.map(|_| 0.0_f64);
        for _ in 0..options.rounds() {
            for (best, variant) in best.iter_mut().zip(variants) {
                let measured = raft_rs::measure(load, ROUND, variant);
                *best = best.max(measured.commits_per_second);
            }
        }
        let mut row = load_cells(load);
        row.extend(best.map(grouped));
        table.row(&row);
    }
}

fn load_cells(load: Load) -> Vec<String> {
    let Load { nodes, in_flight, payload } = load;
    vec![nodes.to_string(), in_flight.to_string(), payload.to_string()]
}

impl Comparison {
    fn ratio(self) -> f64 {
        self.ours / self.theirs
    }

    fn cells(self) -> Vec<String> {
        let mut cells = load_cells(self.load);
        let ratio = format!("{:.2}", self.ratio());
        cells.extend([grouped(self.ours), grouped(self.theirs), ratio]);
        cells
    }

    fn json(self) -> String {
        let Load { nodes, in_flight, payload } = self.load;
        let (ours, theirs, ratio) = (self.ours, self.theirs, self.ratio());
        format!(
            "{{\"peer\": \"{PEER}\", \"nodes\": {nodes}, \"in_flight\": {in_flight}, \
             \"payload\": {payload}, \"ours\": {ours:.0}, \"theirs\": {theirs:.0}, \
             \"ratio\": {ratio:.3}}}"
        )
    }
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => options.json = true,
                "--quick" => options.quick = true,
                "--variants" => options.variants = true,
                "--nodes" => {
                    let nodes = arguments.next().and_then(|number| number.parse().ok());
                    let nodes = nodes.filter(|nodes| loads().any(|load| load.nodes == *nodes));
                    options.nodes = Some(nodes.ok_or("--nodes needs 1, 3 or 5")?);
                }
                unknown => return Err(format!("what is `{unknown}`?")),
            }
        }
        Ok(options)
    }

    fn loads(&self) -> impl Iterator<Item = Load> + use<> {
        let wanted = self.nodes;
        loads().filter(move |load| wanted.is_none_or(|nodes| nodes == load.nodes))
    }

    fn rounds(&self) -> usize {
        if self.quick { 5 } else { 25 }
    }
}
