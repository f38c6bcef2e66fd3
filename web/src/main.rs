//! The Helios page.
fn main() {}
