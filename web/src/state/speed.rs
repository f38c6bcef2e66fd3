//! The speed slider's logarithmic scale, and speeds in words.

/// Virtual seconds per real second; infinite: as fast as the machine allows.
pub(crate) type Speed = f64;

/// At this speed, a message of 10 to 20 ms is visible for about half a second, and the first
/// election timeout (a little over 150 ms) elapses five seconds after the page was opened.
pub(crate) const DEFAULT_SPEED: Speed = 1.0 / 30.0;
/// The slowest speed, at the slider's left end.
pub(crate) const SLOWEST: Speed = 1.0 / 200.0;
/// The fastest finite speed, one position before the slider's right end.
const FASTEST: Speed = 10.0;
/// The slider's right end: as fast as the machine allows.
pub(crate) const LAST_POSITION: u32 = 100;
/// The position of [`FASTEST`].
const LAST_FINITE: u32 = LAST_POSITION - 1;

/// The speed at a position of the slider.
pub(crate) fn at_position(position: u32) -> Speed {
    if position >= LAST_POSITION {
        return Speed::INFINITY;
    }
    let part = f64::from(position) / f64::from(LAST_FINITE);
    SLOWEST * (FASTEST / SLOWEST).powf(part)
}

/// The position nearest to a speed.
pub(crate) fn position_of(speed: Speed) -> u32 {
    if speed.is_infinite() {
        return LAST_POSITION;
    }
    let part = (speed.max(SLOWEST) / SLOWEST).ln() / (FASTEST / SLOWEST).ln();
    ((part * f64::from(LAST_FINITE)).round() as u32).min(LAST_FINITE)
}

/// A speed as the page shows it: `1/30`, `2×`, `max`.
pub(crate) fn in_figures(speed: Speed) -> String {
    if speed.is_infinite() {
        "max".to_owned()
    } else if speed < 0.95 {
        format!("1/{:.0}", 1.0 / speed)
    } else {
        let figure = format!("{speed:.1}");
        format!("{}×", figure.strip_suffix(".0").unwrap_or(&figure))
    }
}

/// A speed as a screen reader says it.
pub(crate) fn in_words(speed: Speed) -> String {
    if speed.is_infinite() {
        "as fast as the machine allows".to_owned()
    } else if speed < 0.95 {
        format!("{:.0} times slower than real time", 1.0 / speed)
    } else {
        format!("{speed:.1} times real time")
    }
}

#[cfg(test)]
mod tests;
