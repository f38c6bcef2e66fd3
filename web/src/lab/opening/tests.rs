use std::time::Duration;

use super::*;
use crate::state::speed::DEFAULT_SPEED;

/// How long a first visit may wait for a leader in real time, loading the page not counted.
const PATIENCE: Duration = Duration::from_millis(6_200);

#[test]
fn a_first_visit_soon_sees_a_leader_at_the_default_speed() {
    let mut lab = Lab::scratch(first_setup()).expect("the setup is within bounds");
    while lab.frame().view.leader.is_none() {
        lab.step();
    }
    let real = Duration::from_micros(lab.frame().view.now.0).div_f64(DEFAULT_SPEED);
    assert!(real <= PATIENCE, "{real:?}");
}

#[test]
fn a_message_can_be_followed_at_the_default_speed() {
    let lab = Lab::scratch(first_setup()).expect("the setup is within bounds");
    let links = &lab.frame().view.links;
    let shortest = links.iter().map(|link| link.latency_min_micros).min().expect("five nodes");
    let flight = Duration::from_micros(shortest).div_f64(DEFAULT_SPEED);
    assert!(flight >= Duration::from_millis(250), "{flight:?}");
}
