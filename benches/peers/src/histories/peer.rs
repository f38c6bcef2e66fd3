//! The histories for porcupine-rs, with models as its own tests have them: one register, and a
//! store of texts that is checked key by key.

use std::collections::BTreeMap;

use porcupine_rs::{Event, EventModel, Model};

use crate::generate::{self, Call, Kind, Return};

/// What porcupine-rs says; it has as long as it wants.
pub(crate) struct Peer(History);

enum History {
    Register(Vec<Event<Register>>),
    Texts(Vec<Event<Texts>>),
}

impl Peer {
    pub(crate) fn new(kind: Kind, events: &[generate::Event]) -> Self {
        Self(match kind {
            Kind::Register => History::Register(translate(events)),
            Kind::Texts => History::Texts(translate(events)),
        })
    }

    pub(crate) fn is_linearizable(&self) -> bool {
        match &self.0 {
            History::Register(events) => porcupine_rs::check_events(events),
            History::Texts(events) => porcupine_rs::check_events(events),
        }
    }
}

/// An operation, with its answer if there is one.
#[derive(Clone, Debug)]
struct Step {
    call: Call,
    answer: Option<Return>,
}

type Input = (usize, Call);

/// What nobody answered returns at the end, without an answer.
fn translate<M>(events: &[generate::Event]) -> Vec<Event<M>>
where
    M: EventModel<Input = Input, Output = Option<Return>, Metadata = ()>,
{
    let mut open = BTreeMap::new();
    let mut translated = Vec::new();
    for event in events {
        translated.push(match event {
            generate::Event::Call { operation, process, key, call } => {
                open.insert(*operation, *process);
                let value = (*key, call.clone());
                Event::Call {
                    client_id: Some(*process as u32),
                    value,
                    id: *operation,
                    metadata: None,
                }
            }
            generate::Event::Return { operation, process, answer } => {
                open.remove(operation);
                let value = Some(answer.clone());
                Event::Return {
                    client_id: Some(*process as u32),
                    value,
                    id: *operation,
                    metadata: None,
                }
            }
        });
    }
    let lost = open.into_iter().map(|(id, process)| Event::Return {
        client_id: Some(process as u32),
        value: None,
        id,
        metadata: None,
    });
    translated.extend(lost);
    translated
}

#[derive(Clone, Debug)]
struct Register;

impl Model for Register {
    type State = Option<i32>;
    type Op = Step;
    type Metadata = ();

    fn init() -> Option<i32> {
        None
    }

    fn step(state: &Option<i32>, step: &Step) -> (bool, Option<i32>) {
        let Step { call, answer } = step;
        match call {
            Call::Write(value) => (true, Some(*value)),
            Call::Cas(expect, value) => {
                let swaps = *state == Some(*expect);
                let fits = answer.as_ref().is_none_or(|told| *told == Return::Swapped(swaps));
                (fits, if swaps { Some(*value) } else { *state })
            }
            Call::Read | Call::Put(_) | Call::Append(_) => {
                let fits = !matches!(answer, Some(Return::Number(found)) if found != state);
                (fits, *state)
            }
        }
    }
}

impl EventModel for Register {
    type Input = Input;
    type Output = Option<Return>;

    fn combine((_, call): &Input, answer: &Option<Return>) -> Step {
        Step { call: call.clone(), answer: answer.clone() }
    }
}

#[derive(Clone, Debug)]
struct Texts;

impl Model for Texts {
    type State = String;
    type Op = Step;
    type Metadata = ();

    fn init() -> String {
        String::new()
    }

    fn step(state: &String, step: &Step) -> (bool, String) {
        let Step { call, answer } = step;
        match call {
            Call::Put(text) => (true, text.clone()),
            Call::Append(text) => (true, state.clone() + text),
            Call::Read | Call::Write(_) | Call::Cas(..) => {
                let fits = !matches!(answer, Some(Return::Text(found)) if found != state);
                (fits, state.clone())
            }
        }
    }
}

impl EventModel for Texts {
    type Input = Input;
    type Output = Option<Return>;

    fn combine((_, call): &Input, answer: &Option<Return>) -> Step {
        Step { call: call.clone(), answer: answer.clone() }
    }

    fn partition_events(history: &[Event<Self>]) -> Vec<Vec<Event<Self>>> {
        let mut keys = BTreeMap::new();
        let mut parts: BTreeMap<usize, Vec<Event<Self>>> = BTreeMap::new();
        for event in history {
            let key = match event {
                Event::Call { value: (key, _), id, .. } => *keys.entry(*id).or_insert(*key),
                Event::Return { id, .. } => keys[id],
            };
            parts.entry(key).or_default().push(event.clone());
        }
        parts.into_values().collect()
    }
}
