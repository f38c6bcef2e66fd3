//! How far a campaign is.

use std::time::Duration;

use super::campaign::Campaign;
use super::report::{CampaignReport, grouped};

/// The length of the bar.
pub(super) const WHOLE: u64 = 1_000;

/// The part of a campaign that is done, up to [`WHOLE`]: the part of its seeds or the part of its
/// time, whichever is larger.
pub(super) fn done(campaign: &Campaign, report: &CampaignReport, elapsed: Duration) -> u64 {
    let part = |done: u128, of: u128| (done * u128::from(WHOLE) / of.max(1)) as u64;
    let of_seeds = part(report.runs.into(), campaign.seeds.count().into());
    let of_time = campaign.time.map_or(0, |time| part(elapsed.as_micros(), time.as_micros()));
    of_seeds.max(of_time)
}

/// `1,000 of 2,000 seeds, 10,000 virtual s/s, 1,500,000 events/s`
pub(super) fn words(campaign: &Campaign, report: &CampaignReport, elapsed: Duration) -> String {
    let micros = elapsed.as_micros().max(1);
    let per_second = |count: u64| (u128::from(count) * 1_000_000 / micros) as u64;
    let is_endless = campaign.seeds.end == u64::MAX;
    let of =
        if is_endless { String::new() } else { format!(" of {}", grouped(campaign.seeds.count())) };
    let failures = match report.failures.len() {
        0 => String::new(),
        1 => ", 1 failure".to_owned(),
        count => format!(", {count} failures"),
    };
    format!(
        "{}{of} seeds, {} virtual s/s, {} events/s{failures}",
        grouped(report.runs),
        grouped(per_second(report.virtual_time_us) / 1_000_000),
        grouped(per_second(report.events)),
    )
}

#[cfg(test)]
mod tests {
    use raft_fuzz::{Plan, Profile};

    use super::super::seeds::Seeds;
    use super::*;

    #[test]
    fn the_progress_says_how_far_and_how_fast() {
        let seeds = Seeds { first: 1, end: 2_001 };
        let plan = Plan::new(Profile::Swarm, 0);
        let campaign = Campaign {
            plan,
            all: seeds,
            seeds,
            time: None,
            jobs: 1,
            keep_going: false,
            step_limit: Duration::MAX,
            #[cfg(feature = "bugs")]
            loops_from: None,
        };
        let mut report = CampaignReport::new(&campaign);
        (report.runs, report.virtual_time_us, report.events) = (1_000, 20_000_000_000, 3_000_000);
        let elapsed = Duration::from_secs(2);
        let expected = "1,000 of 2,000 seeds, 10,000 virtual s/s, 1,500,000 events/s";
        assert_eq!(words(&campaign, &report, elapsed), expected);
        assert_eq!(done(&campaign, &report, elapsed), 500);
        let timed = Campaign { time: Some(Duration::from_millis(2_500)), ..campaign };
        assert_eq!(done(&timed, &report, elapsed), 800, "more of the time than of the seeds");
    }
}
