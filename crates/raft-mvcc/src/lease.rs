//! Leases: keys that are deleted together.

use bytes::Bytes;
use imbl::{OrdMap, OrdSet};

use crate::MAX_LEASE_TTL;
use crate::error::Error;
use crate::record::{ByKey, Record};
use crate::store::Store;

/// A lease. Whether its time has passed is known to the node only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Its id, not 0.
    pub id: i64,
    /// Its time to live in seconds, as it was granted.
    pub ttl: i64,
    /// The keys that are attached to it, in order.
    pub keys: Vec<Bytes>,
}

/// All leases.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leases(OrdMap<i64, Attached>);

/// A lease in the store.
#[derive(Debug, Clone)]
struct Attached {
    ttl: i64,
    /// The newest versions of the keys that are attached.
    keys: OrdSet<ByKey>,
}

/// Checks the id and the time to live of a new lease.
pub(crate) fn validate_grant(id: i64, ttl: i64) -> Result<(), Error> {
    if id == 0 {
        return Err(Error::LeaseNotFound);
    }
    if ttl > MAX_LEASE_TTL {
        return Err(Error::LeaseTtlTooLarge);
    }
    Ok(())
}

impl Leases {
    /// Creates a lease. Gives its time to live.
    pub(crate) fn grant(&mut self, id: i64, ttl: i64) -> Result<i64, Error> {
        validate_grant(id, ttl)?;
        if self.contains(id) {
            return Err(Error::LeaseExists);
        }
        let ttl = ttl.max(1);
        self.0.insert(id, Attached { ttl, keys: OrdSet::new() });
        Ok(ttl)
    }

    pub(crate) fn contains(&self, id: i64) -> bool {
        self.0.contains_key(&id)
    }

    /// Removes a lease. Gives the keys that are attached to it.
    pub(crate) fn remove(&mut self, id: i64) -> Option<OrdSet<ByKey>> {
        self.0.remove(&id).map(|lease| lease.keys)
    }

    /// Attaches the newest version of a key to its lease, if it has one. The lease exists.
    pub(crate) fn attach(&mut self, record: &Record) {
        if record.lease() != 0 {
            let lease = self.0.get_mut(&record.lease()).expect("the lease of a put was checked");
            lease.keys.insert(ByKey(record.clone()));
        }
    }

    /// Detaches a key from a lease, if both are there.
    pub(crate) fn detach(&mut self, id: i64, key: &[u8]) {
        if id != 0
            && let Some(lease) = self.0.get_mut(&id)
        {
            lease.keys.remove(key);
        }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (i64, i64)> {
        self.0.iter().map(|(id, lease)| (*id, lease.ttl))
    }
}

impl Store {
    /// A lease with its keys; `None`: there is none with this id.
    pub fn lease(&self, id: i64) -> Option<Lease> {
        let lease = self.leases.0.get(&id)?;
        let keys = lease.keys.iter().map(|version| version.0.shared_key()).collect();
        Some(Lease { id, ttl: lease.ttl, keys })
    }

    /// The time to live of a lease in seconds, as it was granted; `None`: there is none with this
    /// id.
    pub fn lease_ttl(&self, id: i64) -> Option<i64> {
        self.leases.0.get(&id).map(|lease| lease.ttl)
    }

    /// The ids of all leases with their times to live in seconds, in the order of the ids.
    pub fn leases(&self) -> impl ExactSizeIterator<Item = (i64, i64)> {
        self.leases.iter()
    }
}

#[cfg(test)]
mod tests;
