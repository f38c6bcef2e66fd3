//! Leases: keys that are deleted together.

use bytes::Bytes;

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

impl Store {
    /// A lease with its keys; `None`: there is none with this id.
    pub fn lease(&self, _id: i64) -> Option<Lease> {
        todo!("leases")
    }

    /// The time to live of a lease in seconds, as it was granted; `None`: there is none with this
    /// id.
    pub fn lease_ttl(&self, _id: i64) -> Option<i64> {
        todo!("leases")
    }

    /// The ids of all leases with their times to live in seconds, in the order of the ids.
    pub fn leases(&self) -> impl Iterator<Item = (i64, i64)> {
        std::iter::empty()
    }
}
