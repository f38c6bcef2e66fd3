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
    assert_eq!((unknown.size(), unknown.piece()), (FIRST_MIN, SMALL_PIECE));
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
