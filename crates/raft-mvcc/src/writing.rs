//! The changes of one command: all at one revision.

use crate::error::Error;
use crate::lease::Leases;
use crate::range::{KeyRange, Range, RangeResult};
use crate::record::{Header, Record};
use crate::txn::{DeleteRange, DeleteRangeResult, Put, PutResult};
use crate::versions::Versions;

/// The changes of one command under way. Reads in between see them.
pub(crate) struct Writing<'a> {
    versions: &'a mut Versions,
    leases: &'a mut Leases,
    /// The changes so far, all at the revision after the store's.
    changes: Vec<Record>,
}

impl<'a> Writing<'a> {
    pub(crate) fn new(versions: &'a mut Versions, leases: &'a mut Leases) -> Self {
        Self { versions, leases, changes: Vec::new() }
    }

    /// Makes the changes a revision, if there are any. Gives their number.
    pub(crate) fn finish(self) -> usize {
        let count = self.changes.len();
        if count > 0 {
            self.versions.history.push_back(self.changes.into());
        }
        count
    }

    /// Whether a put can be done.
    pub(crate) fn check_put(&self, put: &Put) -> Result<(), Error> {
        if put.lease != 0 && !self.leases.contains(put.lease) {
            return Err(Error::LeaseNotFound);
        }
        let needs_key = put.ignore_value || put.ignore_lease;
        if needs_key && self.versions.get(&put.key).is_none() {
            return Err(Error::KeyNotFound);
        }
        Ok(())
    }

    /// Whether a read can be done.
    pub(crate) fn check_range(&self, range: &Range) -> Result<(), Error> {
        self.versions.check_revision(range.revision)
    }

    /// The keys of a range with their versions now, in order.
    pub(crate) fn live(&self, range: &KeyRange) -> impl Iterator<Item = &Record> {
        self.versions.live(range)
    }

    /// Reads keys, as they were at the revision of the range, or as they are now.
    pub(crate) fn range(&self, range: &Range) -> RangeResult {
        self.versions.read(range, (range.revision > 0).then_some(range.revision))
    }

    /// Does a put that was [checked](Self::check_put).
    pub(crate) fn put(&mut self, put: &Put) -> PutResult {
        let before = self.versions.get(&put.key);
        let kept_value = before.filter(|_| put.ignore_value).map(Record::value);
        let kept_lease = before.filter(|_| put.ignore_lease).map(Record::lease);
        let mod_revision = self.revision();
        let before = before.map(Record::header);
        let header = Header {
            create_revision: before.map_or(mod_revision, |before| before.create_revision),
            mod_revision,
            version: before.map_or(1, |before| before.version + 1),
            lease: kept_lease.unwrap_or(put.lease),
            place: self.place(),
        };
        let record = Record::new(header, &put.key, kept_value.unwrap_or(&put.value));
        self.changes.push(record.clone());
        let lease_before = before.map_or(0, |before| before.lease);
        if lease_before != header.lease {
            self.leases.detach(lease_before, &put.key);
        }
        self.leases.attach(&record);
        let replaced = self.versions.put(record);
        PutResult { prev_kv: replaced.filter(|_| put.prev_kv).map(|record| record.key_value()) }
    }

    /// Deletes the keys of a range.
    pub(crate) fn delete_range(&mut self, request: &DeleteRange) -> DeleteRangeResult {
        let range = KeyRange::new(request.key.clone(), request.range_end.clone());
        let deleted: Vec<Record> = self.versions.live(&range).cloned().collect();
        for version in &deleted {
            self.delete(version);
        }
        let prev_kvs = if request.prev_kv {
            deleted.iter().map(Record::key_value).collect()
        } else {
            Vec::new()
        };
        DeleteRangeResult { deleted: deleted.len() as i64, prev_kvs }
    }

    /// Ends a lease and deletes its keys, in order.
    pub(crate) fn revoke(&mut self, id: i64) -> Result<(), Error> {
        let keys = self.leases.remove(id).ok_or(Error::LeaseNotFound)?;
        for version in &keys {
            self.delete(&version.0);
        }
        Ok(())
    }

    fn delete(&mut self, version: &Record) {
        let header = Header {
            create_revision: 0,
            mod_revision: self.revision(),
            version: 0,
            lease: 0,
            place: self.place(),
        };
        let deletion = Record::new(header, version.key(), &[]);
        self.changes.push(deletion.clone());
        self.leases.detach(version.lease(), version.key());
        self.versions.delete(deletion);
    }

    fn revision(&self) -> i64 {
        self.versions.revision() + 1
    }

    fn place(&self) -> u32 {
        u32::try_from(self.changes.len()).expect("a revision has less than 4 billion changes")
    }
}
