//! What a server starts from: its members.

use raft_core::{
    ConfigError, Input, Instant, Membership, MembershipChange, Node, NodeId, Recovered,
    RestartError, RoleKind,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

fn list(ids: &[u64]) -> Membership {
    Membership::new(ids.iter().copied().map(NodeId))
}

/// Starts server 1 of three with this list in its configuration.
fn start_with(members: Membership, disk: &Recovered) -> Result<Node, RestartError> {
    let mut config = config(1, 3);
    config.membership = members;
    Node::new(config, disk.clone(), Instant(0))
}

/// A disk that server 1 of three has written to.
fn used() -> Recovered {
    let mut server = Server::of_three(Recovered::default());
    server.lead();
    server.disk
}

/// The members of the first start are on disk before anything that this server promises: they are
/// in the first write.
#[test]
fn the_first_write_carries_the_members_of_the_first_start() {
    let mut server = Server::of_three(Recovered::default());
    server.disk_is_slow = true;
    assert!(server.writes.is_empty(), "there is nothing to store before the first term");
    server.handle(Instant(0), Input::ForceElection);
    server.receive(2, 2, vote(false));
    let carried: Vec<_> = server.writes.iter().map(|write| write.bootstrap.as_deref()).collect();
    assert_eq!(carried, [Some(&membership(3)), None], "once");
    assert!(server.sent.is_empty(), "it has promised nothing yet");
    server.finish_writes(Instant(0));
    assert_eq!(server.disk.bootstrap, Some(membership(3)));
    server.restart(Instant(0));
    server.disk_is_slow = true;
    server.handle(Instant(0), Input::ForceElection);
    assert_eq!(server.writes[0].bootstrap, None, "never again");
}

/// A list that an operator edited would be a cluster of its own.
#[test]
fn another_list_is_refused() {
    let used = used();
    for edited in [list(&[1]), list(&[1, 2]), list(&[1, 2, 3, 4]), list(&[4, 5, 6])] {
        let refused = start_with(edited.clone(), &used).expect_err("the disk says otherwise");
        let stored = membership(3);
        assert_eq!(refused, RestartError::OtherBootstrap { configured: edited, stored });
    }
    assert_eq!(
        start_with(list(&[1]), &used).map(drop).map_err(|error| error.to_string()),
        Err("the configuration lists the members 1, but this server first started with the \
             members 1 2 3, as its disk says. Put that list back, or leave the list empty: a \
             change of the membership at the leader adds and removes members, this list does not"
            .to_owned())
    );
}

/// The list of the first start, in any order, and no list.
#[test]
fn the_same_list_and_no_list_are_accepted() {
    for configured in [list(&[3, 1, 2]), Membership::empty()] {
        let node = start_with(configured, &used()).expect("it contradicts nothing");
        assert_eq!(node.membership(), &membership(3));
    }
}

/// Operators restart with the file that they have: the list stays right whatever the membership
/// becomes, in the log and in a snapshot.
#[test]
fn the_old_list_stays_right_after_changes() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(3)));
    cluster.settle();
    let now = cluster.now;
    for has_snapshot in [false, true] {
        if has_snapshot {
            cluster.server_mut(1).take_snapshot(now);
        }
        let disk = &cluster.server(1).disk;
        assert_eq!(disk.snapshot.is_some(), has_snapshot);
        let node = start_with(membership(3), disk).expect("it is the list of the first start");
        assert_eq!(node.membership(), &list(&[1, 2]));
        let refused = start_with(list(&[1, 2]), disk);
        assert!(matches!(refused, Err(RestartError::OtherBootstrap { .. })), "{refused:?}");
    }
}

/// A server that joins a cluster starts without a list, and keeps none.
#[test]
fn a_server_that_joined_has_no_list() {
    let mut cluster = Cluster::joining(3, 1, |_| {});
    cluster.elect(1);
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    cluster.settle();
    let disk = &cluster.server(4).disk;
    assert_eq!(disk.bootstrap, Some(Membership::empty()));
    let start = |members: &[u64]| {
        let mut config = full_config(4, 3);
        config.membership = list(members);
        Node::new(config, disk.clone(), Instant(0))
    };
    let joined = membership(3).with_learners([NodeId(4)]);
    assert_eq!(start(&[]).map(|node| node.membership().clone()), Ok(joined));
    let words = start(&[4]).map(drop).map_err(|error| error.to_string());
    assert!(
        words.as_ref().is_err_and(|words| {
            words.contains("lists the members 4, but this server first started without members")
        }),
        "{words:?}"
    );
}

/// A disk from before the members were stored: the configuration counts once more, and then never
/// again.
#[test]
fn an_older_disk_takes_its_members_from_the_configuration() {
    let older = Recovered { bootstrap: None, ..used() };
    let mut server = Server::start(config(1, 3), older, Instant(0));
    assert_eq!(server.node.membership(), &membership(3));
    server.handle(Instant(0), Input::ForceElection);
    assert_eq!(server.disk.bootstrap, Some(membership(3)));
    assert!(start_with(list(&[1]), &server.disk).is_err());
}

/// If the power fails before the first write is done, the next start is the first.
#[test]
fn an_empty_disk_is_a_first_start_whatever_was_configured_before() {
    let mut server = Server::start(config(1, 3), Recovered::default(), Instant(0));
    server.disk_is_slow = true;
    server.handle(Instant(0), Input::ForceElection);
    server.crash();
    assert_eq!(server.disk, Recovered::default());
    let mut alone = config(1, 1);
    alone.membership = list(&[1]);
    let mut server = Server::start(alone, server.disk, Instant(0));
    server.campaign();
    assert_eq!(server.node.role(), RoleKind::Leader);
}

#[test]
fn stored_members_that_make_no_sense_are_refused() {
    let bootstrap = Some(membership(10));
    let refused = start_with(membership(3), &Recovered { bootstrap, ..disk(1, &[]) });
    assert_eq!(refused.err(), Some(RestartError::Config(ConfigError::VoterCount(10))));
}
