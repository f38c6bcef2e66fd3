//! Every scenario under `scenarios` does what its `expect` lines promise, with every check on, and
//! ends with the same trace hash each time.
//!
//! The scenarios in `scenarios/bugs` have planted bugs, and a line with the property that the bugs
//! break. Without the bugs nothing is broken; with the feature `bugs` the test also sees the break.

test_each_file::test_each_file! { in "./scenarios" => holds }

fn holds(text: &str) {
    if let Some(sound) = with_all_rules(text) {
        nothing_is_broken(&sound);
        #[cfg(feature = "bugs")]
        what_it_says_is_broken(text);
        return;
    }
    let script = raft_script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let first = raft_script::run(&script, &mut |_| {});
    if let Some(failure) = &first.failure {
        panic!("{failure}");
    }
    let second = raft_script::run(&script, &mut |_| {});
    assert_eq!(first.trace_hash, second.trace_hash);
}

/// The script without its setting `bugs=`; `None` if it has none.
fn with_all_rules(text: &str) -> Option<String> {
    let cluster = text.lines().find(|line| line.starts_with("cluster "))?;
    let setting = cluster.split(' ').find(|word| word.starts_with("bugs="))?;
    Some(text.replacen(&format!(" {setting}"), "", 1))
}

/// Plays without the statements that fail: they may name effects of the bug.
fn nothing_is_broken(text: &str) {
    let script = raft_script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let played = raft_fuzz::play(&script);
    assert_eq!(played.symptom, None, "with all rules in force: {}", played.description);
}

#[cfg(feature = "bugs")]
fn what_it_says_is_broken(text: &str) {
    let says = text.lines().find_map(|line| line.strip_prefix("# Shows: "));
    let script = raft_script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let played = raft_fuzz::play(&script);
    let symptom = played.symptom.map(|symptom| symptom.to_string());
    assert_eq!(symptom.as_deref(), says, "{}", played.description);
}
