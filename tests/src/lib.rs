//! Tests that no single crate can hold: golden scripts, paper tests, browser tests.
