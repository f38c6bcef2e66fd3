//! Runs that `helios export --as test` wrote, as it wrote them. `raft-trace/tests/rust_test.rs`
//! compares.

mod leader_crash;
mod new_member;
