//! The arguments of `helios check`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use linearizability::Format;

use crate::input::with_unit;

/// Check whether histories of operations are linearizable, and traces are runs of Raft.
///
/// A history has the operations that clients called and the answers that they got. It is
/// linearizable if its operations can be put in an order in which each takes effect at one moment
/// between its call and its return, and gets its answer. An operation without an answer may have
/// taken effect at any time after its call, or never.
///
/// A trace has the events of the nodes. Every property of Raft that it allows is judged at each
/// step. docs/trace.md describes the forms: that of `helios export --as trace`, logs for ShiViz,
/// the state trace of etcd's raft, and lines that a program of your own prints.
///
/// Exit code: 0 if all histories are linearizable and no trace has a contradiction, 1 if one is not
/// or has one, 2 if one is malformed or cannot be read, 3 if the search ran out of time or memory.
/// With several files: the first of 1, 2, 3 that occurs.
#[derive(Args)]
#[command(after_long_help = FORMATS, arg_required_else_help = true)]
pub(crate) struct CheckArguments {
    /// Histories and traces to check; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<String>,
    /// The format of the histories. `auto` recognises traces too.
    #[arg(long, value_enum, default_value_t = FormatChoice::Auto)]
    format: FormatChoice,
    /// Stop the search in a history after this time, such as `10s` or `500ms`.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(super) timeout: Duration,
    /// Stop the search in a history at this much memory, such as `512M` or `2G`.
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = size)]
    pub(super) memory: usize,
    /// Hold traces of helios and of etcd's raft against the specification too, event by event
    /// (spec/README.md). It takes a build with `--features spec`.
    #[arg(long, conflicts_with = "json")]
    pub(super) spec: bool,
    /// Print one JSON object for each history instead of text; --help describes it.
    #[arg(long)]
    pub(super) json: bool,
}

const FORMATS: &str = "\
FORMATS
  helios     written by `helios export --as history`: the line `helios history 1`, then lines like
               0.412000s 1 invoke set x=1
               0.436120s 1 ok
               0.440000s 2 invoke cas x 1 2
               0.470000s 2 ok swapped            (or: ok kept VALUE; fail …; unknown …)
  jepsen     what Jepsen writes of a test with registers. `history.edn`: a map for each call and
             each return, one after the other or in a vector, with a tag or without:
               {:type :invoke, :f :cas, :value [2 4], :process 2, :time 3291485317}
               #jepsen.history.Op{:type :ok, :f :read, :value 4, :process 3}
             `history.txt`, or a log:
               2   :invoke   :cas   [2 4]
               INFO  jepsen.util - 2   :info     :cas   :timed-out
             The operations are :read, :write and :cas. With independent keys, a value is a pair:
             [key 4], or [key [2 4]] of a :cas. `:fail` means that the operation did not take
             effect, `:info` that nobody knows. Maps of the nemesis, maps that are no operation and
             other lines of a log are passed over and counted. Not supported: other workloads, such
             as sets and queues, and transactions (:txn), which are for Elle (elle-cli).
  porcupine  operations on keys that hold the empty text at first, one map a line:
               {:process 9, :type :invoke, :f :append, :key \"0\", :value \"x 9 0 y\"}
  auto       decided by the content: the first line that is in one of the formats

JSON: one object for each history, one a line:
  file        the file as it was named
  outcome     \"linearizable\", \"not-linearizable\", \"malformed\" or \"unknown\"
  code        the exit code that this file alone would give
  format      helios, jepsen or porcupine; null if malformed
  operations  the number of operations
  unanswered  the number of operations without an answer
  passed_over the number of lines and maps that are no operation of a client
  took_us     the duration of the search, in microseconds
  order       if linearizable, the lines of the calls in an order that explains the history
  reason      if not, and no search is needed to see why: a sentence about the answer that is
              impossible; else null
  window      if not, the fewest operations found that have no order: line, process, operation,
              returned (the line of the return)
  optional    the same for other operations that may have taken effect in that time; with them
              there is no order either
  stuck       the same for the first operation whose return no order reaches; this and the next
              two are null if a limit ended the search, but an answer is impossible
  longest     the number of operations in the longest order before it
  state       the state at the end of that order
  unknown     if unknown: reason (time or memory), linearized, of, situations
  error       if malformed: line, column, message
Of a trace:
  outcome     \"no-contradiction\", \"not-raft\" or \"malformed\"
  passed_over the number of lines that are no event
  events      the number of events; null for a history, like the next four
  first_passed_over
              the first line that is no event, if there is one
  broken      if not a run of Raft, the first step that shows it: line, text, property, section,
              sentence
  judged      the properties that were judged
  not_judged  those that were not: property, reason";

#[derive(Clone, Copy, ValueEnum)]
enum FormatChoice {
    Auto,
    Helios,
    Jepsen,
    Porcupine,
}

impl CheckArguments {
    /// The format that was chosen; `None` if the content of a history decides.
    pub(super) fn format(&self) -> Option<Format> {
        match self.format {
            FormatChoice::Auto => None,
            FormatChoice::Helios => Some(Format::Helios),
            FormatChoice::Jepsen => Some(Format::Jepsen),
            FormatChoice::Porcupine => Some(Format::Porcupine),
        }
    }
}

/// `500ms`, `10s`, `5m`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("", 1_000)];
    let millis = with_unit(text, &units).filter(|millis| (1..=86_400_000).contains(millis));
    millis
        .map(Duration::from_millis)
        .ok_or_else(|| "a time such as 500ms, 10s or 5m, of at most a day, is expected".to_owned())
}

/// `512M`, `2G`, `64K`; a number alone is bytes.
fn size(text: &str) -> Result<usize, String> {
    let units = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("", 1)];
    let bytes = with_unit(text, &units).filter(|bytes| *bytes > 0);
    bytes
        .and_then(|bytes| usize::try_from(bytes).ok())
        .ok_or_else(|| "a size such as 512M or 2G is expected".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert_eq!(size("64K"), Ok(65_536));
        assert_eq!(size("10"), Ok(10));
        for wrong in ["", "s", "1h", "-1s", "0s", "99999999999999999999s", "2d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "M", "0", "1T", "99999999999999999999G", "18446744073709551615G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
