//! Prints `docs/explore.md`: what the families have, and which rules they miss when they are off.
//!
//! ```sh
//! cargo run --release -p raft-explore --features bugs --example table > docs/explore.md
//! ```

use raft_explore::{Explorer, Family, Moments};

/// The most states of a family.
const STATES: u64 = 60_000_000;

const HEAD: &str = "\
# All that can happen

`raft-explore` looks at every run of a cluster of real nodes within bounds: every order in which
messages arrive, writes finish, timeouts elapse, and servers crash. The documentation of the crate
says what is left out. `helios explore` does the same from a moment of a script on.

This document is printed by `cargo run --release -p raft-explore --features bugs --example table`,
on one core. It takes some minutes and 1 GB. The seconds are those of the processor.

## Families

Three servers. *Depth* is the longest way from the start. A family is *exhausted* if no state
within its bounds is left. A step that changes nothing is not counted, and states that differ only
by the numbers of servers are one. *Parts* are the different servers in all states, and how often
the core was asked what one of them does. No property is broken in any family. *Danger* is how
often a server began to lead beside the leader of another term, a log lost entries to another
leader, and a crash took writes that were not reported.

| family | what happens | states | steps | depth | exhausted | seconds | steps/s | bytes a state \
| parts | danger |
|---|---|---:|---:|---:|---|---:|---:|---:|---:|---:|";

fn main() {
    // With `rules`, only the second table; with names after it, only these switches.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_none_or(|argument| argument != "rules") {
        print_families();
    }
    #[cfg(feature = "bugs")]
    planted::print(arguments.get(1..).unwrap_or_default());
}

fn print_families() {
    println!("{HEAD}");
    for family in Family::ALL {
        let before = seconds();
        let mut explorer = Explorer::new(family.model());
        explorer.advance(u64::MAX, STATES);
        let seconds = seconds() - before;
        let progress = explorer.progress();
        assert!(progress.found.is_none(), "{}: {:?}", family.name, progress.found);
        let exhausted = if progress.is_exhausted { "yes" } else { "no" };
        let (servers, asked) = explorer.parts();
        println!(
            "| `{}` | {} | {} | {} | {} | {exhausted} | {seconds:.1} | {:.1} M | {:.0} | {} / {} \
             | {} |",
            family.name,
            family.about,
            grouped(progress.states),
            grouped(progress.transitions),
            progress.depth,
            progress.transitions as f64 / seconds / 1e6,
            explorer.bytes() as f64 / progress.states as f64,
            grouped(servers as u64),
            grouped(asked as u64),
            danger(progress.moments),
        );
    }
}

/// The processor's time so far, where the system tells it; else 0.
fn seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanos = told.and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    nanos.unwrap_or_default() / 1e9
}

/// `3 / 17 / 0`
fn danger(moments: Moments) -> String {
    let Moments { two_leaders, entries_replaced, writes_lost, committed: _ } = moments;
    [two_leaders, entries_replaced, writes_lost].map(grouped).join(" / ")
}

/// `1,234,567`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(feature = "bugs")]
mod planted {
    use raft_core::{Bug, Bugs};
    use raft_explore::{Explorer, Family, Reached};

    /// The most states of a family with a rule switched off.
    const STATES: u64 = 150_000;

    /// From one of so many states, something new must come to be committed.
    const PROBE_EVERY: u64 = 2_000;

    const HEAD: &str = "
## Rules that are switched off

For each switch of the feature `bugs` that some family shows within 150,000 states: the shortest
run of all families. From one of 2,000 states, all faults end, and something new must come to be
committed (*Progress*). The other switches need settings that no family has, such as learners,
limits and slow disks, or longer runs; [bugs.md](bugs.md) says what the fuzzer finds.

| switch | what is broken | steps | family |
|---|---|---:|---|";

    pub(super) fn print(names: &[String]) {
        println!("{HEAD}");
        std::panic::set_hook(Box::new(|_| {}));
        let is_asked =
            |bug: &&Bug| names.is_empty() || names.iter().any(|name| *name == bug.name());
        for bug in Bug::ALL.iter().filter(is_asked) {
            if let Some((steps, family, broken)) = shortest(*bug) {
                println!("| `{bug}` | {broken} | {steps} | `{family}` |");
            }
        }
    }

    /// The length of the shortest run, its family, and what is broken.
    fn shortest(bug: Bug) -> Option<(usize, &'static str, &'static str)> {
        let runs = Family::ALL.iter().filter_map(|family| {
            let mut model = family.model();
            (model.bugs, model.probe_every) = (Bugs::NONE.with(bug), PROBE_EVERY);
            let mut explorer = Explorer::new(model);
            let found = explorer.advance(u64::MAX, STATES).found.as_ref()?;
            let broken = match &found.reached {
                Reached::Broken(broken) => broken.property.name,
                Reached::Stopped { .. } => "an assertion of the core",
                Reached::Goal => "nothing: its goal holds",
            };
            Some((found.steps.len(), family.name, broken))
        });
        runs.min_by_key(|(steps, ..)| *steps)
    }
}
