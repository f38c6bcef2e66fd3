//! Explanations of fuzzed runs: each event has one, every question is answered at every moment, and
//! each chain of causes goes back in time to where something began.

use raft_core::{LogIndex, NodeId, Term};
use raft_explain::{Cause, Evidence, Explanation, Question, Record};
use raft_fuzz::{Plan, Profile, SeedRun};
use raft_kv::{ClientId, Key};
use raft_script::{Script, Session, Started, Stepped};
use raft_sim::{DiskEvent, Event, EventKind, EventNumber, World};

/// One of so many steps is a moment at which questions are asked.
const STEPS_BETWEEN: u64 = 41;

/// Numbers that look random and are the same in each run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn node(&mut self) -> NodeId {
        NodeId(1 + self.below(8))
    }

    fn client(&mut self) -> ClientId {
        ClientId(1 + self.below(8))
    }
}

/// All questions but those about an event, with drawn arguments.
fn questions(numbers: &mut Numbers, world: &World) -> [Question; 13] {
    let cores = || world.nodes().filter_map(|node| node.core());
    let last = cores().map(|core| core.log().last().index.0).max().unwrap_or(0);
    let term = cores().map(|core| core.current_term().0).max().unwrap_or(0);
    let index = LogIndex(1 + numbers.below(last + 2));
    let keys: Vec<Key> = world
        .nodes()
        .filter_map(|node| node.store())
        .flat_map(|store| store.iter().map(|(key, _)| key.clone()))
        .chain([Key::from("absent")])
        .collect();
    let key = keys[numbers.below(keys.len() as u64) as usize].clone();
    [
        Question::Term(Term(1 + numbers.below(term + 1))),
        Question::Removed { index, node: numbers.node() },
        Question::Refused(numbers.node()),
        Question::Stopped(numbers.node()),
        Question::Answer(numbers.client()),
        Question::NoLeader,
        Question::NotLeader(numbers.node()),
        Question::NotCommitted(LogIndex(1 + numbers.below(last + 2))),
        Question::NotUpToDate(numbers.node()),
        Question::NoAnswer(numbers.client()),
        Question::ReadWaits(numbers.client()),
        Question::ChangeWaits,
        Question::Value(key),
    ]
}

/// What every explanation must fulfil.
fn judge(explanation: &Explanation, record: &Record) -> Result<(), String> {
    if explanation.findings.is_empty() {
        return Err("it has no finding".to_owned());
    }
    for finding in &explanation.findings {
        if finding.words.is_empty() {
            return Err("a finding has no words".to_owned());
        }
        for chain in &finding.chains {
            judge_chain(chain, record)?;
        }
    }
    Ok(())
}

fn judge_chain(chain: &[Cause], record: &Record) -> Result<(), String> {
    if chain.len() > Explanation::LONGEST_CHAIN {
        return Err(format!("a chain of {} links", chain.len()));
    }
    if let Some(pair) = chain.windows(2).find(|pair| pair[0].at < pair[1].at) {
        return Err(format!("a cause after its effect: {} <- {}", pair[0].words, pair[1].words));
    }
    let Some(last) = chain.last() else { return Err("an empty chain".to_owned()) };
    let event = last.event.and_then(|number| record.get(number));
    let is_older = last.event.is_some() && event.is_none();
    let is_end = last.line.is_some() || is_older || event.is_some_and(is_beginning);
    match is_end {
        true => Ok(()),
        false => Err(format!("a chain ends in: {}", last.words)),
    }
}

/// Whether an event is a timer, a start or a fault.
fn is_beginning(event: &Event) -> bool {
    match &event.kind {
        EventKind::Process { .. } | EventKind::Network(_) => true,
        EventKind::Disk { event, .. } => match event {
            DiskEvent::WriteFailed { .. }
            | DiskEvent::WriteTorn { .. }
            | DiskEvent::WritesLost { .. }
            | DiskEvent::Damaged { .. }
            | DiskEvent::Renewed { .. }
            | DiskEvent::Changed { .. } => true,
            DiskEvent::WriteIssued { .. }
            | DiskEvent::WriteDurable { .. }
            | DiskEvent::FilesChanged { .. } => false,
        },
        EventKind::Core { .. }
        | EventKind::StateMachine { .. }
        | EventKind::Message { .. }
        | EventKind::Client { .. }
        | EventKind::Cluster(_)
        | EventKind::Acted { .. } => event.cause.is_none(),
    }
}

/// Asks at many moments of a script, of which the last `kept` events are known. Returns how many
/// answers there were.
fn ask(script: &Script, kept: usize, numbers: &mut Numbers) -> Result<usize, String> {
    let (mut session, rest) = Session::open(script).map_err(|error| error.to_string())?;
    let mut events: Vec<Event> = session.events().to_vec();
    let mut answers = 0;
    for line in rest {
        let started = session.start(&line.statement);
        events.extend_from_slice(session.events());
        let mut waits = matches!(started, Ok(Started::Waiting));
        while waits {
            waits = !matches!(session.step(), Stepped::Finished(_) | Stepped::Nothing);
            events.extend_from_slice(session.events());
            if session.world().steps().is_multiple_of(STEPS_BETWEEN) {
                answers += ask_at(&session, &events, kept, numbers)?;
            }
        }
    }
    Ok(answers)
}

/// Asks why the events of this step happened, why some earlier ones did, and everything else.
fn ask_at(
    session: &Session,
    events: &[Event],
    kept: usize,
    numbers: &mut Numbers,
) -> Result<usize, String> {
    let mut record = Record::default();
    let first = events.len().saturating_sub(kept);
    record.observe(&events[first..]);
    let run = Evidence { world: session.world(), record: &record, statements: session.journal() };
    let mut answers = 0;
    let known = (events.len() - first) as u64;
    let earlier = (0..4).map(|_| first as u64 + 1 + numbers.below(known));
    let of_step = session.events().iter().map(|event| event.number.get());
    for number in of_step.chain(earlier.collect::<Vec<_>>()) {
        let question = Question::Event(EventNumber::new(number).expect("from 1"));
        let explanation = run.answer(&question).map_err(|error| format!("{number}: {error}"))?;
        judge(&explanation, &record)
            .map_err(|wrong| format!("why {number}: {wrong}\n{explanation}"))?;
        answers += 1;
    }
    for question in questions(numbers, session.world()) {
        // A question may be about something that there is not.
        let Ok(explanation) = run.answer(&question) else { continue };
        judge(&explanation, &record)
            .map_err(|wrong| format!("{question:?}: {wrong}\n{explanation}"))?;
        answers += 1;
    }
    Ok(answers)
}

fn ask_in_fuzzed_runs(kept: usize) -> usize {
    let mut answers = 0;
    for profile in Profile::ALL {
        for seed in 1..=8 {
            let mut run = SeedRun::new(&Plan::new(profile, seed));
            run.play();
            let asked = ask(&run.script(), kept, &mut Numbers(seed));
            answers += asked.unwrap_or_else(|wrong| panic!("{profile} {seed}: {wrong}"));
        }
    }
    answers
}

#[test]
fn every_chain_of_a_fuzzed_run_goes_back_to_where_something_began() {
    let answers = ask_in_fuzzed_runs(usize::MAX);
    assert!(answers > 20_000, "only {answers} answers");
}

/// A page plays a part of a run again, from a checkpoint on.
#[test]
fn a_chain_ends_where_the_record_begins() {
    let answers = ask_in_fuzzed_runs(300);
    assert!(answers > 20_000, "only {answers} answers");
}
