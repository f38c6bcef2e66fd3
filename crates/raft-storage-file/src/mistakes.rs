//! Mistakes that others made, one rule of this crate each. Tests and the simulator make them, to
//! show what the rules are for.

/// A rule of this crate that is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistake {
    /// A segment gets its name before it is flushed.
    RenameBeforeFlush,
    /// The names are never flushed.
    NamesNotFlushed,
    /// After a failed flush, the next one counts.
    RetryAfterFailure,
    /// A frame that is not whole is read as far as it goes.
    TornIsWhole,
    /// Everything after the first bad frame is a torn end.
    HoleIsTheEnd,
    /// A batch is reported when it is written.
    NoFlush,
    /// Segments go as soon as the next one is there.
    RemovedTooEarly,
}

/// The mistakes that a disk makes: none, unless a test or the feature `bugs` says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mistakes {
    /// A bit for each [`Mistake`].
    #[cfg(any(test, feature = "bugs"))]
    made: u8,
}

#[cfg(any(test, feature = "bugs"))]
impl Mistakes {
    /// These mistakes, and this one.
    #[must_use]
    pub fn with(self, mistake: Mistake) -> Self {
        Self { made: self.made | 1 << mistake as u8 }
    }

    pub(crate) fn has(self, mistake: Mistake) -> bool {
        self.made & (1 << mistake as u8) != 0
    }
}

/// A build without the feature makes none.
#[cfg(not(any(test, feature = "bugs")))]
impl Mistakes {
    /// These mistakes: none.
    #[must_use]
    pub fn with(self, _: Mistake) -> Self {
        self
    }

    #[allow(clippy::unused_self, reason = "with the feature, some are made")]
    pub(crate) fn has(self, _: Mistake) -> bool {
        false
    }
}
