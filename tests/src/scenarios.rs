//! Every story under `scenarios` holds what its `expect` lines promise, with every checker on, and
//! ends in the same trace hash each time.

test_each_file::test_each_file! { in "./scenarios" => holds }

fn holds(text: &str) {
    let script = raft_script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let first = raft_script::run(&script, &mut |_| {});
    if let Some(failure) = &first.failure {
        panic!("{failure}");
    }
    let second = raft_script::run(&script, &mut |_| {});
    assert_eq!(first.trace_hash, second.trace_hash);
}
