//! Histories drawn from a seed: processes that work on keys at the same time, as a correct store
//! would answer them, and the same with one answer that is wrong.

/// What a history is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    pub(crate) operations: usize,
    /// How many processes there are, each with one operation at a time.
    pub(crate) processes: usize,
    pub(crate) keys: usize,
    /// Operations in a thousand whose result no process learns.
    pub(crate) lost_per_mille: u64,
    /// Whether the last read has to find what a write replaced long before.
    pub(crate) is_wrong: bool,
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Small numbers: read, write, compare-and-set.
    Register,
    /// Texts: get, put, append.
    Texts,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    Read,
    Write(i32),
    Cas(i32, i32),
    Put(String),
    Append(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Return {
    /// `None`: the register has no value yet.
    Number(Option<i32>),
    Text(String),
    Done,
    Swapped(bool),
}

/// A call or a return, in the order of time.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Call { operation: usize, process: usize, key: usize, call: Call },
    Return { operation: usize, process: usize, answer: Return },
}

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)) % end
    }
}

/// What a key holds.
#[derive(Clone, Default)]
struct Held {
    number: Option<i32>,
    text: String,
}

/// Where a process is with its operation.
enum Stage {
    Idle,
    Called { operation: usize, key: usize, call: Call },
    Done { operation: usize, answer: Return },
}

pub(crate) fn generate(shape: Shape) -> Vec<Event> {
    let mut random = Random(shape.seed);
    let mut held = vec![Held::default(); shape.keys];
    let mut stages: Vec<Stage> = (0..shape.processes).map(|_| Stage::Idle).collect();
    let mut names: Vec<usize> = (0..shape.processes).collect();
    let mut events = Vec::new();
    let (mut calls, mut last_name) = (0, shape.processes);
    while calls < shape.operations || stages.iter().any(|stage| !matches!(stage, Stage::Idle)) {
        let process = random.below(shape.processes as u64) as usize;
        let stage = std::mem::replace(&mut stages[process], Stage::Idle);
        let is_over = !matches!(stage, Stage::Idle);
        let is_lost = is_over && random.below(2000) < shape.lost_per_mille;
        stages[process] = match stage {
            // It goes on under another name: what it asked for may still happen.
            Stage::Called { .. } | Stage::Done { .. } if is_lost => {
                last_name += 1;
                names[process] = last_name;
                Stage::Idle
            }
            Stage::Idle if calls < shape.operations => {
                let key = random.below(shape.keys as u64) as usize;
                let call = draw(&mut random, shape.kind, calls);
                let (operation, process) = (calls, names[process]);
                events.push(Event::Call { operation, process, key, call: call.clone() });
                calls += 1;
                Stage::Called { operation, key, call }
            }
            Stage::Idle => Stage::Idle,
            Stage::Called { operation, key, call } => {
                let answer = perform(&mut held[key], shape.kind, &call);
                Stage::Done { operation, answer }
            }
            Stage::Done { operation, answer } => {
                events.push(Event::Return { operation, process: names[process], answer });
                Stage::Idle
            }
        };
    }
    if shape.is_wrong {
        spoil(&mut events, shape.kind);
    }
    events
}

fn draw(random: &mut Random, kind: Kind, number: usize) -> Call {
    let mut small = || random.below(5) as i32;
    match kind {
        Kind::Register => match small() {
            0 | 1 => Call::Read,
            2 | 3 => Call::Write(small()),
            _ => Call::Cas(small(), small()),
        },
        Kind::Texts => match random.below(20) {
            0..=9 => Call::Read,
            10 => Call::Put(format!("[{number}]")),
            _ => Call::Append(format!("x {number} y")),
        },
    }
}

fn perform(held: &mut Held, kind: Kind, call: &Call) -> Return {
    match call {
        Call::Read if kind == Kind::Register => Return::Number(held.number),
        Call::Read => Return::Text(held.text.clone()),
        Call::Write(value) => {
            held.number = Some(*value);
            Return::Done
        }
        Call::Cas(expect, value) => {
            let is_expected = held.number == Some(*expect);
            if is_expected {
                held.number = Some(*value);
            }
            Return::Swapped(is_expected)
        }
        Call::Put(text) => {
            held.text.clone_from(text);
            Return::Done
        }
        Call::Append(text) => {
            held.text.push_str(text);
            Return::Done
        }
    }
}

/// Makes a read of the last tenth find what nobody can have left there.
fn spoil(events: &mut [Event], kind: Kind) {
    let start = events.len() * 9 / 10;
    let answers = events[start..].iter_mut().filter_map(|event| {
        let Event::Return { answer, .. } = event else { return None };
        matches!(answer, Return::Number(_) | Return::Text(_)).then_some(answer)
    });
    if let Some(answer) = { answers }.next() {
        *answer = match kind {
            Kind::Register => Return::Number(None),
            Kind::Texts => Return::Text("x 0 y".to_owned()),
        };
    }
}
