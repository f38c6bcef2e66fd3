//! A store that anybody can check by reading: a list of all changes, which every question reads
//! from its start.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::alarm::{AlarmKind, AlarmMember};
use crate::command::{Command, Operation};
use crate::error::Error;
use crate::range::{KeyRange, KeyValue, Range, RangeResult, SortOrder, SortTarget};
use crate::response::{Applied, Response};
use crate::txn::{
    Compare, CompareRelation, CompareTarget, DeleteRange, DeleteRangeResult, Put, PutResult, Txn,
    TxnAnswer, TxnOperation, TxnResult,
};
use crate::{Change, ChangeKind, SESSION_WINDOW};

/// The reference for [`Store`](crate::Store). It has no limits on sessions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    /// The key-value after each change, in order; version 0 for a deletion.
    pub(crate) changes: Vec<KeyValue>,
    pub(crate) compacted: Option<i64>,
    pub(crate) leases: BTreeMap<i64, i64>,
    alarms: Vec<AlarmMember>,
    sessions: BTreeMap<i64, ModelSession>,
}

#[derive(Debug, Clone, Default)]
struct ModelSession {
    acknowledged: u64,
    answers: BTreeMap<u64, Response>,
}

type Keys = BTreeMap<Bytes, KeyValue>;

impl Model {
    pub(crate) fn revision(&self) -> i64 {
        self.changes.last().map_or(1, |change| change.mod_revision)
    }

    /// The keys at a revision.
    pub(crate) fn keys_at(&self, revision: i64) -> Keys {
        let mut keys = Keys::new();
        for change in self.changes.iter().filter(|change| change.mod_revision <= revision) {
            if change.version == 0 {
                keys.remove(&change.key);
            } else {
                keys.insert(change.key.clone(), change.clone());
            }
        }
        keys
    }

    fn keys(&self) -> Keys {
        self.keys_at(i64::MAX)
    }

    /// The keys of a lease.
    pub(crate) fn attached(&self, lease: i64) -> Vec<Bytes> {
        let keys = self.keys().into_values();
        keys.filter(|kv| kv.lease == lease).map(|kv| kv.key).collect()
    }

    /// The changes of a range from a revision on.
    pub(crate) fn changes_from(&self, from: i64, range: &KeyRange, prev_kv: bool) -> Vec<Change> {
        let of_range =
            |change: &&KeyValue| change.mod_revision >= from && range.contains(&change.key);
        let event = |kv: &KeyValue| {
            let before = kv.mod_revision - 1;
            let is_readable = prev_kv && self.compacted.is_none_or(|compacted| before >= compacted);
            Change {
                kind: if kv.version == 0 { ChangeKind::Delete } else { ChangeKind::Put },
                kv: kv.clone(),
                prev_kv: is_readable.then(|| self.keys_at(before).remove(&kv.key)).flatten(),
            }
        };
        self.changes.iter().filter(of_range).map(event).collect()
    }

    pub(crate) fn range(&self, range: &Range) -> Result<RangeResult, Error> {
        self.check_range(range)?;
        Ok(self.read(range))
    }

    fn check_range(&self, range: &Range) -> Result<(), Error> {
        match self.compacted {
            _ if range.revision > self.revision() => Err(Error::FutureRevision),
            Some(compacted) if range.revision > 0 && range.revision < compacted => {
                Err(Error::Compacted { compact_revision: compacted })
            }
            _ => Ok(()),
        }
    }

    fn read(&self, range: &Range) -> RangeResult {
        let keys = if range.revision > 0 { self.keys_at(range.revision) } else { self.keys() };
        let mut kvs: Vec<_> =
            keys.into_values().filter(|kv| range.keys().contains(&kv.key)).collect();
        let count = kvs.len() as i64;
        if range.count_only {
            return RangeResult { kvs: Vec::new(), more: false, count };
        }
        let is_within = |value, min, max| (min == 0 || value >= min) && (max == 0 || value <= max);
        kvs.retain(|kv| {
            is_within(kv.mod_revision, range.min_mod_revision, range.max_mod_revision)
                && is_within(
                    kv.create_revision,
                    range.min_create_revision,
                    range.max_create_revision,
                )
        });
        match range.sort_target {
            SortTarget::Key => {}
            SortTarget::Version => kvs.sort_by_key(|kv| kv.version),
            SortTarget::CreateRevision => kvs.sort_by_key(|kv| kv.create_revision),
            SortTarget::ModRevision => kvs.sort_by_key(|kv| kv.mod_revision),
            SortTarget::Value => kvs.sort_by_key(|kv| kv.value.clone()),
        }
        if range.sort_order == SortOrder::Descend {
            // Equal ones stay in the order of their keys.
            let target = |kv: &KeyValue| match range.sort_target {
                SortTarget::Key => (0, kv.key.clone()),
                SortTarget::Version => (kv.version, Bytes::new()),
                SortTarget::CreateRevision => (kv.create_revision, Bytes::new()),
                SortTarget::ModRevision => (kv.mod_revision, Bytes::new()),
                SortTarget::Value => (0, kv.value.clone()),
            };
            kvs.sort_by_key(|kv| std::cmp::Reverse(target(kv)));
        }
        let limit = if range.limit > 0 { range.limit as usize } else { usize::MAX };
        let more = kvs.len() > limit;
        kvs.truncate(limit);
        if range.keys_only {
            kvs.iter_mut().for_each(|kv| kv.value.clear());
        }
        RangeResult { kvs, more, count }
    }

    pub(crate) fn apply(&mut self, command: &Command) -> Response {
        let Some(tag) = command.session else {
            return self.first(&command.operation);
        };
        let refused = |model: &Self, error| Response {
            revision: model.revision(),
            result: Err(error),
            repeated: false,
        };
        let (number, acknowledged) = (tag.number, tag.acknowledged);
        let Some(session) = self.sessions.get_mut(&tag.session) else {
            return refused(self, Error::SessionNotOpen { session: tag.session });
        };
        if acknowledged >= number {
            return refused(self, Error::InvalidTag { number, acknowledged });
        }
        let acknowledged = acknowledged.max(session.acknowledged);
        session.acknowledged = acknowledged;
        if number <= acknowledged {
            return refused(self, Error::AlreadyAcknowledged { number, acknowledged });
        }
        if number > acknowledged + SESSION_WINDOW {
            return refused(self, Error::WindowExceeded { number, acknowledged });
        }
        if let Some(answer) = session.answers.get(&number) {
            return Response { repeated: true, ..answer.clone() };
        }
        let response = self.first(&command.operation);
        if let Some(session) = self.sessions.get_mut(&tag.session) {
            session.answers.insert(number, response.clone());
        }
        response
    }

    fn first(&mut self, operation: &Operation) -> Response {
        let result = self.perform(operation);
        Response { revision: self.revision(), result, repeated: false }
    }

    fn perform(&mut self, operation: &Operation) -> Result<Applied, Error> {
        if let Operation::Txn(txn) = operation
            && (has_duplicate(&txn.success) || has_duplicate(&txn.failure))
        {
            return Err(Error::DuplicateKey);
        }
        if let Operation::LeaseGrant { id: 0, .. } | Operation::OpenSession { id: 0, .. } =
            operation
        {
            return Err(Error::LeaseNotFound);
        }
        self.check_alarms(operation)?;
        let revision = self.revision() + 1;
        Ok(match operation {
            Operation::Put(put) => {
                self.check_put(put)?;
                Applied::Put(self.put(put, revision))
            }
            Operation::DeleteRange(range) => Applied::DeleteRange(self.delete(range, revision)),
            Operation::Txn(txn) => {
                let plan = self.plan(txn);
                self.check_plan(&plan)?;
                Applied::Txn(self.carry_out(plan, revision))
            }
            Operation::Compact { revision } => {
                let compacted = self.compacted.unwrap_or(-1);
                if *revision <= compacted {
                    return Err(Error::Compacted { compact_revision: compacted });
                }
                if *revision > self.revision() {
                    return Err(Error::FutureRevision);
                }
                self.compacted = Some(*revision);
                Applied::Compact
            }
            Operation::LeaseGrant { id, ttl } => {
                Applied::LeaseGrant { id: *id, ttl: self.grant(*id, *ttl)? }
            }
            Operation::LeaseRevoke { id } => {
                self.revoke(*id)?;
                Applied::LeaseRevoke
            }
            Operation::RevokeExpired { ids } => {
                let ended = ids.iter().copied().filter(|id| self.revoke(*id).is_ok());
                Applied::RevokeExpired { ids: ended.collect() }
            }
            Operation::Alarm { activate, member, alarm } => {
                let alarm = AlarmMember { member: *member, alarm: *alarm };
                let was_active = self.alarms.contains(&alarm);
                self.alarms.retain(|other| *other != alarm);
                self.alarms.extend(activate.then_some(alarm));
                let is_told = *activate || was_active;
                Applied::Alarm(is_told.then_some(alarm).into_iter().collect())
            }
            Operation::OpenSession { id, ttl } => {
                let ttl = self.grant(*id, *ttl)?;
                self.sessions.insert(*id, ModelSession::default());
                Applied::OpenSession { id: *id, ttl }
            }
        })
    }

    fn check_alarms(&self, operation: &Operation) -> Result<(), Error> {
        let is_active = |kind| self.alarms.iter().any(|active| active.alarm == kind);
        if matches!(operation, Operation::Alarm { .. }) {
            return Ok(());
        }
        if is_active(AlarmKind::Corrupt) {
            return Err(Error::Corrupt);
        }
        let grows = if let Operation::Txn(txn) = operation {
            let runs = runs(&txn.success).into_iter().chain(runs(&txn.failure));
            runs.flatten().any(|operation| matches!(operation, TxnOperation::Put(_)))
        } else {
            matches!(
                operation,
                Operation::Put(_) | Operation::LeaseGrant { .. } | Operation::OpenSession { .. }
            )
        };
        if grows && is_active(AlarmKind::NoSpace) { Err(Error::NoSpace) } else { Ok(()) }
    }

    fn grant(&mut self, id: i64, ttl: i64) -> Result<i64, Error> {
        if self.leases.contains_key(&id) {
            return Err(Error::LeaseExists);
        }
        self.leases.insert(id, ttl.max(1));
        Ok(ttl.max(1))
    }

    fn revoke(&mut self, id: i64) -> Result<(), Error> {
        self.leases.remove(&id).ok_or(Error::LeaseNotFound)?;
        self.sessions.remove(&id);
        let revision = self.revision() + 1;
        for key in self.attached(id) {
            self.changes.push(deletion(key, revision));
        }
        Ok(())
    }

    fn check_put(&self, put: &Put) -> Result<(), Error> {
        if put.lease != 0 && !self.leases.contains_key(&put.lease) {
            return Err(Error::LeaseNotFound);
        }
        if (put.ignore_value || put.ignore_lease) && !self.keys().contains_key(&put.key) {
            return Err(Error::KeyNotFound);
        }
        Ok(())
    }

    fn put(&mut self, put: &Put, revision: i64) -> PutResult {
        let before = self.keys().remove(&put.key);
        let kept = before.clone().unwrap_or_default();
        self.changes.push(KeyValue {
            key: put.key.clone(),
            create_revision: if before.is_some() { kept.create_revision } else { revision },
            mod_revision: revision,
            version: kept.version + 1,
            value: if put.ignore_value { kept.value } else { put.value.clone() },
            lease: if put.ignore_lease { kept.lease } else { put.lease },
        });
        PutResult { prev_kv: before.filter(|_| put.prev_kv) }
    }

    fn delete(&mut self, range: &DeleteRange, revision: i64) -> DeleteRangeResult {
        let keys = KeyRange::new(range.key.clone(), range.range_end.clone());
        let kvs: Vec<_> = self.keys().into_values().filter(|kv| keys.contains(&kv.key)).collect();
        self.changes.extend(kvs.iter().map(|kv| deletion(kv.key.clone(), revision)));
        let deleted = kvs.len() as i64;
        DeleteRangeResult { deleted, prev_kvs: if range.prev_kv { kvs } else { Vec::new() } }
    }

    fn holds(&self, compare: &Compare) -> bool {
        let keys = KeyRange::new(compare.key.clone(), compare.range_end.clone());
        let found: Vec<_> = self.keys().into_values().filter(|kv| keys.contains(&kv.key)).collect();
        let holds = |kv: &KeyValue| {
            let ordering = match &compare.target {
                CompareTarget::Version(expected) => kv.version.cmp(expected),
                CompareTarget::CreateRevision(expected) => kv.create_revision.cmp(expected),
                CompareTarget::ModRevision(expected) => kv.mod_revision.cmp(expected),
                CompareTarget::Value(expected) => kv.value.cmp(expected),
                CompareTarget::Lease(expected) => kv.lease.cmp(expected),
            };
            match compare.relation {
                CompareRelation::Equal => ordering.is_eq(),
                CompareRelation::Greater => ordering.is_gt(),
                CompareRelation::Less => ordering.is_lt(),
                CompareRelation::NotEqual => ordering.is_ne(),
            }
        };
        if found.is_empty() {
            return !matches!(compare.target, CompareTarget::Value(_))
                && holds(&KeyValue::default());
        }
        found.iter().all(holds)
    }

    /// A transaction with its comparisons decided: those that hold have none, and the others have
    /// one that cannot.
    fn plan(&self, txn: &Txn) -> Plan {
        let succeeded = txn.compare.iter().all(|compare| self.holds(compare));
        let list = if succeeded { &txn.success } else { &txn.failure };
        let step = |operation: &TxnOperation| match operation {
            TxnOperation::Txn(txn) => Step::Plan(self.plan(txn)),
            TxnOperation::Range(_) | TxnOperation::Put(_) | TxnOperation::DeleteRange(_) => {
                Step::Operation(operation.clone())
            }
        };
        Plan { succeeded, steps: list.iter().map(step).collect() }
    }

    fn check_plan(&self, plan: &Plan) -> Result<(), Error> {
        plan.steps.iter().try_for_each(|step| match step {
            Step::Plan(plan) => self.check_plan(plan),
            Step::Operation(TxnOperation::Range(range)) => self.check_range(range),
            Step::Operation(TxnOperation::Put(put)) => self.check_put(put),
            Step::Operation(TxnOperation::DeleteRange(_) | TxnOperation::Txn(_)) => Ok(()),
        })
    }

    fn carry_out(&mut self, plan: Plan, revision: i64) -> TxnResult {
        let mut responses = Vec::new();
        for step in plan.steps {
            responses.push(match step {
                Step::Plan(plan) => TxnAnswer::Txn(self.carry_out(plan, revision)),
                Step::Operation(TxnOperation::Range(range)) => TxnAnswer::Range(self.read(&range)),
                Step::Operation(TxnOperation::Put(put)) => TxnAnswer::Put(self.put(&put, revision)),
                Step::Operation(TxnOperation::DeleteRange(range)) => {
                    TxnAnswer::DeleteRange(self.delete(&range, revision))
                }
                Step::Operation(TxnOperation::Txn(_)) => panic!("a plan has no open decisions"),
            });
        }
        TxnResult { succeeded: plan.succeeded, responses }
    }
}

struct Plan {
    succeeded: bool,
    steps: Vec<Step>,
}

enum Step {
    Operation(TxnOperation),
    Plan(Plan),
}

fn deletion(key: Bytes, mod_revision: i64) -> KeyValue {
    KeyValue { key, mod_revision, ..KeyValue::default() }
}

/// All runs of a list of operations: with each combination of the decisions in it.
fn runs(list: &[TxnOperation]) -> Vec<Vec<&TxnOperation>> {
    let mut all = vec![Vec::new()];
    for operation in list {
        let ways = match operation {
            TxnOperation::Txn(txn) => [runs(&txn.success), runs(&txn.failure)].concat(),
            TxnOperation::Range(_) | TxnOperation::Put(_) | TxnOperation::DeleteRange(_) => {
                vec![vec![operation]]
            }
        };
        all = all
            .iter()
            .flat_map(|run| ways.iter().map(move |way| [run.clone(), way.clone()].concat()))
            .collect();
    }
    all
}

/// Whether some run puts a key twice, or puts a key that it also deletes.
fn has_duplicate(list: &[TxnOperation]) -> bool {
    runs(list).into_iter().any(|run| {
        let puts = |operation: &&TxnOperation| match operation {
            TxnOperation::Put(put) => Some(put.key.clone()),
            TxnOperation::Range(_) | TxnOperation::DeleteRange(_) | TxnOperation::Txn(_) => None,
        };
        let puts: Vec<Bytes> = run.iter().filter_map(puts).collect();
        let is_put_twice =
            puts.iter().any(|key| puts.iter().filter(|other| *other == key).count() > 1);
        let is_deleted = |operation: &&TxnOperation| match operation {
            TxnOperation::DeleteRange(range) => {
                let keys = KeyRange::new(range.key.clone(), range.range_end.clone());
                puts.iter().any(|key| keys.contains(key))
            }
            TxnOperation::Put(_) | TxnOperation::Range(_) | TxnOperation::Txn(_) => false,
        };
        is_put_twice || run.iter().any(is_deleted)
    })
}

#[cfg(test)]
mod tests;
