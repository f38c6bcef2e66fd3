//! The sentences of events as parts: nobody has to find a number in a text again.

use std::collections::BTreeSet;

use raft_fuzz::{Plan, Profile, SeedRun};
use raft_sim::{Event, Mention, Words};

/// The nouns of the things that a part can name.
const NOUNS: [&str; 6] = ["node", "term", "entry", "entries", "client", "message"];

/// A plain part that has the number of a thing: the thing should be a part of its own.
fn number_in_plain_words(words: &Words) -> Option<&str> {
    let plain = words.parts().iter().filter(|part| part.mention.is_none());
    plain.map(|part| &*part.text).find(|text| NOUNS.iter().any(|noun| has_number(text, noun)))
}

/// Whether the text has the noun, or its plural, before a number.
fn has_number(text: &str, noun: &str) -> bool {
    let mut places = text.match_indices(noun);
    places.any(|(place, _)| {
        let is_word = !text[..place].ends_with(|c: char| c.is_alphanumeric());
        let rest = &text[place + noun.len()..];
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        is_word && rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(is_digit))
    })
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn name(mention: &Mention) -> &'static str {
    match mention {
        Mention::Node(_) => "node",
        Mention::Term(_) => "term",
        Mention::Index(_) => "index",
        Mention::Entry(_) => "entry",
        Mention::Section(_) => "section",
        Mention::Message(_) => "message",
        Mention::Event(_) => "event",
        Mention::Client(_) => "client",
        Mention::Key(_) => "key",
    }
}

/// What is wrong with the parts of an event's sentence.
fn judge(event: &Event) -> Result<Words, String> {
    let (printed, words) = (event.kind.to_string(), Words::of(&event.kind));
    if words.to_string() != printed {
        return Err(format!("{words:?} is not {printed:?}"));
    }
    if let Some(plain) = number_in_plain_words(&words) {
        return Err(format!("{plain:?} of {printed:?} has a number that is no part of its own"));
    }
    if let Some(pair) = words.parts().windows(2).find(|pair| is_plain(&pair[0], &pair[1])) {
        return Err(format!("two plain parts in a row: {pair:?}"));
    }
    let subject = event.kind.node().map(|node| format!("node {node} "));
    let rest = subject.and_then(|subject| printed.strip_prefix(&subject));
    let without = Words::without_subject(&event.kind).to_string();
    if without != rest.unwrap_or(&printed) {
        return Err(format!("{without:?} is {printed:?} without its subject"));
    }
    Ok(words)
}

fn is_plain(one: &raft_sim::Part, next: &raft_sim::Part) -> bool {
    one.mention.is_none() && next.mention.is_none()
}

#[test]
fn each_number_of_a_thing_is_a_part_of_its_own() {
    let (mut kinds, mut named) = (BTreeSet::new(), BTreeSet::new());
    for profile in Profile::ALL {
        for seed in 1..=20 {
            let mut run = SeedRun::new(&Plan::new(profile, seed));
            run.play();
            raft_script::run(&run.script(), &mut |event| {
                let judged = judge(event);
                let words = judged.unwrap_or_else(|wrong| panic!("{profile} {seed}: {wrong}"));
                kinds.insert(event.kind.full_name());
                named.extend(
                    words.parts().iter().filter_map(|part| part.mention.as_ref()).map(name),
                );
            });
        }
    }
    assert!(kinds.len() > 80, "only these events came: {kinds:?}");
    let all = ["client", "entry", "index", "key", "message", "node", "section", "term"];
    assert_eq!(named, BTreeSet::from(all));
}

#[test]
fn a_number_in_plain_words_is_noticed() {
    let plain = |text: &str| number_in_plain_words(&Words::of(text)).is_some();
    for text in ["votes for node 3", "entries 4 to 7", "(term 2)", "the request of client 1"] {
        assert!(plain(text), "{text}");
    }
    for text in ["3 messages", "no entries", "nodes ", "longterm 3", "round 5", "snapshot file 2"] {
        assert!(!plain(text), "{text}");
    }
}
