use raft_core::{HardState, Instant, Persist, Term};

use super::*;
use crate::fake::FakeBackend;

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);

fn batch(term: u64) -> Arc<WriteBatch> {
    let hard_state = HardState { current_term: Term(term), voted_for: None };
    Arc::new(WriteBatch::from_persist(&Persist {
        hard_state: Some(hard_state),
        ..Persist::default()
    }))
}

fn issue(mirror: &mut Mirror, node: NodeId, id: u64) {
    mirror.observe(&EventKind::Disk {
        node,
        event: DiskEvent::WriteIssued { id: PersistId(id), batch: batch(id) },
    });
}

fn completion(node: NodeId, id: u64) -> NextStep {
    NextStep { at: Instant(5), completes_write: Some((node, PersistId(id))) }
}

const OTHER: NextStep = NextStep { at: Instant(5), completes_write: None };

#[test]
fn a_write_completes_only_when_it_is_stored() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    assert!(!mirror.allows(&completion(ONE, 1)));
    assert!(mirror.allows(&OTHER), "other things do not wait");
    assert_eq!(mirror.unsaved(), 1);
    backend.complete_next();
    assert!(mirror.allows(&completion(ONE, 1)));
    assert_eq!(mirror.unsaved(), 0);
}

#[test]
fn what_is_issued_during_a_transaction_goes_into_the_next_one_together() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    issue(&mut mirror, TWO, 1);
    issue(&mut mirror, ONE, 2);
    mirror.flush();
    assert_eq!(backend.under_way(), 1, "one at a time, or a failure could leave a hole");
    backend.complete_next();
    assert!(mirror.allows(&completion(ONE, 1)));
    assert!(!mirror.allows(&completion(TWO, 1)));
    assert_eq!(backend.transactions(), 2);
    backend.complete_next();
    assert!(mirror.allows(&completion(TWO, 1)));
    assert_eq!(backend.transactions(), 2);
}

#[test]
fn after_a_crash_nothing_happens_before_kept_writes_are_stored() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    mirror.observe(&EventKind::Process { node: ONE, event: ProcessEvent::Crashed });
    mirror.flush();
    assert!(!mirror.allows(&OTHER));
    backend.complete_next();
    assert!(mirror.allows(&OTHER));
}

#[test]
fn after_a_crash_nothing_happens_before_lost_writes_are_undone() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    mirror.observe(&EventKind::Process { node: ONE, event: ProcessEvent::Crashed });
    mirror.observe(&EventKind::Disk {
        node: ONE,
        event: DiskEvent::WritesLost { writes: 1, undo: batch(0) },
    });
    mirror.flush();
    backend.complete_next();
    assert!(!mirror.allows(&OTHER), "the undoing is a write like others");
    backend.complete_next();
    assert!(mirror.allows(&OTHER));
}

#[test]
fn what_is_unfinished_is_stored_again_after_damage() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    backend.complete_next();
    mirror.observe(&EventKind::Disk {
        node: ONE,
        event: DiskEvent::Damaged {
            damage: raft_sim::DiskDamage::Corrupt { record: None },
            batch: batch(0),
        },
    });
    mirror.flush();
    assert!(!mirror.allows(&OTHER) && !mirror.allows(&completion(ONE, 1)));
    backend.complete_next();
    assert!(mirror.allows(&completion(ONE, 1)));
    let mut expected = Records::default();
    expected.apply(&batch(1));
    assert_eq!(backend.stored()[&ONE], expected);
}

#[test]
fn ids_start_again_in_the_next_life() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    mirror.observe(&EventKind::Process { node: ONE, event: ProcessEvent::Crashed });
    backend.complete_next();
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    assert!(!mirror.allows(&completion(ONE, 1)), "this is another write than the first life's");
}

#[test]
fn a_crash_without_unfinished_writes_holds_nothing_up() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, TWO, 1);
    mirror.flush();
    mirror.observe(&EventKind::Process { node: ONE, event: ProcessEvent::Crashed });
    assert!(mirror.allows(&OTHER));
}

#[test]
fn a_failure_is_final() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    issue(&mut mirror, ONE, 2);
    backend.fail_next("the disk is full");
    assert_eq!(mirror.failure().as_deref(), Some("the disk is full"));
    assert!(!mirror.allows(&OTHER));
    issue(&mut mirror, TWO, 1);
    mirror.flush();
    assert_eq!(backend.under_way(), 0, "a later write could leave a hole");
}

#[test]
fn progress_is_told() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    let count = Rc::new(std::cell::Cell::new(0));
    let counter = count.clone();
    mirror.on_progress(Some(Rc::new(move || counter.set(counter.get() + 1))));
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    backend.complete_next();
    assert_eq!(count.get(), 1);
}

#[test]
fn writes_reach_the_back_end_although_the_mirror_is_gone() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    mirror.flush();
    issue(&mut mirror, ONE, 2);
    drop(mirror);
    backend.complete_next();
    assert_eq!(backend.under_way(), 1);
    backend.complete_next();
    let mut expected = Records::default();
    expected.apply(&batch(2));
    assert_eq!(backend.stored()[&ONE], expected);
}
