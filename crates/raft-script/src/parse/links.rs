//! `link`, `cut` and `restore`.

use raft_sim::LinkChange;

use super::cursor::{Cursor, Parsed};
use crate::statement::{Ends, Nodes, Statement};

impl Cursor<'_> {
    pub(super) fn link(&mut self) -> Parsed<Statement> {
        let ends = self.ends()?;
        let mut changes = Vec::new();
        if self.eat_word("cut") || self.eat_word("drop") {
            changes.push(LinkChange::Cut);
        } else if self.eat_word("restore") {
            changes.push(LinkChange::Restore);
        } else {
            while changes.is_empty() || !self.is_at_end() {
                changes.push(self.link_setting(&changes)?);
            }
        }
        Ok(Statement::Link { ends, changes })
    }

    fn link_setting(&mut self, before: &[LinkChange]) -> Parsed<LinkChange> {
        let expected = if before.is_empty() {
            "`cut`, `restore`, `latency=`, `loss=`, `duplicate=` or `reorder=`"
        } else {
            "`latency=`, `loss=`, `duplicate=` or `reorder=`, each once"
        };
        let word = self.word().ok_or_else(|| self.error(expected))?.to_owned();
        let is_new = |kind: fn(&LinkChange) -> bool| !before.iter().any(kind);
        let fits = match word.as_str() {
            "latency" => is_new(|change| matches!(change, LinkChange::Latency(_))),
            "loss" => is_new(|change| matches!(change, LinkChange::Loss { .. })),
            "duplicate" => is_new(|change| matches!(change, LinkChange::Duplication { .. })),
            "reorder" => is_new(|change| matches!(change, LinkChange::Reordering(_))),
            _ => false,
        };
        if !fits {
            return Err(self.error(expected));
        }
        self.advance();
        self.sign("=")?;
        Ok(match word.as_str() {
            "latency" => LinkChange::Latency(self.delay()?),
            "loss" => LinkChange::Loss { per_million: self.percent()? },
            "duplicate" => LinkChange::Duplication { per_million: self.percent()? },
            _ => LinkChange::Reordering(self.switch()?),
        })
    }

    /// `cut 1 -> 3` for `link 1 -> 3 cut`.
    pub(super) fn short_link(&mut self, change: LinkChange) -> Parsed<Statement> {
        Ok(Statement::Link { ends: self.ends()?, changes: vec![change] })
    }

    fn ends(&mut self) -> Parsed<Ends> {
        let from = self.nodes()?;
        let both_ways = self.eat_sign("<->");
        if !both_ways && !self.eat_sign("->") {
            if from == Nodes::All {
                return Ok(Ends::All);
            }
            return Err(self.error("`->` or `<->`"));
        }
        Ok(Ends::Between { from, to: self.nodes()?, both_ways })
    }
}
