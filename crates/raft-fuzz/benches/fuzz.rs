//! How fast runs are on one core: `cargo bench -p raft-fuzz [-- --quick]`.
#![expect(clippy::disallowed_types, reason = "a benchmark measures real time")]

use std::time::{Duration, Instant};

use raft_fuzz::Profile;
use raft_fuzz::bench::{Clock, Speed, campaign, long_log, restart};

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick" || argument == "--test");
    let start = Instant::now();
    let clock: Clock<'_> = &|| start.elapsed();
    let seeds = if is_quick { 100 } else { 1_000 };
    println!("{:<34}{:>14}{:>14}{:>12}", "", "virtual s/s", "events/s", "real time");
    print("swarm, 5 nodes", &campaign(Profile::Swarm, 5, seeds, clock));
    for nodes in [3, 5, 7, 9] {
        print(&format!("swarm, {nodes} nodes"), &campaign(Profile::Swarm, nodes, seeds / 4, clock));
    }
    for profile in Profile::ALL {
        print(&format!("{profile}, 5 nodes"), &campaign(profile, 5, seeds / 10, clock));
    }
    let time = Duration::from_secs(if is_quick { 10 } else { 600 });
    for entries in [1_000, 10_000, 100_000] {
        print(&format!("log of {entries} entries, 5 nodes"), &long_log(entries, time, clock));
    }
    for entries in [1_000, 10_000, 100_000] {
        let time = restart(entries, 10, clock);
        println!("{:<34}{:>37} us", format!("restart with {entries} entries"), time.as_micros());
    }
}

fn print(what: &str, speed: &Speed) {
    println!(
        "{what:<34}{:>14}{:>14}{:>9} ms",
        speed.virtual_per_real(),
        speed.events_per_second(),
        speed.elapsed.as_millis()
    );
}
