//! The trace of a run, line by line.

use raft_script::Session;
use raft_trace::write_trace;

fn run(text: &str) -> Session {
    let script = raft_script::parse(text).expect("a script");
    let report = raft_script::run(&script, &mut |_| {});
    assert_eq!(report.failure, None);
    report.session.expect("the cluster can be made")
}

fn trace(session: &Session) -> String {
    let mut bytes = Vec::new();
    write_trace(session, &mut bytes).expect("memory takes everything");
    String::from_utf8(bytes).expect("a trace is text")
}

const SHORT: &str = "cluster nodes=3 seed=4\nput x=1\nrun until leader\ncrash leader\nrun 500ms";

#[test]
fn the_same_run_has_the_same_bytes_and_one_line_an_event() {
    let session = run(SHORT);
    let text = trace(&session);
    assert_eq!(text, trace(&run(&session.export())));
    assert_eq!(text.lines().count() as u64, session.world().event_count() + 1);
}

#[test]
fn an_action_names_its_statement_and_an_effect_names_its_cause() {
    let text = trace(&run(SHORT));
    let has = |part: &str| assert!(text.contains(part), "{part} is missing in\n{text}");
    has("\"kind\":\"acted\",\"statement\":\"set x=1\"");
    has("\"kind\":\"acted\",\"statement\":\"crash leader\"");
    let acted = text.lines().find(|line| line.contains("crash leader")).expect("it is there");
    let number = acted.strip_prefix("{\"event\":").and_then(|rest| rest.split_once(','));
    let (number, _) = number.expect("it begins with its number");
    has(&format!("\"kind\":\"crashed\",\"cause\":{number},\"node\":"));
    has("\"setup\":[\"cluster nodes=3 seed=4\"]");
}
