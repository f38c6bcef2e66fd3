//! Whether histories are linearizable: this repository's search and porcupine-rs, on the same
//! histories, in turns, one after the other. porcupine-rs takes a thread for each key; ours takes
//! one.
//!
//! Both must say the same. Of each the best round counts.

mod generate;
mod peer;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use generate::{Call, Event, Kind, Return, Shape, generate};
use linearizability::{
    Answer, Bytes, Completion, History, Limits, MapOperation, Model, Verdict, check,
};
use peer::Peer;

const ROUNDS: usize = 5;
const MEMORY: usize = 1 << 30;

fn shapes() -> Vec<Shape> {
    let shape = |kind, operations, processes, keys, lost_per_mille, is_wrong| Shape {
        kind,
        operations,
        processes,
        keys,
        lost_per_mille,
        is_wrong,
        seed: 1,
    };
    let mut shapes = Vec::new();
    for is_wrong in [false, true] {
        shapes.extend([
            shape(Kind::Register, 5_000, 3, 1, 0, is_wrong),
            shape(Kind::Register, 5_000, 10, 1, 0, is_wrong),
            shape(Kind::Register, 3_000, 5, 1, 3, is_wrong),
            shape(Kind::Texts, 5_000, 5, 10, 0, is_wrong),
            shape(Kind::Texts, 5_000, 50, 10, 0, is_wrong),
            shape(Kind::Texts, 3_000, 20, 10, 3, is_wrong),
        ]);
    }
    shapes
}

fn main() -> ExitCode {
    println!(
        "{:<9} {:>10} {:>9} {:>4} {:>5} {:<12} {:>12} {:>12} {:>7}",
        "kind",
        "operations",
        "processes",
        "keys",
        "lost",
        "linearizable",
        "ours",
        "porcupine-rs",
        "ratio"
    );
    for shape in shapes() {
        let events = generate(shape);
        let history = translate(shape.kind, &events);
        let peer = Peer::new(shape.kind, &events);
        let mut best = [Duration::MAX; 2];
        let mut verdict = None;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let ours = is_linearizable(&history);
            best[0] = best[0].min(began.elapsed());
            let began = Instant::now();
            let theirs = peer.is_linearizable();
            best[1] = best[1].min(began.elapsed());
            if ours != Some(theirs) {
                eprintln!("they differ on {shape:?}: {ours:?} and {theirs}");
                return ExitCode::FAILURE;
            }
            verdict = ours;
        }
        let [ours, theirs] = best.map(|time| time.as_secs_f64() * 1e3);
        let kind = format!("{:?}", shape.kind).to_lowercase();
        let Shape { operations, processes, keys, lost_per_mille, .. } = shape;
        let lost = format!("{}.{}%", lost_per_mille / 10, lost_per_mille % 10);
        let verdict = if verdict == Some(true) { "yes" } else { "no" };
        println!(
            "{kind:<9} {operations:>10} {processes:>9} {keys:>4} {lost:>5} {verdict:<12} \
             {ours:>9.2} ms {theirs:>9.2} ms {:>7.1}",
            theirs / ours
        );
    }
    ExitCode::SUCCESS
}

/// `None`: it did not find out.
fn is_linearizable(history: &History) -> Option<bool> {
    match check(history, &mut Limits::new(MEMORY, &mut || true)) {
        Verdict::Linearizable { .. } => Some(true),
        Verdict::NotLinearizable(_) => Some(false),
        Verdict::Unknown { .. } => None,
    }
}

fn translate(kind: Kind, events: &[Event]) -> History {
    let model = match kind {
        Kind::Register => Model::Register,
        Kind::Texts => Model::Texts,
    };
    let mut history = History::new(model);
    let number = |number: &i32| Bytes::from(number.to_string());
    for event in events {
        match event {
            Event::Call { process, key, call, .. } => {
                let key = Bytes::from(key.to_string());
                let operation = match call {
                    Call::Read => MapOperation::Read { key },
                    Call::Write(value) => MapOperation::Write { key, value: number(value) },
                    Call::Cas(expect, value) => {
                        let (expect, value) = (Some(number(expect)), number(value));
                        MapOperation::Cas { key, expect, value }
                    }
                    Call::Put(text) => MapOperation::Write { key, value: text.as_str().into() },
                    Call::Append(text) => MapOperation::Append { key, value: text.as_str().into() },
                };
                history.invoke(*process as u64, operation, 0).expect("one at a time");
            }
            Event::Return { process, answer, .. } => {
                let answer = match answer {
                    Return::Number(found) => Answer::Value(found.as_ref().map(number)),
                    Return::Text(found) => Answer::Value(Some(found.as_str().into())),
                    Return::Done => Answer::Done,
                    Return::Swapped(true) => Answer::Swapped,
                    Return::Swapped(false) => Answer::NotSwapped { current: None },
                };
                let ended = history.conclude(*process as u64, Completion::Answered(answer), 0);
                ended.expect("it was asked");
            }
        }
    }
    history
}
