use std::collections::BTreeSet;

use super::{HelpLine, console_help, help, help_of};
use crate::{complete, parse_input};

/// A form without what may be left out, and with each choice of it.
fn variants(form: &str) -> BTreeSet<String> {
    let parts: Vec<Vec<&str>> = form.split(['[', ']']).map(|part| vec![part]).collect();
    let choices = form.split(['[', ']']).skip(1).step_by(2).map(|part| part.split('|').count());
    let most = choices.max().unwrap_or_default();
    let with = |choice: Option<usize>| {
        let chosen = parts.iter().enumerate().map(|(place, part)| {
            if place % 2 == 0 {
                return part[0];
            }
            let choices: Vec<&str> = part[0].split('|').collect();
            choice.map_or("", |choice| choices[choice.min(choices.len() - 1)])
        });
        chosen.collect()
    };
    std::iter::once(None).chain((0..most).map(Some)).map(with).collect()
}

/// Whole statements with what the line of the help shows.
fn statements(form: &str) -> BTreeSet<String> {
    let lines: Vec<String> = match form {
        settings if settings.starts_with("        ") => vec![format!("cluster {settings}")],
        conditions if conditions.starts_with("  ") => conditions
            .split(", ")
            .map(|condition| format!("expect {}", condition.trim()))
            .map(|line| line.replace("CONDITION", "leader"))
            .collect(),
        "3, leader, any follower, all" | "others" => {
            form.split(", ").map(|nodes| format!("crash {nodes}")).collect()
        }
        durations if durations.starts_with("20us") => {
            durations.split(", ").map(|duration| format!("run {duration}")).collect()
        }
        kinds if kinds.starts_with("PreVote") => {
            kinds.split(", ").map(|kind| format!("drop next {kind} 1 -> 3")).collect()
        }
        texts if texts.starts_with('"') => {
            texts.split(", ").map(|text| format!("set {text}={text}")).collect()
        }
        comment if comment.starts_with('#') => Vec::new(),
        statement => {
            statement.replace("CONDITION", "leader").split(", ").map(str::to_owned).collect()
        }
    };
    lines.iter().flat_map(|line| variants(line)).collect()
}

/// The parser understands each form of the help, and the printer is its inverse there: so a new
/// statement or command is tested by its row alone.
#[test]
fn every_form_is_understood() {
    let mut checked = 0;
    let lines = help().into_iter().chain(console_help());
    // Without the feature, no rule can be switched off.
    let switches = |line: &String| line.starts_with("break vote-") || line.starts_with("mend ");
    let all = lines.flat_map(|line| statements(&line.form));
    for line in all.filter(|line| cfg!(feature = "bugs") || !switches(line)) {
        match parse_input(&line) {
            Ok(Some(input)) => {
                let printed = input.to_string();
                assert_eq!(parse_input(&printed), Ok(Some(input)), "{line}: {printed}");
                checked += 1;
            }
            Ok(None) => panic!("{line} is nothing"),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(checked > 80, "{checked} forms");
}

/// The words in a text that begin with a letter.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|next: char| !next.is_alphanumeric() && next != '-');
    words.filter(|word| word.starts_with(char::is_alphabetic))
}

/// The statements with so many words that the help does not name each.
const MANY: &[&str] =
    &["expect traced", "expect answer", "expect happened", "expect broken", "break", "mend"];

/// The help shows or names each word that completion offers in a statement of the help, except in
/// these.
#[test]
fn every_word_that_is_offered_is_in_the_help() {
    let lines = help();
    let told = |HelpLine { form, meaning }: &HelpLine| -> Vec<String> {
        words(form).chain(words(meaning)).map(str::to_owned).collect()
    };
    let told: BTreeSet<String> = lines.iter().flat_map(told).collect();
    let is_one_of_many = |line: &String| MANY.iter().any(|many| line.starts_with(many));
    let statements = lines.iter().flat_map(|line| statements(&line.form));
    let mut missing = BTreeSet::new();
    for line in statements.filter(|line| !is_one_of_many(line)).map(|line| line + " ") {
        for (space, _) in line.match_indices(' ') {
            for offer in complete(&line, space + 1, None) {
                let untold = words(&offer.text).filter(|word| !told.contains(*word));
                missing.extend(untold.map(|word| format!("{}{word}", &line[..=space])));
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn each_word_has_help_of_its_own() {
    for offer in complete("", 0, None) {
        let forms = help_of(&offer.text);
        let is_same = format!("{} is the same", offer.text);
        let same = help().iter().any(|line| line.meaning.contains(&is_same));
        assert!(same || forms.iter().any(|line| line.form.contains(&offer.text)), "{offer:?}");
    }
    assert!(help_of("expect").iter().any(|line| line.form.trim() == "leader"));
    assert!(help_of("why").iter().any(|line| line.form == "why no leader"));
    assert!(help_of("goto").iter().any(|line| line.form == "goto end"));
    assert!(help_of("frob").is_empty());
}
