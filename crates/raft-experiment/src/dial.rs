//! Dials: what a measurement varies. A value is text in the notation of the command language, and
//! is read by the language's own parser.

use std::collections::BTreeMap;
use std::time::Duration;

use raft_script::{ParseError, SettingValue, ValueKind, parse_values};
use raft_sim::DelayRange;
use raft_sim::units::Span;
use serde::{Deserialize, Serialize};

use crate::experiment::Experiment;

/// A dial of an experiment. Each may have several values, separated by commas; the experiment is
/// then done for each of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Dial {
    /// Its name, as in `--latency`. Names of the language's `cluster` mean the same here.
    pub name: &'static str,
    /// Its meaning in a sentence without a full stop.
    pub meaning: &'static str,
    /// Its value if nothing is said, in the notation of the language.
    pub default: &'static str,
    /// The values that it may have.
    pub kind: ValueKind,
}

/// The dials that differ from their defaults: names, and values as text. They are untrusted until
/// an [`ExperimentPlan`](crate::ExperimentPlan) is made of them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dials(pub BTreeMap<String, String>);

/// One value for each dial of an experiment: one row of the table, one curve of the chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    dials: &'static [Dial],
    /// In the order of the dials.
    values: Vec<SettingValue>,
}

/// Dials that no experiment can be done with.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DialError {
    /// The experiment has no such dial.
    #[error(
        "{experiment} has no dial `{name}`; its dials are {}",
        listed(experiment.dials())
    )]
    Unknown {
        /// The experiment.
        experiment: Experiment,
        /// The name of a dial that it does not have.
        name: String,
    },
    /// A value is not in the notation of the language, or out of bounds.
    #[error("dial `{dial}`, column {}: {}", error.column, error.message())]
    Value {
        /// The dial.
        dial: &'static str,
        /// The place in its text, and what is expected there.
        error: ParseError,
    },
    /// The dials have too many values together.
    #[error("{cases} combinations of values, and at most {MAX_CASES} can be compared: name fewer")]
    TooManyCases {
        /// The product of the numbers of values.
        cases: usize,
    },
    /// The values of two dials exclude each other.
    #[error("dial `{dial}`: {why}")]
    Misfit {
        /// The dial to change.
        dial: &'static str,
        /// What to do.
        why: String,
    },
    /// The number of trials is out of bounds.
    #[error("{trials} trials, and it must be from 1 to {MAX_TRIALS}")]
    TrialCount {
        /// The number.
        trials: u64,
    },
}

/// The most combinations of values that an experiment compares.
pub const MAX_CASES: usize = 12;
/// The most trials of a case.
pub const MAX_TRIALS: u64 = 100_000;

/// `` `nodes`, `latency` ``
fn listed(dials: &[Dial]) -> String {
    dials.iter().map(|dial| format!("`{}`", dial.name)).collect::<Vec<_>>().join(", ")
}

impl Dials {
    /// No dial differs from its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one dial at other values.
    #[must_use]
    pub fn with(mut self, name: &str, values: &str) -> Self {
        self.0.insert(name.to_owned(), values.to_owned());
        self
    }

    /// All combinations of the values; those of the first dial change last.
    ///
    /// # Errors
    /// A dial that the experiment does not have, a value that is none, or too many of them.
    pub(crate) fn cases(&self, experiment: Experiment) -> Result<Vec<Case>, DialError> {
        let dials = experiment.dials();
        let is_known = |name: &&String| dials.iter().any(|dial| dial.name == name.as_str());
        if let Some(name) = self.0.keys().find(|name| !is_known(name)) {
            return Err(DialError::Unknown { experiment, name: name.clone() });
        }
        let mut all = vec![Vec::new()];
        let mut count = 1_usize;
        for dial in dials {
            let values = self.values_of(dial)?;
            count = count.saturating_mul(values.len());
            if count <= MAX_CASES {
                all = with_each(&all, &values);
            }
        }
        if count > MAX_CASES {
            return Err(DialError::TooManyCases { cases: count });
        }
        Ok(all.into_iter().map(|values| Case { dials, values }).collect())
    }

    fn values_of(&self, dial: &'static Dial) -> Result<Vec<SettingValue>, DialError> {
        let text = self.0.get(dial.name).map_or(dial.default, String::as_str);
        parse_values(text, dial.kind, MAX_CASES)
            .map_err(|error| DialError::Value { dial: dial.name, error })
    }
}

impl Dial {
    /// The notation of its values, in a few words with their bounds.
    pub fn notation(&self) -> String {
        match self.kind {
            ValueKind::Number { least, most } => format!("a number from {least} to {most}"),
            ValueKind::Duration { least, most } => {
                format!("a duration from {} to {}", Span(least), Span(most))
            }
            ValueKind::Delay { least, most } => {
                format!("a time or a range of times from {} to {}", Span(least), Span(most))
            }
            ValueKind::Size { most } => format!("a size of at most {}", SettingValue::Size(most)),
            ValueKind::Bandwidth => "bytes a second such as 1MiB/s, or off".to_owned(),
            ValueKind::Switch => "on or off".to_owned(),
            ValueKind::Word(words) => words.join(" or "),
        }
    }
}

impl Case {
    /// The dials with their values.
    pub fn values(&self) -> impl Iterator<Item = (&'static Dial, SettingValue)> {
        self.dials.iter().zip(self.values.iter().copied())
    }

    /// The value of a dial of the case's experiment.
    pub(crate) fn value(&self, dial: &Dial) -> SettingValue {
        let found = self.values().find(|(own, _)| own.name == dial.name);
        found.map(|(_, value)| value).expect("an experiment reads its own dials")
    }

    pub(crate) fn number(&self, dial: &Dial) -> u64 {
        let value = self.value(dial);
        let (SettingValue::Number(number) | SettingValue::Size(number)) = value else {
            panic!("{} is no number: {value}", dial.name);
        };
        number
    }

    pub(crate) fn duration(&self, dial: &Dial) -> Duration {
        let value = self.value(dial);
        let SettingValue::Duration(duration) = value else {
            panic!("{} is no duration: {value}", dial.name);
        };
        duration
    }

    pub(crate) fn delay(&self, dial: &Dial) -> DelayRange {
        let value = self.value(dial);
        let SettingValue::Delay(range) = value else {
            panic!("{} is no range: {value}", dial.name);
        };
        range
    }

    pub(crate) fn is_on(&self, dial: &Dial) -> bool {
        self.value(dial) == SettingValue::Switch(true)
    }

    pub(crate) fn is_word(&self, dial: &Dial, word: &str) -> bool {
        matches!(self.value(dial), SettingValue::Word(own) if own == word)
    }

    /// Its name among other cases: the values of the dials in which they differ. The name of a dial
    /// is left out if it is the only one.
    pub(crate) fn name_among(&self, cases: &[Self]) -> String {
        let differs = |(dial, value): &(&'static Dial, SettingValue)| {
            cases.iter().any(|case| case.value(dial) != *value)
        };
        let differing: Vec<_> = self.values().filter(differs).collect();
        match differing.as_slice() {
            [] => "all".to_owned(),
            [(_, value)] if names_itself(*value) => value.to_string(),
            all => {
                let named = all.iter().map(|(dial, value)| format!("{}={value}", dial.name));
                named.collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// Each of the lists with each of the values after it.
fn with_each(lists: &[Vec<SettingValue>], values: &[SettingValue]) -> Vec<Vec<SettingValue>> {
    let each = |list: &Vec<SettingValue>| {
        let list = list.clone();
        values.iter().map(move |value| [list.as_slice(), &[*value]].concat())
    };
    lists.iter().flat_map(each).collect()
}

/// Whether a reader knows what the value is without the name of its dial.
fn names_itself(value: SettingValue) -> bool {
    matches!(value, SettingValue::Delay(_) | SettingValue::Word(_))
}

#[cfg(test)]
mod tests;
