use super::*;

const BEAT: Duration = Duration::from_millis(50);

/// A link of `rate` bytes per second and a round trip of `trip`, kept full by the window. The
/// longest time that a piece waited, once the first window had arrived, and the last window.
fn run(window: &mut SendWindow, rate: u64, trip: Duration, seconds: u64) -> (Duration, u64) {
    let mut pieces = alloc::collections::VecDeque::new();
    let (mut now, mut free, mut under_way) = (Instant(0), Instant(0), 0);
    let mut longest = Duration::ZERO;
    let first = 2 * (Duration::from_micros(window.size() * 1_000_000 / rate) + trip);
    while now < Instant(seconds * 1_000_000) {
        while under_way == 0 || under_way < window.size() {
            let bytes = window.piece();
            under_way += bytes;
            free = free.max(now) + Duration::from_micros(bytes * 1_000_000 / rate);
            pieces.push_back((free + trip, bytes, under_way, now));
        }
        let (arrival, bytes, ahead, sent) = pieces.pop_front().expect("one is under way");
        now = arrival;
        under_way -= bytes;
        if sent > Instant(0) + first {
            longest = longest.max(now - sent - trip);
        }
        window.arrived(bytes, ahead, now - sent, now);
    }
    (longest, window.size())
}

fn window(trip: Duration) -> SendWindow {
    SendWindow::new(&Settings::default(), Some(trip))
}

/// Before the first answer the rate is not known: the window fills a round trip at 1 Gbit/s.
#[test]
fn the_first_window_fills_a_round_trip() {
    for (trip, bytes) in [(2, FIRST_MIN), (80, 10_000_000), (300, FIRST_MAX), (2_000, FIRST_MIN)] {
        assert_eq!(window(Duration::from_millis(trip)).size(), bytes, "{trip} ms");
    }
    let unknown = SendWindow::new(&Settings::default(), None);
    assert_eq!((unknown.size(), unknown.piece()), (FIRST_MIN, 4096));
}

/// The link is never idle, and a byte waits at most about a heartbeat interval.
#[test]
fn the_window_is_as_large_as_the_link_needs() {
    for (rate, trip) in [(1_250_000, 2), (1_250_000, 300), (12_500_000, 20), (125_000_000, 80)] {
        let trip = Duration::from_millis(trip);
        let mut window = window(trip);
        let (waited, size) = run(&mut window, rate, trip, 40);
        assert!(waited <= BEAT * 3 / 2, "{rate} {trip:?}: a byte waited for {waited:?}");
        let needed = rate * trip.as_micros() as u64 / 1_000_000;
        assert!(size >= needed, "{rate} {trip:?}: {size} of {needed} bytes");
    }
}

/// On a slow link pieces stay small: each takes less than an election timeout.
#[test]
fn pieces_are_small_on_a_slow_link() {
    let mut slow = window(Duration::from_millis(2));
    run(&mut slow, 100_000, Duration::from_millis(2), 60);
    assert_eq!(slow.piece(), SMALL_PIECE);
    let mut fast = window(Duration::from_millis(2));
    run(&mut fast, 125_000_000, Duration::from_millis(2), 1);
    assert_eq!(fast.piece(), 64 * 1024);
}

/// The way became longer: the window follows, although the shortest round trip is a shorter one.
#[test]
fn a_longer_way_is_noticed() {
    let mut window = window(Duration::from_millis(2));
    run(&mut window, 12_500_000, Duration::from_millis(2), 2);
    let trip = Duration::from_millis(150);
    let (_, size) = run(&mut window, 12_500_000, trip, 20);
    assert!(size >= 12_500_000 * 150 / 1000, "{size}");
}

/// A loss of a tenth may be noise; of half the pieces, it is a queue on the way that is too short.
#[test]
fn the_window_shrinks_only_if_much_is_lost() {
    let mut noisy = window(Duration::from_millis(2));
    let mut short = noisy.clone();
    for n in 0..1000 {
        let lose = |window: &mut SendWindow, is_lost| match is_lost {
            true => window.lost(SMALL_PIECE),
            false => window.arrived(SMALL_PIECE, SMALL_PIECE, Duration::from_millis(2), Instant(n)),
        };
        lose(&mut noisy, n % 10 == 0);
        lose(&mut short, n % 2 == 0);
    }
    assert!(noisy.size() > FIRST_MIN, "{}", noisy.size());
    assert!(short.size() < 2 * FIRST_MIN, "{}", short.size());
}

/// Answers that come at the same moment show no rate. They took long because of a queue.
#[test]
fn answers_that_come_together_do_not_make_the_window_larger() {
    let mut window = window(Duration::from_millis(2));
    let arrived = |window: &mut SendWindow| {
        window.arrived(SMALL_PIECE, FIRST_MIN, Duration::from_millis(100), Instant(100_000));
        window.size()
    };
    let first = arrived(&mut window);
    assert!(first < FIRST_MIN, "{first}");
    assert_eq!([(); 3].map(|()| arrived(&mut window)), [first; 3]);
}

/// The answer to a piece comes `at` microseconds after the beginning, in the time of a round trip.
fn arrives(window: &mut SendWindow, at: u64) {
    window.arrived(SMALL_PIECE, SMALL_PIECE, Duration::from_millis(2), Instant(at));
}

/// After an answer in the expected time, at most a quarter of a heartbeat interval later than the
/// round trip, the window grows by twice the bytes. After a later one the window has the bytes
/// that arrive in the round trip and a heartbeat interval.
#[test]
fn the_window_grows_until_there_is_a_queue() {
    for (micros, size) in [(14_500, FIRST_MIN + 2 * SMALL_PIECE), (14_501, 52_000)] {
        let mut window = window(Duration::from_millis(2));
        window.arrived(SMALL_PIECE, micros, Duration::from_micros(micros), Instant(micros));
        assert_eq!(window.size(), size, "the answer took {micros} µs");
    }
}

/// However late an answer is, two small pieces may be under way.
#[test]
fn two_small_pieces_always_fit() {
    let mut window = window(Duration::from_millis(2));
    window.arrived(SMALL_PIECE, SMALL_PIECE, Duration::from_secs(10), Instant(0));
    assert_eq!(window.size(), 2 * SMALL_PIECE);
}

/// Loss is judged by 64 pieces, and by the bytes of a window. A loss of more than a third halves
/// the window.
#[test]
fn loss_is_judged_by_a_whole_window() {
    let mut window = window(Duration::from_millis(2));
    for (lost, size) in [(63, FIRST_MIN), (1, FIRST_MIN / 2), (127, FIRST_MIN / 2)] {
        (0..lost).for_each(|_| window.lost(SMALL_PIECE));
        assert_eq!(window.size(), size);
    }
    window.lost(SMALL_PIECE);
    assert_eq!(window.size(), FIRST_MIN / 4);
}

/// If 21 of 64 pieces are lost, less than a third, the window has grown by twice the bytes that
/// arrived. If 22 are lost, it is halved.
#[test]
fn a_loss_of_less_than_a_third_is_noise() {
    let grown = |pieces: u64| FIRST_MIN + pieces * 2 * SMALL_PIECE;
    for (lost, size) in [(21, grown(43)), (22, grown(42) / 2)] {
        let mut window = window(Duration::from_millis(2));
        (0..lost).for_each(|_| window.lost(SMALL_PIECE));
        (lost..64).for_each(|_| arrives(&mut window, 0));
        assert_eq!(window.size(), size, "{lost} lost");
    }
}

/// A loss halved the window. From that size on it grows by an eighth of the bytes that arrive.
/// After a whole window without a loss, slow growth begins at a size that is a quarter larger.
#[test]
fn after_a_loss_the_window_grows_slowly() {
    let mut window = window(Duration::from_millis(2));
    (0..192).for_each(|_| window.lost(SMALL_PIECE));
    assert_eq!(window.size(), 262_144);
    for (pieces, size) in [(1, 262_656), (63, 294_912), (4, 327_680), (1, 328_192)] {
        (0..pieces).for_each(|_| arrives(&mut window, 0));
        assert_eq!(window.size(), size);
    }
}

/// A piece takes the link an eighth of a heartbeat interval, and is at most a sixteenth of the
/// window.
#[test]
fn a_piece_is_short_and_a_small_part_of_the_window() {
    let mut window = window(Duration::from_millis(2));
    arrives(&mut window, 0);
    arrives(&mut window, 1_000);
    assert_eq!(window.piece(), 25_600);
    window.cap(160_000);
    assert_eq!(window.piece(), 10_000);
}

/// When the bytes that are counted took more than a heartbeat interval, they and their time count
/// half from then on. After 51 ms the link becomes ten times as slow.
#[test]
fn the_rate_follows_the_link() {
    let mut window = window(Duration::from_millis(2));
    (0..=51).for_each(|n| arrives(&mut window, n * 1_000));
    assert_eq!(window.piece(), 25_600);
    arrives(&mut window, 61_000);
    // 104,448 + 4,096 bytes in 25.5 + 10 ms.
    assert_eq!(window.piece(), 19_109);
}
