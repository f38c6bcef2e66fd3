use raft_core::NodeId;

use super::*;
use crate::experiment::trial::TrialResult;

fn sample(downtimes: &[u64]) -> Sample {
    let results: Vec<TrialResult> = downtimes
        .iter()
        .map(|millis| match millis {
            0 => TrialResult::Capped,
            millis => TrialResult::Elected {
                leader: NodeId(1),
                after: Duration::from_millis(*millis),
                without_split: true,
            },
        })
        .collect();
    Sample::new(&results)
}

fn drawn(samples: &[&Sample], colour: bool) -> Vec<String> {
    let line = |(place, sample)| Curve { name: format!("curve {place}"), sample };
    let lines: Vec<Curve<'_>> = samples.iter().copied().enumerate().map(line).collect();
    let mut out = Vec::new();
    draw(&lines, (10, 1000), colour, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_curve_rises_where_its_trials_end() {
    // Half of the way from 10 to 1000 is 100 on a logarithmic axis.
    let chart = drawn(&[&sample(&[95, 95, 950, 950])], false);
    let half = &chart[HEIGHT / 2];
    assert_eq!(half, &format!("  50 % +{}{}", " ".repeat(35), "a".repeat(36)));
    assert_eq!(chart[0], format!(" 100 % +{}a", " ".repeat(71)).trim_end());
    assert_eq!(chart[HEIGHT], format!("   0 % +{}", "a".repeat(35)));
    // The rise is one stroke.
    assert!(chart[HEIGHT / 2 + 1..HEIGHT].iter().all(|line| line.find('a') == Some(8 + 35)));
}

#[test]
fn a_curve_never_shows_capped_trials_as_elected() {
    let chart = drawn(&[&sample(&[0, 0])], false);
    assert!(chart[..HEIGHT].iter().all(|line| !line.contains('a')));
    assert_eq!(chart[HEIGHT].matches('a').count(), WIDTH);
}

#[test]
fn the_chart_fits_80_columns_and_names_curves_and_times() {
    let (fast, slow) = (sample(&[20, 30, 40]), sample(&[200, 500, 900]));
    let chart = drawn(&[&fast, &slow], false);
    assert!(chart.iter().all(|line| line.len() <= 80 && line.is_ascii()), "{chart:#?}");
    let numbers: Vec<&str> = chart[HEIGHT + 2].split_whitespace().collect();
    assert_eq!(numbers, ["10", "20", "50", "100", "200", "500", "1000"]);
    assert_eq!(chart.last().unwrap().trim(), "a curve 0   b curve 1");
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let sample = sample(&[20, 30, 40]);
    let (plain, coloured) = (drawn(&[&sample], false), drawn(&[&sample], true));
    assert!(plain.iter().all(|line| !line.contains('\x1b')));
    let bare = coloured.iter().map(|line| line.replace("\x1b[34m", "").replace("\x1b[0m", ""));
    assert_eq!(bare.collect::<Vec<_>>(), plain);
    assert_ne!(plain, coloured);
}
