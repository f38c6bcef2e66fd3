//! The line on a terminal that says how far a campaign is.

use std::time::{Duration, Instant};

use super::campaign::Campaign;
use super::report::{CampaignReport, grouped};
use super::seeds::Seeds;
use crate::status::Status;

/// How far a campaign is.
pub(super) struct Progress {
    status: Status,
    of: Of,
}

/// What it is to come to, and when it began.
#[derive(Clone, Copy)]
struct Of {
    seeds: Seeds,
    time: Option<Duration>,
    started: Instant,
}

/// How many characters the bar has.
const WIDTH: u128 = 24;

impl Progress {
    pub(super) fn new(campaign: &Campaign, started: Instant) -> Self {
        let of = Of { seeds: campaign.seeds, time: campaign.time, started };
        Self { status: Status::new(), of }
    }

    pub(super) fn show(&mut self, report: &CampaignReport) {
        let of = self.of;
        self.status.show(|| of.line(report, of.started.elapsed()));
    }

    pub(super) fn clear(&mut self) {
        self.status.clear();
    }
}

impl Of {
    fn line(&self, report: &CampaignReport, elapsed: Duration) -> String {
        let micros = elapsed.as_micros().max(1);
        let per_second = |count: u64| (u128::from(count) * 1_000_000 / micros) as u64;
        let is_endless = self.seeds.end == u64::MAX;
        let by_seeds = u128::from(report.runs) * WIDTH / u128::from(self.seeds.count().max(1));
        let by_time = self.time.map_or(0, |time| micros * WIDTH / time.as_micros().max(1));
        let filled = by_seeds.max(by_time).min(WIDTH) as usize;
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(WIDTH as usize - filled));
        let of =
            if is_endless { String::new() } else { format!(" of {}", grouped(self.seeds.count())) };
        let failures = match report.failures.len() {
            0 => String::new(),
            1 => ", 1 failure".to_owned(),
            count => format!(", {count} failures"),
        };
        format!(
            "{bar} {}{of} seeds, {} virtual s/s, {} events/s{failures}",
            grouped(report.runs),
            grouped(per_second(report.virtual_time_us) / 1_000_000),
            grouped(per_second(report.events)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use raft_fuzz::{Plan, Profile};

    #[test]
    fn the_line_says_how_far_and_how_fast() {
        let seeds = Seeds { first: 1, end: 2_001 };
        let plan = Plan::new(Profile::Swarm, 0);
        let campaign = Campaign { plan, all: seeds, seeds, time: None, jobs: 1, keep_going: false };
        let progress = Progress::new(&campaign, Instant::now());
        let mut report = CampaignReport::new(&campaign);
        (report.runs, report.virtual_time_us, report.events) = (1_000, 20_000_000_000, 3_000_000);
        let line = progress.of.line(&report, Duration::from_secs(2));
        let bar = "████████████░░░░░░░░░░░░";
        let expected =
            format!("{bar} 1,000 of 2,000 seeds, 10,000 virtual s/s, 1,500,000 events/s");
        assert_eq!(line, expected);
    }
}
