//! Strategies for the property tests.
