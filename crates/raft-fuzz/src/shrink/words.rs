//! Statements with fewer and plainer words.

use raft_kv::{ClientId, Key, Operation, Value};
use raft_script::{Order, Statement};

use super::{Shrinker, text};

/// The counts up to this one are tried instead of a larger count.
const SMALLEST: u64 = 3;

/// The most words that are left out together: `at 3s`, `-> 4 5`, `via = 3`.
const LONGEST: usize = 3;

impl Shrinker<'_> {
    /// Leaves out words of every statement, then makes keys, values and counts plain.
    pub(super) fn simpler_words(&mut self) {
        let mut place = 0;
        while place < self.open_range().end {
            while self.leave_out_words(place) {}
            place += 1;
        }
        self.plain_requests();
        self.smaller_sizes();
    }

    /// Makes counts in the settings of the cluster smaller, such as `snapshot=20`: then less has to
    /// happen.
    fn smaller_sizes(&mut self) {
        let Some(cluster @ Statement::Cluster(_)) = self.best.first() else { return };
        let words = cluster.to_string();
        for (place, word) in words.split(' ').enumerate() {
            let Some((name, Ok(count))) = word.split_once('=').map(|(n, c)| (n, c.parse::<u64>()))
            else {
                continue;
            };
            for smaller in (1..=SMALLEST).take_while(|smaller| *smaller < count) {
                let changed = format!("{name}={smaller}");
                let kept: Vec<&str> = words.split(' ').collect();
                let changed = [&kept[..place], &[changed.as_str()], &kept[place + 1..]].concat();
                let changed = text::parse(&changed.join(" "));
                if changed.is_some_and(|changed| self.propose_instead(0, changed)) {
                    break;
                }
            }
        }
    }

    fn leave_out_words(&mut self, place: usize) -> bool {
        let Some(statement) = self.best.get(place).cloned() else { return false };
        let words = statement.to_string();
        let words: Vec<&str> = words.split(' ').collect();
        for length in (1..=LONGEST).rev() {
            for start in 0..(words.len() + 1).saturating_sub(length) {
                let kept = [&words[..start], &words[start + length..]].concat().join(" ");
                let fewer = text::parse(&kept).filter(|fewer| is_of_a_kind(fewer, &statement));
                if fewer.is_some_and(|fewer| self.propose_instead(place, fewer)) {
                    return true;
                }
            }
        }
        false
    }

    /// Replaces requests by `set x=1`, and clients by the first ones.
    fn plain_requests(&mut self) {
        for place in self.open_range() {
            for simplify in [plain_operation, plain_key, plain_value] {
                self.change_request(place, simplify);
            }
            for client in 1..=3 {
                self.change_request(place, |request| {
                    let Statement::Order(Order::Request(request)) = request else { return };
                    request.client = ClientId(client.min(request.client.0));
                });
            }
        }
    }

    fn change_request(&mut self, place: usize, change: impl Fn(&mut Statement)) {
        let Some(statement) = self.best.get(place) else { return };
        let mut changed = statement.clone();
        if let Statement::At { statement, .. } = &mut changed {
            change(statement);
        } else {
            change(&mut changed);
        }
        self.propose_instead(place, changed);
    }
}

/// Whether both statements begin with the same word.
fn is_of_a_kind(fewer: &Statement, statement: &Statement) -> bool {
    let word = |statement| text::action_words(statement).split(' ').next().map(str::to_owned);
    word(fewer) == word(statement)
}

fn operation_of(request: &mut Statement) -> Option<&mut Operation> {
    let Statement::Order(Order::Request(request)) = request else { return None };
    Some(&mut request.operation)
}

fn plain_operation(request: &mut Statement) {
    let Some(operation) = operation_of(request) else { return };
    if let Operation::Append { key, value } | Operation::Cas { key, value, .. } = operation {
        *operation = Operation::Set { key: key.clone(), value: value.clone() };
    }
}

fn plain_key(request: &mut Statement) {
    if let Some(
        Operation::Set { key, .. }
        | Operation::Get { key }
        | Operation::Delete { key }
        | Operation::Cas { key, .. }
        | Operation::Append { key, .. },
    ) = operation_of(request)
    {
        *key = Key::from("x");
    }
}

fn plain_value(request: &mut Statement) {
    if let Some(
        Operation::Set { value, .. }
        | Operation::Cas { value, .. }
        | Operation::Append { value, .. },
    ) = operation_of(request)
    {
        *value = Value::from("1");
    }
}
