use raft_core::{HardState, Persist, Term};

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

fn wrote(term: u64) -> Records {
    let mut records = Records::default();
    records.apply(&batch(term));
    records
}

fn crash(mirror: &mut Mirror, node: NodeId) {
    mirror.observe(&EventKind::Process { node, event: ProcessEvent::Crashed });
}

#[test]
fn a_change_is_unsaved_until_its_transaction_is_over() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    assert_eq!(backend.under_way(), 0, "changes wait for their transaction");
    mirror.flush();
    assert_eq!((mirror.unsaved(), mirror.issued(), mirror.stored()), (1, 1, 0));
    backend.complete_next();
    assert_eq!((mirror.unsaved(), mirror.issued(), mirror.stored()), (0, 1, 1));
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
    assert_eq!(mirror.stored(), 1);
    assert_eq!(backend.transactions(), 2);
    backend.complete_next();
    assert_eq!(mirror.stored(), 3);
    assert_eq!(backend.transactions(), 2);
    assert_eq!(backend.stored(), [(ONE, wrote(2)), (TWO, wrote(1))].into());
}

#[test]
fn lost_writes_are_undone_after_them() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    crash(&mut mirror, ONE);
    mirror.observe(&EventKind::Disk {
        node: ONE,
        event: DiskEvent::WritesLost { writes: 1, undo: batch(7) },
    });
    mirror.flush();
    backend.complete_next();
    assert_eq!(backend.stored()[&ONE], wrote(7));
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
    backend.complete_next();
    assert_eq!(backend.stored()[&ONE], wrote(1));
}

/// A crash decided about the writes of the earlier life.
#[test]
fn what_was_unfinished_at_a_crash_is_not_stored_again() {
    let backend = FakeBackend::slow();
    let mut mirror = Mirror::new(backend.clone());
    issue(&mut mirror, ONE, 1);
    crash(&mut mirror, ONE);
    mirror.observe(&EventKind::Disk { node: ONE, event: DiskEvent::Renewed { batch: batch(0) } });
    mirror.flush();
    backend.complete_next();
    assert_eq!(backend.stored()[&ONE], wrote(0));
    // The numbers of writes begin again, too.
    issue(&mut mirror, ONE, 1);
    mirror.observe(&EventKind::Disk {
        node: ONE,
        event: DiskEvent::WriteDurable { id: PersistId(1) },
    });
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
    assert_eq!(backend.stored()[&ONE], wrote(2));
}
