//! Whose directory it is. A node that started from another one's disk would vote a second time.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use raft_core::NodeId;

use crate::NodeStartError;

const NAME: &str = "identity";

/// The words before the two numbers.
const NODE: &str = "node ";
const OF: &str = " of cluster ";

/// Whose a directory is, such as `node 1 of cluster 00c0ffee00c0ffee`, if it is anybody's.
pub(crate) fn owner(data: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(data.join(NAME)) {
        Ok(found) => Ok(Some(found.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The node of an owner.
pub(crate) fn node(owner: &str) -> Option<NodeId> {
    let (node, _) = owner.strip_prefix(NODE)?.split_once(OF)?;
    node.parse().ok().map(NodeId)
}

/// Checks that a directory is that of this node, and makes it so if it is nobody's. It is open, so
/// nobody else does.
pub(crate) fn claim(data: &Path, id: NodeId, cluster: u64) -> Result<(), NodeStartError> {
    let own = format!("{NODE}{id}{OF}{cluster:016x}\n");
    let failed = |error| NodeStartError::Directory { path: data.display().to_string(), error };
    match owner(data).map_err(failed)? {
        Some(found) if found == own.trim_end() => Ok(()),
        Some(found) => Err(NodeStartError::OtherIdentity {
            path: data.display().to_string(),
            of: found,
            own: own.trim_end().to_owned(),
        }),
        None => store(data, &own).map_err(failed),
    }
}

/// It has its name only when it is whole, and is on stable storage before the node writes.
fn store(data: &Path, own: &str) -> io::Result<()> {
    let new = data.join("identity.new");
    let mut file = File::create(&new)?;
    file.write_all(own.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, data.join(NAME))?;
    File::open(data)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_belongs_to_one_node_of_one_cluster() {
        let data = std::env::temp_dir().join(format!("helios-identity-{}", std::process::id()));
        fs::create_dir_all(&data).expect("there is room");
        for _ in 0..2 {
            claim(&data, NodeId(1), 7).expect("it is nobody's, then its own");
        }
        let error = claim(&data, NodeId(2), 7).expect_err("it is node 1's");
        let words = "belongs to node 1 of cluster 0000000000000007, and this is node 2 of";
        assert!(error.to_string().contains(words), "{error}");
        assert!(claim(&data, NodeId(1), 8).is_err(), "another cluster");
        fs::remove_dir_all(data).expect("it is there");
    }
}
