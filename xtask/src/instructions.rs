//! The instructions that the fuzzer takes, counted by Valgrind: equal on a busy machine and a quiet
//! one, which times are not.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::Result;
use crate::{process, workspace};

/// The profiles that are counted, with the seeds of each.
const CAMPAIGNS: [(&str, &str); 3] = [("swarm", "1..=40"), ("calm", "1..=40"), ("wan", "1..=20")];

/// The task `bench instructions`. `other` is a `helios` of an earlier build, to compare with.
pub(crate) fn count(other: Option<&str>) -> Result<ExitCode> {
    process::run(workspace::cargo().args(["build", "--release", "--package=raft-cli"]))?;
    let present = workspace::target_dir().join("release/helios");
    for (profile, seeds) in CAMPAIGNS {
        let now = instructions(&present, profile, seeds)?;
        print!("{profile:>6} {seeds}: {now:>14} instructions");
        if let Some(other) = other {
            let before = instructions(&PathBuf::from(other), profile, seeds)?;
            print!(", before {before:>14}: {:+.1} %", (now as f64 / before as f64 - 1.0) * 100.0);
        }
        println!();
    }
    Ok(ExitCode::SUCCESS)
}

fn instructions(helios: &Path, profile: &str, seeds: &str) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(helios);
    valgrind.args(["fuzz", "--profile", profile, "--seeds", seeds, "--jobs", "1"]);
    let output = valgrind.output().map_err(|error| format!("valgrind does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    collected(&text).ok_or_else(|| format!("valgrind counted nothing:\n{text}").into())
}

/// The count in the last line of callgrind's report: `==1== Collected : 477061298`.
fn collected(report: &str) -> Option<u64> {
    let line = report.lines().find_map(|line| line.split_once("Collected :"));
    line?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_the_report() {
        let report = "==7== Events    : Ir\n==7== Collected : 477061298\n==7== \n";
        assert_eq!(collected(report), Some(477_061_298));
        assert_eq!(collected("fuzzing"), None);
    }
}
