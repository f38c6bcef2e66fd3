use raft_core::NodeId;

use super::*;
use crate::experiment::trial::{Broadcast, TrialResult};

fn figure() -> Figure {
    let elected = |micros| TrialResult::Elected {
        leader: NodeId(2),
        after: Duration::from_micros(micros),
        without_split: micros < 800_000,
    };
    let samples = (0..RANGES.len() as u64).map(|place| match place {
        0 => Sample::new(&[TrialResult::Capped, TrialResult::Capped]),
        _ => Sample::new(&[elected(100_000 * place), elected(100_000 * place + 1_234)]),
    });
    let millis = Duration::from_millis;
    let broadcast = Broadcast { own_write: millis(5), majority: millis(9), all: millis(15) };
    let expected = (0..RANGES.len()).map(|place| 100 * place + 1).collect();
    Figure { samples: samples.collect(), expected, broadcast }
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_csv_has_one_row_for_each_range() {
    let csv = text(|out| write_csv(&figure(), out));
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 11);
    assert_eq!(lines[0], "range,trials,mean,p10,p50,p90,p99,max,without_split,expected");
    let capped = "150-150,2,60000.000,60000.000,60000.000,60000.000,60000.000,60000.000,0.0,0.1";
    assert_eq!(lines[1], capped);
    assert_eq!(lines[3], "150-155,2,200.617,200.000,200.000,201.234,201.234,201.234,100.0,20.1");
    let names: Vec<&str> = lines[1..].iter().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "150-150", "150-151", "150-155", "150-175", "150-200", "150-300", "12-24", "25-50",
            "50-100", "100-200"
        ]
    );
}

#[test]
fn the_table_fits_a_terminal_and_owns_up_to_the_cap() {
    let table = text(|out| print_table(&figure(), out));
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");
    let row = "150-155      2   200.6   200.0   200.0   201.2   201.2   201.2  p50 287\n";
    assert!(table.contains(row), "{table}");
    assert!(
        table.contains("150-150: 2 of 2 trials had no leader after 60 s and are counted so\n"),
        "{table}"
    );
    assert!(table.contains("150-155    100.0     20.1  29\n"), "{table}");
    assert!(table.contains("50-100       0.0     80.1\n"), "{table}");
    assert!(table.contains("Broadcast time, mean: 15.0 ms"), "{table}");
}

#[test]
fn nothing_is_said_of_a_cap_that_no_trial_reached() {
    let mut figure = figure();
    figure.samples[0] = figure.samples[1].clone();
    assert!(!text(|out| print_table(&figure, out)).contains("had no leader"));
}

#[test]
fn tenths_are_rounded() {
    let micros = Duration::from_micros;
    assert_eq!([49, 50, 149, 1_950].map(|time| tenths(micros(time))), ["0.0", "0.1", "0.1", "2.0"]);
}
