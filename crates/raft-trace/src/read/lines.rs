//! One line an event, for programs that print their own logs: `000140 S1 T2 APPEND 3@2 x=1`.
//! `docs/trace.md` has the words.

use raft_core::{Entry, LogIndex, LogPosition, NodeId, Payload, RoleKind, Term};

use super::{Draft, TraceError, bounded, error, is_comment, numbered};
use crate::model::{Fact, LogFact, TraceMessage, TraceStep};
use crate::state::{TraceNode, TraceState};

/// Whether a line begins with a time and a server.
pub(super) fn is_line(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let is_time = words.next().is_some_and(|word| word.parse::<u64>().is_ok());
    is_time && words.next().is_some_and(|word| number_after('S', word).is_some())
}

pub(super) fn read(text: &[u8], draft: &mut Draft) -> Result<(), TraceError> {
    let mut state = TraceState::default();
    for line in numbered(text) {
        let (line, text) = line?;
        if is_comment(text) {
            continue;
        }
        if !is_line(text.trim()) {
            draft.pass_over(line);
            continue;
        }
        let step = event(line, text.trim(), &state, draft)?;
        state.take(&step);
        draft.push(step)?;
    }
    Ok(())
}

/// The number after a letter: 3 of `T3`.
fn number_after(letter: char, word: &str) -> Option<u64> {
    word.strip_prefix(letter)?.parse().ok()
}

/// How a text names servers.
pub(super) enum Servers<'a> {
    /// `S2`
    Numbered,
    /// By names, which have numbers in the order in which they appear.
    Named(&'a mut Draft),
}

/// The words of a line after its server, from left to right.
pub(super) struct Words<'a> {
    line: usize,
    rest: &'a str,
    servers: Servers<'a>,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: usize, rest: &'a str, servers: Servers<'a>) -> Self {
        Self { line, rest, servers }
    }

    /// Whether a term comes next.
    pub(super) fn begin_with_a_term(&self) -> bool {
        number_after('T', self.peek()).is_some()
    }

    fn peek(&self) -> &'a str {
        self.rest.split_whitespace().next().unwrap_or_default()
    }

    fn word(&mut self) -> &'a str {
        let word = self.peek();
        self.rest = self.rest.trim_start()[word.len()..].trim_start();
        word
    }

    fn wrong(&self, expected: &str, found: &str) -> TraceError {
        error(self.line, format!("expected {expected}, found {found:?}"))
    }

    fn number(&mut self, what: &str) -> Result<u64, TraceError> {
        let word = self.word();
        let number = word.parse().map_err(|_| self.wrong(what, word))?;
        bounded(self.line, what, number)
    }

    /// `3@2`: index 3, term 2.
    fn position(&mut self) -> Result<LogPosition, TraceError> {
        let word = self.word();
        let parsed = word.split_once('@').and_then(|(index, term)| {
            Some((index.parse::<u64>().ok()?, term.parse::<u64>().ok()?))
        });
        let (index, term) = parsed.ok_or_else(|| self.wrong("a place such as 3@2", word))?;
        let index = LogIndex(bounded(self.line, "an entry", index)?);
        Ok(LogPosition::new(index, Term(bounded(self.line, "a term", term)?)))
    }

    /// `-> S2`
    fn receiver(&mut self) -> Result<NodeId, TraceError> {
        let (arrow, server) = (self.word(), self.word());
        let is_arrow = arrow == "->";
        if let Servers::Named(draft) = &mut self.servers
            && is_arrow
            && !server.is_empty()
        {
            return draft.named(self.line, server);
        }
        match number_after('S', server).filter(|_| is_arrow) {
            Some(server) => Ok(NodeId(bounded(self.line, "a server", server)?)),
            None => Err(self.wrong("`->` and a server such as S2", &format!("{arrow} {server}"))),
        }
    }

    fn entry(&mut self) -> Result<Entry, TraceError> {
        let LogPosition { index, term } = self.position()?;
        let payload = match self.rest {
            "" => Payload::Noop,
            command => Payload::Command(command.as_bytes().to_vec().into()),
        };
        Ok(Entry { index, term, payload })
    }
}

fn event(
    line: usize,
    text: &str,
    state: &TraceState,
    draft: &mut Draft,
) -> Result<TraceStep, TraceError> {
    let mut words = Words::new(line, text, Servers::Numbered);
    let millis = words.number("a time in milliseconds")?;
    let server = words.word();
    let server = number_after('S', server).ok_or_else(|| words.wrong("a server", server))?;
    let node = draft.node(line, server)?;
    let (kind, facts) = told(&mut words, state.node(node))?;
    let number = draft.run.steps.len() as u64 + 1;
    let (at_us, node, text) = (Some(millis.saturating_mul(1000)), Some(node), text.to_owned());
    Ok(TraceStep { line, number, at_us, node, kind, cause: None, text, facts })
}

/// The kind of an event, and what it says of its server: the words from its term on. `known` is the
/// server before it.
pub(super) fn told(
    words: &mut Words<'_>,
    known: Option<&TraceNode>,
) -> Result<(String, Vec<Fact>), TraceError> {
    let mut facts = Vec::new();
    // A server that was never told to start runs.
    if known.is_none() {
        facts.push(Fact::Started);
    }
    let mut term = known.map_or(Term(0), |node| node.term);
    if let Some(number) = number_after('T', words.peek()) {
        words.word();
        term = Term(bounded(words.line, "a term", number)?);
        facts.push(Fact::Term(term));
    }
    let kind = words.word().to_owned();
    let last = known.map_or(LogIndex(0), |node| node.log.last().index);
    facts_of(&kind, words, (term, last), &mut facts)?;
    Ok((kind, facts))
}

/// What the words say. Other words are events that say nothing of the state.
fn facts_of(
    kind: &str,
    words: &mut Words<'_>,
    (term, last): (Term, LogIndex),
    facts: &mut Vec<Fact>,
) -> Result<(), TraceError> {
    match kind {
        "START" => facts.push(Fact::Started),
        "DOWN" => facts.push(Fact::Stopped),
        "FOLLOWER" => facts.push(Fact::Role(RoleKind::Follower)),
        "CANDIDATE" => facts.push(Fact::Role(RoleKind::Candidate)),
        "LEADER" => facts.push(Fact::Role(RoleKind::Leader)),
        "VOTE" => {
            let candidate = words.receiver()?;
            facts.push(Fact::Vote(Some(candidate)));
            facts.push(Fact::Voted { term, candidate });
        }
        "APPEND" => {
            let entry = words.entry()?;
            if entry.index.0 == 0 || entry.index > last.next() {
                let message = format!(
                    "entry {} is appended to a log that ends with entry {last}: entries are \
                     missing",
                    entry.index
                );
                return Err(error(words.line, message));
            }
            let (from, through) = (entry.index, LogIndex(u64::MAX));
            facts.push(Fact::Log(LogFact::Removed { from, through }));
            facts.push(Fact::Log(LogFact::Entry(entry)));
        }
        "TRUNCATE" => {
            let from = LogIndex(words.number("the first entry that is removed")?);
            facts.push(Fact::Log(LogFact::Removed { from, through: LogIndex(u64::MAX) }));
        }
        "SNAPSHOT" => {
            let snapshot = words.position()?;
            facts.push(Fact::Log(LogFact::Removed { from: LogIndex(0), through: snapshot.index }));
            facts.push(Fact::Log(LogFact::Base { log_start: snapshot, snapshot }));
        }
        "COMMIT" => facts.push(Fact::Commit(LogIndex(words.number("an index")?))),
        "APPLY" => facts.push(Fact::Applied(words.entry()?)),
        "ACK" => {
            let match_index = LogIndex(words.number("an index")?);
            let leader = words.receiver()?;
            facts.push(Fact::Acknowledged { leader, term, match_index });
        }
        "SEND" => {
            let id = words.number("the number of a message")?;
            let name = words.word().to_owned();
            let to = words.receiver()?;
            let (term, entries, agrees) = (Some(term), None, None);
            facts.push(Fact::Sent(TraceMessage { id, to, name, term, entries, agrees }));
        }
        "RECV" => facts.push(Fact::Arrived(words.number("the number of a message")?)),
        "LOST" => facts.push(Fact::Lost(words.number("the number of a message")?)),
        _ => {}
    }
    Ok(())
}
