//! Who watches a cluster comes late and may miss events. The trace begins with the state of each
//! server, and has it again where events are missing. A correct run is never called wrong because
//! of that, and what breaks a rule later is still noticed.

use std::collections::BTreeSet;

use raft_core::{Entry, LogIndex, Membership, NodeId, Payload, RoleKind, Term};
use raft_script::Session;
use raft_trace::{
    Fact, Judge, LogFact, Observed, RecordedRun, TraceLine, TraceNode, TraceReader, TraceState,
    TraceStep, live_header, live_line, observed_members, out_of_sight_members, read_trace,
    write_trace,
};

/// How many entries a server tells of its log.
const WINDOWS: [usize; 5] = [1000, 3, 0, 10, 1];

/// Elections, conflicting logs, snapshots, crashes and lost messages. At the end all agree.
fn run(seed: u64) -> RecordedRun {
    let text = format!(
        "cluster nodes=5 seed={seed} snapshot=6 trailing=2\nlink 1 -> 2 loss=20%\n\
         link 2 -> 1 loss=20%\nrun until leader within 5s\nload 100/s for=900ms clients=2\n\
         run 200ms\npartition 1 2 | 3 4 5\nrun 350ms\nheal\nrun 250ms\ncrash leader\n\
         run 300ms\nput a=1 client=7\nrun 200ms\nrestart all\nrestore 1 -> 2\n\
         restore 2 -> 1\nrun 600ms\nrun until idle\nrun 300ms\n"
    );
    recorded(&text)
}

fn recorded(script: &str) -> RecordedRun {
    let script = raft_script::parse(script).expect("a script");
    let report = raft_script::run(&script, &mut |_| {});
    assert_eq!(report.failure, None);
    let session: Session = report.session.expect("the cluster can be made");
    let mut text = Vec::new();
    write_trace(&session, &mut text).expect("memory takes everything");
    read_trace(&text, None).expect("it is a trace")
}

/// The ends of all moments.
fn cuts(run: &RecordedRun) -> Vec<usize> {
    let mut cuts = vec![0];
    while cuts[cuts.len() - 1] < run.steps.len() {
        cuts.push(run.moment(cuts[cuts.len() - 1]).end);
    }
    cuts
}

/// What a server tells of itself.
fn observed(id: NodeId, node: &TraceNode, window: usize) -> Observed {
    let log = &node.log;
    let entries: Vec<Entry> = log.entries_from(log.base.index.next()).cloned().collect();
    let left_out = entries.len().saturating_sub(window);
    let log_start = left_out.checked_sub(1).map_or(log.base, |last| entries[last].position());
    Observed {
        node: id,
        role: node.role.expect("it runs"),
        term: node.term,
        voted_for: node.voted_for,
        snapshot: log.snapshot,
        log_start,
        entries: entries[left_out..].to_vec(),
        commit_index: node.commit_index,
        last_applied: node.last_applied,
    }
}

/// Somebody who watches a run, and does not see all of it.
struct Watcher {
    reader: TraceReader,
    /// All that happens.
    state: TraceState,
    judge: Judge,
    lines: u64,
    seen: BTreeSet<NodeId>,
}

impl Watcher {
    fn new(run: &RecordedRun) -> Self {
        let mut reader = TraceReader::new();
        let membership = run.membership.as_ref().expect("the header tells it");
        let header = reader.read(&live_header(&run.nodes, membership)).expect("a header");
        let TraceLine::Header(begun) = header else { panic!("{header:?}") };
        assert_eq!((&begun.nodes, &begun.membership), (&run.nodes, &run.membership));
        let (state, judge) = (TraceState::beginning(run), Judge::new(&begun));
        Self { reader, state, judge, lines: 0, seen: BTreeSet::new() }
    }

    fn line(&mut self, time_us: u64, members: &str) {
        self.lines += 1;
        let line = self.reader.read(&live_line(self.lines, time_us, None, members));
        let Ok(TraceLine::Step(step)) = line else { panic!("{line:?}") };
        self.judge.take(&[step]);
    }

    /// A server tells its state.
    fn observe(&mut self, node: NodeId, time_us: u64, window: usize) {
        let now = observed(node, self.state.node(node).expect("it is there"), window);
        self.line(time_us, &observed_members(&now));
        self.seen.insert(node);
    }

    /// All servers that run tell their states.
    fn come(&mut self, time_us: u64, cut: usize) {
        let running = self.state.nodes().filter(|(_, node)| node.is_up);
        let running: Vec<NodeId> = running.map(|(id, _)| id).collect();
        for node in running {
            self.observe(node, time_us, WINDOWS[(cut + node.0 as usize) % WINDOWS.len()]);
        }
    }

    /// A moment passes. Of a server that has not told its state yet nothing is told; it tells its
    /// state once it runs.
    fn pass(&mut self, moment: &[TraceStep]) {
        moment.iter().for_each(|step| self.state.take(step));
        let node = moment.iter().find_map(|step| step.node);
        let Some(hidden) = node.filter(|node| !self.seen.contains(node)) else {
            return self.judge.take(moment);
        };
        if self.state.node(hidden).is_some_and(|node| node.is_up && node.role.is_some()) {
            self.observe(hidden, moment[0].at_us.unwrap_or_default(), 2);
        }
    }

    fn broken(&self) -> Option<(&'static str, String)> {
        let broken = self.judge.verdict().broken?;
        Some((broken.property.name, format!("{}: {}", broken.text, broken.sentence)))
    }
}

/// Watches from a cut on. Between two later cuts, a node is not seen.
fn watch(run: &RecordedRun, cut: usize, hidden: Option<(NodeId, usize, usize)>) -> Watcher {
    let mut watcher = Watcher::new(run);
    run.steps[..cut].iter().for_each(|step| watcher.state.take(step));
    let time = |place: usize| run.steps[place.saturating_sub(1)].at_us.unwrap_or_default();
    watcher.come(time(cut), cut);
    let mut from = cut;
    while from < run.steps.len() {
        let moment = run.moment(from);
        if let Some((node, start, end)) = hidden {
            if from == start && watcher.seen.remove(&node) {
                watcher.line(time(from), &out_of_sight_members(node, "nobody answers"));
            }
            if (start..end).contains(&from) && run.steps[from].node == Some(node) {
                run.steps[moment.clone()].iter().for_each(|step| watcher.state.take(step));
                from = moment.end;
                continue;
            }
        }
        watcher.pass(&run.steps[moment.clone()]);
        from = moment.end;
    }
    watcher
}

#[test]
fn a_correct_run_is_correct_from_any_moment_on() {
    for seed in 1..=6 {
        let run = run(seed);
        let cuts = cuts(&run);
        assert!(cuts.len() > 500, "it has {} moments", cuts.len());
        for cut in cuts.iter().skip(seed as usize).step_by(7) {
            let broken = watch(&run, *cut, None).broken();
            assert_eq!(broken, None, "seed {seed}, from step {cut} on");
        }
    }
    let short = recorded("cluster nodes=3 seed=4 snapshot=2\nrun until leader\nput x=1\nrun 90ms");
    for cut in cuts(&short) {
        assert_eq!(watch(&short, cut, None).broken(), None, "from step {cut} on");
    }
}

#[test]
fn a_correct_run_is_correct_where_events_of_a_node_are_missing() {
    for seed in 61..=63 {
        let run = run(seed);
        let cuts = cuts(&run);
        for (place, cut) in cuts.iter().enumerate().step_by(19) {
            for (node, length) in [(1 + place as u64 % 5, 40), (1 + place as u64 % 3, 300)] {
                let end = cuts[(place + 10 + length).min(cuts.len() - 1)];
                let start = cuts[(place + 10).min(cuts.len() - 1)];
                let watcher = watch(&run, *cut, Some((NodeId(node), start, end)));
                let at =
                    format!("seed {seed}, from step {cut}, without node {node} in {start}..{end}");
                assert_eq!(watcher.broken(), None, "{at}");
            }
        }
    }
}

fn step(node: NodeId, facts: Vec<Fact>) -> TraceStep {
    TraceStep {
        line: 1,
        number: 1,
        at_us: Some(1 << 40),
        node: Some(node),
        kind: "told".into(),
        cause: None,
        text: "it tells".into(),
        facts,
    }
}

/// Whatever the cut was: a contradiction that comes later is noticed.
#[test]
fn what_breaks_a_rule_later_is_noticed() {
    let run = run(1);
    let cuts = cuts(&run);
    for cut in cuts.iter().step_by(97).chain([&run.steps.len()]) {
        let end = |told: &dyn Fn(NodeId, NodeId, Term, LogIndex) -> Vec<TraceStep>| {
            let mut watcher = watch(&run, *cut, None);
            let leader = watcher.state.nodes().find(|(_, it)| it.role == Some(RoleKind::Leader));
            let (leader, term, last) =
                leader.map(|(id, it)| (id, it.term, it.log.last().index)).expect("one leads");
            let other = watcher.state.nodes().find(|(id, it)| *id != leader && it.is_up);
            let (other, of_other) = other.map(|(id, it)| (id, it.log.last().index)).expect("one");
            assert_eq!(last, of_other, "all agree");
            let steps = told(leader, other, term, last.next());
            steps.iter().for_each(|step| watcher.judge.take(std::slice::from_ref(step)));
            watcher.broken().map(|(name, _)| name)
        };
        let entry = |index: LogIndex, term: Term, word: &str| {
            let payload = Payload::Command(word.as_bytes().to_vec().into());
            Entry { index, term, payload }
        };
        let append = |index, term, word| Fact::Log(LogFact::Entry(entry(index, term, word)));
        let two_leaders = |_, other, term, _| {
            vec![step(other, vec![Fact::Term(term), Fact::Role(RoleKind::Leader)])]
        };
        assert_eq!(end(&two_leaders), Some("Election Safety"), "from {cut} on");
        let two_entries = |leader, other, term, next| {
            vec![
                step(leader, vec![append(next, term, "a")]),
                step(other, vec![append(next, term, "b")]),
            ]
        };
        assert_eq!(end(&two_entries), Some("Log Matching"), "from {cut} on");
        let commits = move |leader, term, next| {
            step(leader, vec![append(next, term, "a"), Fact::Commit(next)])
        };
        let two_commits = |leader, other, term: Term, next| {
            let later = Term(term.0 + 1);
            let other = step(other, vec![append(next, later, "b"), Fact::Commit(next)]);
            vec![commits(leader, term, next), other]
        };
        assert_eq!(end(&two_commits), Some("Commit Rule"), "from {cut} on");
        let leads_without = |leader, other, term: Term, next| {
            let leads = vec![Fact::Term(Term(term.0 + 1)), Fact::Role(RoleKind::Leader)];
            vec![commits(leader, term, next), step(other, leads)]
        };
        assert_eq!(end(&leads_without), Some("Leader Completeness"), "from {cut} on");
        let applies_another = |leader, other, term, next| {
            let applied = vec![Fact::Commit(next), Fact::Applied(entry(next, term, "b"))];
            vec![
                commits(leader, term, next),
                step(other, vec![append(next, term, "a")]),
                step(other, applied),
            ]
        };
        assert_eq!(end(&applies_another), Some("State Machine Safety"), "from {cut} on");
        let says_too_much = |leader, other, term, match_index| {
            vec![step(other, vec![Fact::Acknowledged { leader, term, match_index }])]
        };
        assert_eq!(end(&says_too_much), Some("Durable Promises"), "from {cut} on");
        let goes_back = |_, other, _, _| vec![step(other, vec![Fact::Commit(LogIndex(1))])];
        assert_eq!(end(&goes_back), Some("Monotonic State"), "from {cut} on");
    }
}

/// The judge of a page forgets what is long ago.
#[test]
fn beginning_anew_at_any_moment_changes_no_verdict_of_a_correct_run() {
    for seed in 8..=12 {
        let run = run(seed);
        let mut judge = Judge::new(&run);
        for (place, cut) in cuts(&run).windows(2).enumerate() {
            judge.take(&run.steps[cut[0]..cut[1]]);
            if place % 7 == 0 {
                judge.begin_anew();
            }
        }
        assert_eq!(judge.verdict().broken.map(|it| (it.line, it.sentence.to_string())), None);
    }
}

/// A server that tells its state: a log of so many entries of its term, which are committed.
fn tells(node: NodeId, role: RoleKind, term: Term, entries: u64) -> TraceStep {
    let log = (1..=entries).map(|index| {
        let payload = Payload::Noop;
        Fact::Log(LogFact::Entry(Entry { index: LogIndex(index), term, payload }))
    });
    let mut facts = vec![Fact::Observed, Fact::Term(term)];
    facts.extend(log);
    facts.extend([Fact::Commit(LogIndex(entries)), Fact::Role(role)]);
    step(node, facts)
}

fn broken_by(steps: &[TraceStep]) -> Option<&'static str> {
    let nodes = [1, 2, 3].map(NodeId);
    let header = TraceReader::new().read(&live_header(&nodes, &Membership::new(nodes)));
    let Ok(TraceLine::Header(run)) = header else { panic!("{header:?}") };
    let mut judge = Judge::new(&run);
    steps.iter().for_each(|step| judge.take(std::slice::from_ref(step)));
    judge.verdict().broken.map(|broken| broken.property.name)
}

/// Its votes were on their way for a long time.
#[test]
fn the_leader_of_an_earlier_term_need_not_have_what_was_committed_later() {
    let [one, two] = [1, 2].map(NodeId);
    let leads = |term| {
        let facts = vec![Fact::Term(Term(term)), Fact::Role(RoleKind::Leader)];
        let before = tells(two, RoleKind::Candidate, Term(5), 0);
        broken_by(&[tells(one, RoleKind::Follower, Term(7), 3), before, step(two, facts)])
    };
    assert_eq!([leads(5), leads(7), leads(8)], [None, None, Some("Leader Completeness")]);
}

/// Between two states it may have been replaced by another server with its number.
#[test]
fn the_votes_of_a_server_before_its_state_are_not_held_against_it() {
    let [one, two, three] = [1, 2, 3].map(NodeId);
    let votes = |candidate| step(three, vec![Fact::Voted { term: Term(5), candidate }]);
    let first = tells(three, RoleKind::Follower, Term(5), 0);
    assert_eq!(broken_by(&[first.clone(), votes(one), votes(two)]), Some("Vote Durability"));
    assert_eq!(broken_by(&[first.clone(), votes(one), first, votes(two)]), None);
}
