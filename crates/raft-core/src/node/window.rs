//! The window of a transfer: the bytes that may be under way to one server.
//!
//! A link is a queue with a rate. Bytes under way beyond rate × round trip wait in that queue, and
//! a heartbeat waits after them. The window is so large that the link never idles, and so small
//! that a byte waits about one heartbeat interval. It follows from the times of the answers alone:
//! a driver need not know the rate.

use core::time::Duration;

use super::fingerprint::NO_LIMIT;
use crate::fingerprint::{Fingerprint, Prints};
use crate::{Instant, Settings};

/// A transfer begins with pieces of this many bytes, or of `snapshot_chunk_bytes` if that is less:
/// 41 ms at 0.1 MB/s, less than an election timeout.
const SMALL_PIECE: u64 = 4 * 1024;
/// A window has so many pieces, if they may be so large.
const PIECES: u64 = 16;
/// A piece takes the link at most this part of a heartbeat interval.
const PIECE_TIMES: u64 = 8;
/// Loss is judged by at least so many pieces.
const SAMPLE: u64 = 64;
/// The least window before the first answer.
const FIRST_MIN: u64 = 1024 * 1024;
/// The largest window before the first answer.
const FIRST_MAX: u64 = 16 * 1024 * 1024;
/// Before the first answer, the rate is taken for so many bytes in a microsecond (1 Gbit/s).
const FIRST_RATE: u64 = 125;
/// A longer round trip is that of a long queue.
const FIRST_ROUND_TRIP: Duration = Duration::from_secs(1);

/// How many bytes may be under way.
#[derive(Clone, Debug)]
pub(super) struct SendWindow {
    /// The window in bytes, at least 1.
    size: u64,
    /// Growth is slow from here on: of such a window a third was lost.
    threshold: u64,
    /// The round trip without a queue, in µs.
    base: u64,
    /// How long a byte may wait in the link's queue, in µs.
    allowance: u64,
    /// The bytes of a piece at the beginning.
    small: u64,
    /// The bytes of a piece at most.
    large: u64,
    /// When the last answer came.
    answered_at: Option<Instant>,
    /// Bytes that arrived of late, and the µs they took: the rate.
    rate: (u64, u64),
    /// Bytes that arrived, and that were lost, since the loss was judged.
    arrived: u64,
    lost: u64,
    /// How many pieces those were, lost ones in one go counted as one.
    pieces: u64,
    /// The window when that began.
    judged: u64,
}

impl SendWindow {
    /// Before the first answer: the window fills a round trip at 1 Gbit/s.
    pub(super) fn new(settings: &Settings, round_trip: Option<Duration>) -> Self {
        let large = settings.snapshot_chunk_bytes as u64;
        let base = round_trip.map_or(u64::MAX, |time| time.as_micros() as u64);
        let is_plausible = |time: &Duration| *time <= FIRST_ROUND_TRIP;
        let first = round_trip.filter(is_plausible).map_or(0, |_| base * FIRST_RATE);
        Self {
            size: first.clamp(FIRST_MIN, FIRST_MAX),
            threshold: u64::MAX,
            base,
            allowance: settings.heartbeat_interval.as_micros() as u64,
            small: large.min(SMALL_PIECE),
            large,
            answered_at: None,
            rate: (0, 0),
            arrived: 0,
            lost: 0,
            pieces: 0,
            judged: 0,
        }
    }

    /// The window in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of the next piece, if so many are left. On a slow link pieces are small: each one
    /// shows the follower that the leader is there.
    pub(super) fn piece(&self) -> u64 {
        let in_time = product(self.allowance / PIECE_TIMES, self.rate.0, self.rate.1);
        in_time.min(self.size / PIECES).clamp(self.small, self.large)
    }

    /// A piece arrived: it took `time`, and `ahead` bytes were under way when it was sent, with it.
    pub(super) fn arrived(&mut self, bytes: u64, ahead: u64, time: Duration, now: Instant) {
        self.arrived += bytes;
        self.measure_rate(bytes, now);
        let time = (time.as_micros() as u64).max(1);
        // Of this time, the link needed no more than this for the bytes: if the rest is longer than
        // the shortest round trip, the way has become longer.
        let in_queue = product(ahead, self.rate.1, self.rate.0);
        let is_rate_known = self.rate.0 > 0 && self.rate.1 > 0;
        if is_rate_known {
            self.base = self.base.max(time.saturating_sub(in_queue));
        }
        self.base = self.base.min(time);
        if time <= self.base + self.allowance / 4 {
            // There is no queue to speak of: the link may have room for more.
            let by = if self.size < self.threshold { 2 * bytes } else { bytes / 8 };
            self.size = self.size.saturating_add(by);
        } else {
            // There is a queue, so answers come at the rate of the link.
            let target = self.base + self.allowance;
            self.set(product(target, ahead, time).max(product(target, self.rate.0, self.rate.1)));
        }
        self.judge_loss();
    }

    fn measure_rate(&mut self, bytes: u64, now: Instant) {
        if let Some(before) = self.answered_at {
            self.rate.0 += bytes;
            self.rate.1 += (now - before).as_micros() as u64;
        }
        self.answered_at = Some(now);
        if self.rate.1 > self.allowance {
            self.rate = (self.rate.0 / 2, self.rate.1 / 2);
        }
    }

    /// A piece was lost.
    pub(super) fn lost(&mut self, bytes: u64) {
        self.lost += bytes;
        self.judge_loss();
    }

    /// Nothing was known of the link for a while: one piece, until an answer comes.
    pub(super) fn restart(&mut self) {
        self.size = self.small;
        (self.arrived, self.lost, self.pieces, self.judged) = (0, 0, 0, 0);
    }

    /// The window is at most `limit`.
    pub(super) fn cap(&mut self, limit: u64) {
        self.size = self.size.min(limit.max(1));
    }

    /// If a third of a window is lost, a queue on the way is too short for it. Less may be noise.
    fn judge_loss(&mut self) {
        let all = self.arrived + self.lost;
        self.pieces += 1;
        if self.pieces < SAMPLE || all < self.judged {
            return;
        }
        if self.lost > all / 3 {
            self.set(self.size / 2);
            self.threshold = self.size;
        } else {
            self.threshold = self.threshold.saturating_add(self.threshold / 4);
        }
        (self.arrived, self.lost, self.pieces, self.judged) = (0, 0, 0, self.size);
    }

    /// Two small pieces always fit, so that the link is busy while an answer is under way.
    fn set(&mut self, size: u64) {
        self.size = size.max(2 * self.small);
    }
}

impl Fingerprint for SendWindow {
    fn print(&self, out: &mut Prints<'_>) {
        let Self {
            size,
            threshold,
            base,
            allowance,
            small,
            large,
            answered_at,
            rate,
            arrived,
            lost,
            pieces,
            judged,
        } = self;
        out.plain(&(size, threshold, base, allowance, small, large));
        out.plain(&(rate, arrived, lost, pieces, judged));
        out.since(*answered_at, NO_LIMIT);
    }
}

/// `a × b / c`; 0 if `c` is 0.
fn product(a: u64, b: u64, c: u64) -> u64 {
    let quotient = (u128::from(a) * u128::from(b)).checked_div(u128::from(c)).unwrap_or_default();
    quotient.min(u128::from(u64::MAX)) as u64
}

#[cfg(test)]
mod tests;
