use super::*;

#[test]
fn time_reads_in_milliseconds() {
    assert_eq!(milliseconds(Instant(0)), "0.0");
    assert_eq!(milliseconds(Instant(12_345)), "12.3");
    assert_eq!(milliseconds(Instant(1_234_567_890)), "1\u{202f}234\u{202f}567.8");
}

#[test]
fn bytes_are_short() {
    assert_eq!(bytes(350), "350 B");
    assert_eq!(bytes(12_001), "13 kB");
    assert_eq!(bytes(5_000_000), "5 MB");
}

#[test]
fn delays_read_as_ranges() {
    assert_eq!(delay(5_000, 15_000), "5–15 ms");
    assert_eq!(delay(7_000, 7_000), "7 ms");
    assert_eq!(delay(7_300, 7_300), "7.3 ms");
}
