//! Three servers of Helios beside three of etcd, on this machine, under the same load:
//!
//!     cargo build --release -p raft-cli
//!     cargo run --release --manifest-path benches/peers/Cargo.toml --bin clusters
//!
//! It needs Debian's etcd-server. Options: `--seconds 3` for each load, `--rounds 3` of each,
//! `--keys 1000000`, `--only table|failover|keys`, `--directory DIR` for the disks.
//!
//! The systems take turns, so that a slow minute of the machine meets both. A figure is the median
//! of the rounds. The load is `helios bench`, which is on the same processors.

mod system;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use system::{Program, System};

struct Options {
    seconds: String,
    rounds: usize,
    keys: u64,
    only: Option<String>,
    directory: PathBuf,
    helios: PathBuf,
}

fn main() {
    let options = options();
    let start = |program| System::start(program, &options.directory, &options.helios);
    let is_wanted = |part: &str| options.only.as_deref().is_none_or(|only| only == part);
    if is_wanted("table") {
        let systems = [start(Program::Helios), start(Program::Etcd)];
        table(&options, &systems);
    }
    if is_wanted("failover") {
        failover(&options, [start(Program::Helios), start(Program::Etcd)]);
    }
    if is_wanted("keys") {
        // One after the other: each needs the memory.
        println!("\n| {} keys | memory | on disk | restart | memory after it |", options.keys);
        println!("|---|---:|---:|---:|---:|");
        for program in [Program::Helios, Program::Etcd] {
            many_keys(&options, start(program));
        }
    }
}

fn options() -> Options {
    let mut options = Options {
        seconds: "3".to_owned(),
        rounds: 3,
        keys: 1_000_000,
        only: None,
        directory: std::env::temp_dir().join("helios-clusters"),
        helios: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/helios"),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().expect("each option has a value");
        match name.as_str() {
            "--seconds" => options.seconds = value,
            "--rounds" => options.rounds = value.parse().expect("it is a number"),
            "--keys" => options.keys = value.parse().expect("it is a number"),
            "--only" => options.only = Some(value),
            "--directory" => options.directory = value.into(),
            "--helios" => options.helios = value.into(),
            _ => panic!("there is no option {name}"),
        }
    }
    options
}

/// What one load measured.
struct Row {
    per_second: f64,
    p50: f64,
    p99: f64,
    p999: f64,
    /// Microseconds of processors for each request, of all servers.
    cpu: f64,
}

fn table(options: &Options, systems: &[System; 2]) {
    println!("| load | clients | bytes | system | a second | p50 ms | p99 ms | p99.9 ms | CPU |");
    println!("|---|---:|---:|---|---:|---:|---:|---:|---:|");
    for (operation, bytes) in [("put", 128), ("put", 4096), ("get", 128), ("serializable-get", 128)]
    {
        for clients in [1, 64, 1000] {
            let mut rows = [Vec::new(), Vec::new()];
            for _ in 0..options.rounds {
                for (system, rows) in systems.iter().zip(&mut rows) {
                    rows.push(measure(options, system, operation, clients, bytes));
                }
            }
            for (system, rows) in systems.iter().zip(&rows) {
                let median = |field: fn(&Row) -> f64| median(rows.iter().map(field).collect());
                println!(
                    "| {operation} | {clients} | {bytes} | {} | {:.0} | {:.2} | {:.2} | {:.2} | \
                     {:.0} |",
                    system.program.name(),
                    median(|row| row.per_second),
                    median(|row| row.p50),
                    median(|row| row.p99),
                    median(|row| row.p999),
                    median(|row| row.cpu),
                );
            }
        }
    }
}

fn measure(options: &Options, system: &System, operation: &str, clients: u32, bytes: u32) -> Row {
    let before = system.cpu();
    let arguments = ["--operation", operation, "--seconds", &options.seconds];
    let numbers = [("--clients", clients), ("--value-bytes", bytes)];
    let json = load(options, system, &arguments, &numbers);
    let used = (system.cpu() - before).as_secs_f64() * 1e6;
    let field = |name: &str| json[name].as_f64().expect("it is a number");
    Row {
        per_second: field("per_second"),
        p50: field("p50_ms"),
        p99: field("p99_ms"),
        p999: field("p999_ms"),
        cpu: used / field("answered").max(1.0),
    }
}

fn load(options: &Options, system: &System, texts: &[&str], numbers: &[(&str, u32)]) -> Value {
    let mut command = bench(options, system);
    command.args(texts);
    for (name, number) in numbers {
        command.args([*name, &number.to_string()]);
    }
    let output = command.output().expect("helios is built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

fn bench(options: &Options, system: &System) -> Command {
    let mut command = Command::new(&options.helios);
    command.args(["bench", "--json", "--endpoints", &system.endpoints().join(",")]);
    command
}

/// The longest time without an answer when the leader is killed.
fn failover(options: &Options, mut systems: [System; 2]) {
    println!("\n| kill -9 of the leader | longest time without a write, ms | failed writes |");
    println!("|---|---:|---:|");
    for system in &mut systems {
        let (mut pauses, mut failed) = (Vec::new(), 0.0);
        for _ in 0..options.rounds.max(5) {
            let leader = system.leader();
            let load = bench(options, system)
                .args(["--clients", "16", "--rate", "500", "--seconds", "8"])
                .stdout(std::process::Stdio::piped())
                .spawn()
                .expect("helios is built");
            std::thread::sleep(Duration::from_secs(2));
            system.kill(leader);
            let output = load.wait_with_output().expect("it ends");
            let json: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
            pauses.push(json["longest_pause_ms"].as_f64().expect("it is a number"));
            failed += json["failed"].as_f64().expect("it is a number");
            system.start_server(leader);
            std::thread::sleep(Duration::from_secs(2));
        }
        let least = pauses.iter().copied().fold(f64::MAX, f64::min);
        let most = pauses.iter().copied().fold(0.0, f64::max);
        println!(
            "| {} | {:.0} ({least:.0} to {most:.0}, {} times) | {failed:.0} |",
            system.program.name(),
            median(pauses.clone()),
            pauses.len()
        );
    }
}

/// Memory, disk and restart with many keys.
fn many_keys(options: &Options, mut system: System) {
    let mut command = bench(options, &system);
    command.args(["--clients", "1000", "--sequential", "--seconds", "600"]);
    let keys = options.keys.to_string();
    command.args(["--keys", &keys, "--requests", &keys]);
    let output = command.output().expect("helios is built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let before = system.memory();
    let on_disk = system.size_on_disk();
    (0..3).for_each(|place| system.kill(place));
    let begun = std::time::Instant::now();
    (0..3).for_each(|place| system.start_server(place));
    system.wait_until_it_answers();
    let restart = begun.elapsed().as_secs_f64();
    println!(
        "| {} | {before:.0} MiB | {on_disk:.0} MiB | {restart:.2} s | {:.0} MiB |",
        system.program.name(),
        system.memory()
    );
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
