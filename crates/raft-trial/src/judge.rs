//! The judgement: what clients saw, against what the cluster promises.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use linearizability::{
    Answer, Completion, ContradictionReport, Format, History, Limits, MapOperation, Verdict,
};

use crate::watches::{Told, compare, replay};

/// What a judgement found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judgement {
    /// Promises that were broken, in words.
    pub broken: Vec<String>,
    /// What could not be decided, in words.
    pub undecided: Vec<String>,
}

/// What clients saw.
#[derive(Debug)]
pub(crate) struct Seen {
    /// All changes, read at the end from the first one on.
    pub(crate) story: Told,
    /// The keys and values at the end.
    pub(crate) keys: BTreeMap<String, String>,
    /// Watches that ran during the whole trial.
    pub(crate) followers: Vec<Told>,
    /// Watches of stretches.
    pub(crate) stretches: Vec<Told>,
    /// For each server the hash of its keys, or why it told none.
    pub(crate) hashes: BTreeMap<u64, Result<u32, String>>,
}

/// The search for an order ends after this time, or at this much memory.
const LONGEST: Duration = Duration::from_secs(120);
const MEMORY: usize = 1 << 30;

/// More broken promises of one kind are counted, and not told.
const MOST: usize = 5;

/// Judges what clients saw, and the history in a file.
pub(crate) fn judge(history: &Path, seen: &Seen) -> io::Result<Judgement> {
    let text = std::fs::read(history)?;
    let parsed = linearizability::parse(&text, Some(Format::Helios));
    let history = parsed.map_err(|error| io::Error::other(format!("the history: {error}")))?;
    let mut judgement = Judgement::default();
    linearizable(&history, &mut judgement);
    let broken = &mut judgement.broken;
    match replay(&seen.story) {
        Err(wrong) => broken.push(wrong),
        Ok(keys) if keys != seen.keys => {
            broken.push("the changes do not lead to the keys at the end".to_owned());
        }
        Ok(_) => {}
    }
    broken.extend(shortened(once(&history, &seen.story)));
    let followers = seen.followers.iter().map(|told| compare(told, &seen.story, true));
    let stretches = seen.stretches.iter().map(|told| compare(told, &seen.story, false));
    broken.extend(shortened(followers.chain(stretches).flatten().collect()));
    broken.extend(agree(&seen.hashes));
    Ok(judgement)
}

fn linearizable(history: &History, judgement: &mut Judgement) {
    let begun = Instant::now();
    let mut in_time = || begun.elapsed() < LONGEST;
    match linearizability::check(history, &mut Limits::new(MEMORY, &mut in_time)) {
        Verdict::Linearizable { .. } => {}
        Verdict::NotLinearizable(found) => {
            let report = ContradictionReport::of(history, &found);
            let operations = report.operations.iter().map(|operation| {
                format!(
                    "\n    line {}, process {}: {}",
                    operation.line, operation.process, operation.words
                )
            });
            let operations: String = operations.collect();
            judgement
                .broken
                .push(format!("the history is not linearizable. {}{operations}", report.sentence));
        }
        Verdict::Unknown { reason, .. } => judgement.undecided.push(format!(
            "whether the history is linearizable: the search was {}",
            reason.in_words()
        )),
    }
}

/// Whether each write was carried out once if it was answered, never if it was refused, and at most
/// once if its answer is not known. Values are different, so each shows in one change.
fn once(history: &History, story: &Told) -> Vec<String> {
    let mut carried_out: BTreeMap<&[u8], u64> = BTreeMap::new();
    for value in story.changes.iter().filter_map(|change| change.value.as_ref()) {
        *carried_out.entry(value.as_bytes()).or_default() += 1;
    }
    let mut wrong = Vec::new();
    for (index, invocation) in history.invocations().iter().enumerate() {
        let (MapOperation::Write { value, .. } | MapOperation::Cas { value, .. }) =
            &invocation.operation
        else {
            continue;
        };
        let times = carried_out.get(value.as_slice()).copied().unwrap_or(0);
        let allowed = match &invocation.completion {
            Completion::Answered(Answer::NotSwapped { .. }) | Completion::Failed => 0..=0,
            Completion::Answered(_) => 1..=1,
            Completion::Unknown => 0..=1,
        };
        if !allowed.contains(&times) {
            wrong.push(format!(
                "line {}: {} was carried out {times} times",
                invocation.invoked.line,
                history.describe(index)
            ));
        }
    }
    wrong
}

fn agree(hashes: &BTreeMap<u64, Result<u32, String>>) -> Vec<String> {
    let mut wrong: Vec<_> = hashes
        .iter()
        .filter_map(|(id, hash)| {
            let reason = hash.as_ref().err()?;
            Some(format!("server {id} does not have all changes at the end: {reason}"))
        })
        .collect();
    let mut known = hashes.values().filter_map(|hash| hash.as_ref().ok());
    if known.next().is_some_and(|first| known.any(|other| other != first)) {
        wrong.push(format!("the servers have different keys: their hashes are {hashes:?}"));
    }
    wrong
}

fn shortened(mut wrong: Vec<String>) -> Vec<String> {
    let more = wrong.len().saturating_sub(MOST);
    wrong.truncate(MOST);
    if more > 0 {
        wrong.push(format!("and {more} more of that kind"));
    }
    wrong
}

#[cfg(test)]
mod tests;
