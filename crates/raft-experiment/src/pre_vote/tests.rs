use crate::Dials;
use crate::experiment::Experiment;
use crate::trials::{ExperimentPlan, ExperimentRequest};

/// The mean time without service in µs per minute, and the sums of the counts of some trials.
fn measured(dials: Dials) -> (u64, Vec<u64>) {
    let experiment = Experiment::PreVote;
    let request = ExperimentRequest { experiment, dials, seed: 5, trials: 5 };
    let plan = ExperimentPlan::new(request).unwrap();
    assert_eq!(plan.cases().len(), 1);
    let mut results = plan.no_results();
    (0..5).for_each(|place| plan.add(&mut results, place, plan.run(place).unwrap()));
    let values = &results.0[0].values;
    (values.iter().sum::<u64>() / 5, results.0[0].counts.clone())
}

#[test]
fn without_pre_vote_a_flapping_server_raises_terms_and_deposes_leaders() {
    let (on, counts_on) = measured(Dials::new().with("pre-vote", "on"));
    let (off, counts_off) = measured(Dials::new().with("pre-vote", "off"));
    assert_eq!(counts_on[0], 5 * 60_000_000);
    // The flapping server may be the first leader: then one election is due.
    assert!(counts_on[1] <= 10 && counts_on[2] <= 10, "{counts_on:?}");
    assert!(counts_off[2] > 20 * counts_on[2].max(5), "{counts_on:?} {counts_off:?}");
    assert!(off > 5 * on.max(100_000), "{on} {off}");
    assert!((100..600).contains(&counts_off[3]), "the links flap: {counts_off:?}");
}

#[test]
fn a_link_to_the_leader_alone_is_enough_to_depose_it_without_pre_vote() {
    let dials = || Dials::new().with("cut", "leader");
    let (on, counts_on) = measured(dials().with("pre-vote", "on"));
    let (off, counts_off) = measured(dials().with("pre-vote", "off"));
    let (_, counts_all) = measured(Dials::new().with("pre-vote", "off"));
    assert_ne!(counts_off, counts_all, "fewer links are cut");
    assert!(counts_off[2] > 20 * counts_on[2].max(5), "{counts_on:?} {counts_off:?}");
    assert!(off > 5 * on.max(100_000), "{on} {off}");
}

#[test]
fn a_link_that_never_flaps_changes_nothing() {
    let calm = Dials::new().with("up", "10s").with("time", "9s").with("pre-vote", "off");
    let (without, counts) = measured(calm);
    assert_eq!((without, &counts[1..]), (0, &[0, 0, 0][..]));
}
