//! One session in a page: world, journal, durable mirror, pacing.
