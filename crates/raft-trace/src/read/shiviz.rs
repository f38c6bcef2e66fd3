//! Logs for ShiViz in its default form: a line with the host and its vector clock, and a line with
//! the event. Such a log says who knew of what. It tells of terms and logs where the text of an
//! event begins with a term: then it has the words of [`lines`](super::lines).

use std::collections::{BTreeMap, BTreeSet};

use super::lines::{Servers, Words, told};
use super::value::{Object, parse};
use super::{Draft, TraceError, error, numbered};
use crate::model::TraceStep;
use crate::state::TraceState;

/// The most events of a log: to order them, all their clocks are kept.
const MAX_CLOCKS: usize = 30_000;

/// Whether a line is a host and a clock: `node-1 {"node-1":3}`.
fn is_clock_line(line: &str) -> bool {
    let clock = line.split_once(' ').map(|(_, clock)| clock.trim());
    clock.is_some_and(|clock| clock.starts_with('{') && clock.ends_with('}'))
}

/// Whether a line shows that a text is such a log: a clock has a time of its own host.
pub(super) fn tells_form(line: &str) -> bool {
    let host = line.split_once(' ').map(|(host, _)| format!("\"{host}\""));
    is_clock_line(line) && host.is_some_and(|host| line.contains(&host))
}

/// An event with its clock.
struct Clocked {
    line: usize,
    host: String,
    clock: BTreeMap<String, u64>,
    text: String,
}

pub(super) fn read(text: &[u8], draft: &mut Draft) -> Result<(), TraceError> {
    let events = clocked(text, draft)?;
    let order = Order::of(&events)?;
    let mut numbers: BTreeMap<usize, u64> = BTreeMap::new();
    let mut state = TraceState::default();
    for place in order.places {
        let Clocked { line, host, text, .. } = &events[place];
        let number = draft.run.steps.len() as u64 + 1;
        numbers.insert(place, number);
        let cause = order.causes.get(&place).and_then(|cause| numbers.get(cause)).copied();
        let node = draft.named(*line, host)?;
        let mut words = Words::new(line + 1, text, Servers::Named(draft));
        let (kind, facts) = match words.begin_with_a_term() {
            true => told(&mut words, state.node(node))?,
            false => (text.split_whitespace().next().unwrap_or_default().to_owned(), Vec::new()),
        };
        let (at_us, node, text) = (None, Some(node), text.clone());
        let step = TraceStep { line: *line, number, at_us, node, kind, cause, text, facts };
        state.take(&step);
        draft.push(step)?;
    }
    Ok(())
}

/// The events, in the order of the file. The line after a clock is its text, even if it is blank.
fn clocked(text: &[u8], draft: &mut Draft) -> Result<Vec<Clocked>, TraceError> {
    let mut events: Vec<Clocked> = Vec::new();
    for line in numbered(text) {
        let (number, line) = line?;
        if let Some(last) = events.last_mut().filter(|last| last.line + 1 == number) {
            last.text = line.trim().to_owned();
            continue;
        }
        let Some((host, clock)) = line.split_once(' ').filter(|_| is_clock_line(line)) else {
            draft.pass_over(number);
            continue;
        };
        let value = parse(number, clock.trim())?;
        let object = Object::of(number, &value, "clock")?;
        let clock = object.all_numbers()?;
        if !clock.contains_key(host) {
            return Err(error(number, format!("the clock of {host} has no time of {host} itself")));
        }
        if events.len() == MAX_CLOCKS {
            return Err(error(number, format!("there are more than {MAX_CLOCKS} events")));
        }
        let (host, text) = (host.to_owned(), String::new());
        events.push(Clocked { line: number, host, clock, text });
    }
    Ok(events)
}

/// An order in which each event comes after those that its host knew of.
struct Order {
    places: Vec<usize>,
    /// The event of another host of which a host learned with this one.
    causes: BTreeMap<usize, usize>,
}

impl Order {
    fn of(events: &[Clocked]) -> Result<Self, TraceError> {
        let mut by_clock: BTreeMap<(&str, u64), usize> = BTreeMap::new();
        for (place, event) in events.iter().enumerate() {
            let own = event.clock[&event.host];
            if let Some(first) = by_clock.insert((&event.host, own), place) {
                let message = format!(
                    "{} has the time {own} twice, in line {} too",
                    event.host, events[first].line
                );
                return Err(error(event.line, message));
            }
        }
        // What must come before each event: the one before it at its host, and those it learned of.
        let (mut before, mut causes) = (vec![Vec::new(); events.len()], BTreeMap::new());
        for (place, event) in events.iter().enumerate() {
            let own = event.clock[&event.host];
            let previous = by_clock.range((event.host.as_str(), 0)..(event.host.as_str(), own));
            let previous = previous.last().map(|(_, place)| *place);
            before[place].extend(previous);
            for (host, time) in event.clock.iter().filter(|(host, _)| **host != event.host) {
                let knew = previous.and_then(|place| events[place].clock.get(host));
                let is_news = knew.is_none_or(|knew| knew < time);
                let sender = by_clock.get(&(host.as_str(), *time)).filter(|_| is_news);
                if let Some(sender) = sender {
                    before[place].push(*sender);
                    // Of several, the one that knew of the others sent the message.
                    let of = |place: usize| events[place].clock.values().sum::<u64>();
                    let known = causes.get(&place).copied();
                    if known.is_none_or(|known| of(known) < of(*sender)) {
                        causes.insert(place, *sender);
                    }
                }
            }
        }
        Ok(Self { places: sorted(events, &before)?, causes })
    }
}

/// The places in an order in which each comes after those before it, else in that of the file.
fn sorted(events: &[Clocked], before: &[Vec<usize>]) -> Result<Vec<usize>, TraceError> {
    let mut after = vec![Vec::new(); events.len()];
    let mut waits: Vec<usize> = before.iter().map(Vec::len).collect();
    for (place, earlier) in before.iter().enumerate() {
        earlier.iter().for_each(|earlier| after[*earlier].push(place));
    }
    let mut ready: BTreeSet<usize> = (0..events.len()).filter(|place| waits[*place] == 0).collect();
    let mut places = Vec::new();
    while let Some(place) = ready.pop_first() {
        places.push(place);
        for later in &after[place] {
            waits[*later] -= 1;
            if waits[*later] == 0 {
                ready.insert(*later);
            }
        }
    }
    match waits.iter().position(|waits| *waits > 0) {
        None => Ok(places),
        Some(place) => {
            let message = "the clocks contradict each other: this event would be before itself";
            Err(error(events[place].line, message))
        }
    }
}
