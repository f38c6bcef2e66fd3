//! Planted bugs: mistakes of real implementations, each in place of one rule.
//!
//! `rule!(self.check_vote(..))` calls the function of the same name here first. If the bug is
//! planted ([`Config::bugs`](crate::Config::bugs)), the function answers in place of the rule; else
//! it returns `None`, and the rule applies. A wrapper may call the rule itself, before or after it
//! does harm. A build without the feature `bugs` has none of this.
//!
//! | file | rules that it replaces |
//! |---|---|
//! | `start` | what a server finds on its disk |
//! | `elections` | who may start an election, who votes, who is elected |
//! | `replication` | what a follower accepts and acknowledges, and what its leader makes of that |
//! | `commits` | what is committed |
//! | `snapshots` | what a snapshot replaces |
//! | `reads` | when a read is answered |
//! | `requests` | how requests are taken and answered |
//! | `membership` | when the membership changes, and who leads then |

mod commits;
mod elections;
mod membership;
mod reads;
mod replication;
mod requests;
mod snapshots;
mod start;

pub(super) use self::commits::*;
pub(super) use self::elections::*;
pub(super) use self::membership::*;
pub(super) use self::reads::*;
pub(super) use self::replication::*;
pub(super) use self::requests::*;
pub(super) use self::snapshots::*;
pub(super) use self::start::*;

use super::Node;
use crate::{Bug, Bugs};

impl Node {
    /// Switches these rules off from now on, and all others on.
    ///
    /// What a server did without a rule stays as it is. A rule that counts at a start only
    /// ([`Bug::VoteForgotten`], for example) is off at the next start.
    pub fn set_bugs(&mut self, bugs: Bugs) {
        self.config.bugs = bugs;
    }

    /// The rules that are switched off.
    pub fn bugs(&self) -> Bugs {
        self.config.bugs
    }

    fn has(&self, bug: Bug) -> bool {
        self.config.bugs.has(bug)
    }
}
