//! Fewer statements.

use raft_core::Instant;
use raft_script::{Run, Statement, When};

use super::{Shrinker, text};

/// All pairs are tried only in scripts with at most so many statements that may go.
const PAIRS_UP_TO: usize = 24;
/// In longer scripts, each statement is paired with so many of the next ones that name the same
/// nodes.
const PARTNERS: usize = 3;
/// A chunk is tried alone down to this part of the statements.
const LEAST_PART: usize = 8;

impl Shrinker<'_> {
    /// Leaves out as many statements as possible, then joins neighbours.
    pub(super) fn fewer_statements(&mut self) {
        self.keep_one_chunk();
        self.leave_out_chunks();
        self.leave_out_alike();
        self.end_by_waiting();
        self.leave_out_partners();
        while self.leave_out_pair() {}
        self.join_neighbours();
        self.meet_later();
    }

    /// Delta debugging: keeps only one chunk of the statements, half of them, then a quarter, and
    /// so on.
    fn keep_one_chunk(&mut self) {
        let mut parts = 2;
        while parts <= LEAST_PART {
            let open = self.open_range();
            let size = open.len().div_ceil(parts).max(1);
            let mut starts = open.clone().step_by(size);
            let is_kept = starts.any(|start| {
                let chunk = start..start + size;
                self.leave_out(|place| open.contains(&place) && !chunk.contains(&place))
            });
            parts = if is_kept { 2 } else { 2 * parts };
        }
    }

    /// Leaves out all statements that say the same, then all that begin with the same word, then
    /// all that end with the same node.
    fn leave_out_alike(&mut self) {
        let whole = |text: &str| text.to_owned();
        let first = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
        let last = |text: &str| nodes_at_end(text).unwrap_or_default().to_owned();
        for key in [&whole as &dyn Fn(&str) -> String, &first, &last] {
            let mut tried: Vec<String> = Vec::new();
            while let Some(next) = self.keys(key).into_iter().find(|key| !tried.contains(key)) {
                let keys: Vec<String> =
                    self.best.iter().map(|statement| key(&text::action_words(statement))).collect();
                let open = self.open_range();
                self.leave_out(|place| open.contains(&place) && keys[place] == next);
                tried.push(next);
            }
        }
    }

    /// The keys that several statements have.
    fn keys(&self, key: &dyn Fn(&str) -> String) -> Vec<String> {
        let open = &self.best[self.open_range()];
        let mut keys: Vec<String> =
            open.iter().map(|statement| key(&text::action_words(statement))).collect();
        keys.sort_unstable();
        let several = keys.windows(2).filter(|pair| pair[0] == pair[1] && !pair[0].is_empty());
        let mut several: Vec<String> = several.map(|pair| pair[0].clone()).collect();
        several.dedup();
        several
    }

    /// Leaves out a fault together with its repair: two statements that name the same nodes.
    fn leave_out_partners(&mut self) {
        let nodes = |statement: &Statement| {
            let words = text::action_words(statement);
            nodes_at_end(&words).unwrap_or_default().to_owned()
        };
        let mut place = self.open_range().start;
        while place < self.open_range().end {
            let named = nodes(&self.best[place]);
            let later = place + 1..self.open_range().end;
            let partners = later.filter(|later| nodes(&self.best[*later]) == named);
            let partners: Vec<usize> = partners.take(PARTNERS).collect();
            let is_gone = partners
                .into_iter()
                .any(|partner| self.leave_out(|left| left == place || left == partner));
            if !is_gone {
                place += 1;
            }
        }
    }

    /// Lets two neighbours act at the moment of the second: then that moment is said once.
    fn meet_later(&mut self) {
        for place in self.open_range() {
            let [Some(first), Some(second)] = [self.best.get(place), self.best.get(place + 1)]
            else {
                continue;
            };
            if let (
                Statement::At { moment: When::Absolute { .. }, statement: first },
                Statement::At { moment: moment @ When::Absolute { .. }, statement: second },
            ) = (first, second)
            {
                let first = Statement::At { moment: *moment, statement: first.clone() };
                let second = Statement::clone(second);
                let mut candidate = self.best.clone();
                candidate.splice(place..place + 2, [first, second]);
                self.propose(candidate);
            }
        }
    }

    /// Delta debugging: leaves out chunks of half of the statements, then of a quarter, down to
    /// single ones, until each is needed. It begins at the end, because early statements shape the
    /// later run.
    fn leave_out_chunks(&mut self) {
        let mut size = self.open_range().len().div_ceil(2).max(1);
        loop {
            let mut has_left_out = false;
            let mut end = self.open_range().end;
            while end > self.open_range().start {
                let start = end.saturating_sub(size).max(self.open_range().start);
                has_left_out |= self.leave_out(|place| (start..end).contains(&place));
                end = start.min(self.open_range().end);
            }
            if size == 1 && !has_left_out {
                return;
            }
            size = (size / 2).max(1);
        }
    }

    /// Leaves out two statements that are needed only together, such as a fault and its repair.
    fn leave_out_pair(&mut self) -> bool {
        let open = self.open_range();
        if open.len() > PAIRS_UP_TO {
            return false;
        }
        let pairs = open.clone().flat_map(|first| (first + 1..open.end).map(move |s| (first, s)));
        for (first, second) in pairs {
            if self.leave_out(|place| place == first || place == second) {
                return true;
            }
        }
        false
    }

    fn leave_out(&mut self, is_left_out: impl Fn(usize) -> bool) -> bool {
        let kept = self.best.iter().enumerate().filter(|(place, _)| !is_left_out(*place));
        let candidate = kept.map(|(_, statement)| statement.clone()).collect();
        self.propose(candidate)
    }

    /// Replaces the last statement by waiting: the failure may come before the statement acts.
    fn end_by_waiting(&mut self) {
        let open = self.open_range();
        let Some(last) = self.best[open.clone()].last() else { return };
        if let Statement::At { moment: When::Absolute { time, .. }, .. } = last
            && open.end == self.best.len()
        {
            let wait = Statement::Run(Run::To { time: Instant(time.0), step: None });
            self.propose_instead(open.end - 1, wait);
        }
    }

    /// Joins `crash 1` and a later `crash 2` into `crash 1 2`, at either moment.
    fn join_neighbours(&mut self) {
        let mut place = self.open_range().start;
        while place + 1 < self.open_range().end {
            let [first, second] = [place, place + 1].map(|place| self.best[place].to_string());
            let is_joined = joined(&first, &second).is_some_and(|statement| {
                let mut candidate = self.best.clone();
                candidate[place] = statement;
                candidate.remove(place + 1);
                self.propose(candidate)
            });
            if !is_joined {
                place += 1;
            }
        }
    }
}

/// One statement in place of two that differ only in the nodes at their ends.
fn joined(first: &str, second: &str) -> Option<Statement> {
    let (first_nodes, second_nodes) = (nodes_at_end(first)?, nodes_at_end(second)?);
    let [left, right] = [(first, first_nodes), (second, second_nodes)].map(|(text, nodes)| {
        let before = &text[..text.len() - nodes.len()];
        text::parse(text)
            .map(|statement| {
                let words = text::action_words(&statement);
                words[..words.len() - nodes.len()].to_owned()
            })
            .unwrap_or_else(|| before.to_owned())
    });
    (left == right).then(|| text::parse(&format!("{first} {second_nodes}"))).flatten()
}

/// The numbers at the end of a text; `None` if there are none, or if there is nothing else.
fn nodes_at_end(text: &str) -> Option<&str> {
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let length: usize =
        text.split(' ').rev().take_while(is_number).map(|word| word.len() + 1).sum();
    text.len().checked_sub(length.checked_sub(1)?).map(|start| &text[start..])
}
