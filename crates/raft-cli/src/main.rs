//! The helios command.
fn main() {}
