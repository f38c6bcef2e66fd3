//! What the arguments accept.

use super::*;

#[test]
fn ranges_of_latencies_are_bounded() {
    let micros = Duration::from_micros;
    let range = |min, max| Ok(DelayRange { min: micros(min), max: micros(max) });
    assert_eq!(delay_range("0.1..0.3"), range(100, 300));
    assert_eq!(delay_range("0..1000"), range(0, 1_000_000));
    assert_eq!(delay_range("5..5"), range(5_000, 5_000));
    for wrong in ["", "5", "5..", "..5", "6..5", "-1..5", "0..1000.1", "NaN..5", "0..inf", "a..b"] {
        assert!(delay_range(wrong).is_err(), "{wrong}");
        assert!(disk_latency(wrong).is_err(), "{wrong}");
    }
    let expected = DiskLatency { min: micros(500), mean: micros(5_000) };
    assert_eq!(disk_latency("0.5..5"), Ok(expected));
}
