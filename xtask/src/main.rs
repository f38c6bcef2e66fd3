//! cargo xtask: set-up, serve, test, tidy, dist.
fn main() {}
