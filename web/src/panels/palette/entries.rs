//! What the palette finds: from the lists that the page has anyway.

use raft_lab::{Frame, Suggestion, rules};
use strum::VariantArray;

use crate::app::PANELS;
use crate::hooks::{Action, focus_soon, press, write_soon};
use crate::lab::{GlossaryEntry, LESSONS, LessonInfo, SCENARIOS, Scenario, TRACKS};
use crate::panels::inspector::actions;
use crate::state::{Controls, Dialog, Selection};
use crate::words::{capitalized, milliseconds};

/// The kinds of entries, in the order in which they are offered unasked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, VariantArray)]
pub(super) enum Kind {
    Do,
    Page,
    GoTo,
    Command,
    Panel,
    Lesson,
    Scenario,
    Property,
    Rule,
    Word,
}

impl Kind {
    pub(super) const ALL: &[Self] = Self::VARIANTS;

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Do => "Do",
            Self::Page => "Page",
            Self::GoTo => "Go to",
            Self::Command => "Command",
            Self::Panel => "Panel",
            Self::Lesson => "Lesson",
            Self::Scenario => "Scenario",
            Self::Property => "Property",
            Self::Rule => "Rule",
            Self::Word => "Word",
        }
    }

    /// What one of them is called, and several.
    pub(super) fn counted(self) -> (&'static str, &'static str) {
        match self {
            Self::Do => ("thing to do", "things to do"),
            Self::Page => ("action of the page", "actions of the page"),
            Self::GoTo => ("moment", "moments"),
            Self::Command => ("command", "commands"),
            Self::Panel => ("panel", "panels"),
            Self::Lesson => ("lesson", "lessons"),
            Self::Scenario => ("scenario", "scenarios"),
            Self::Property => ("property", "properties"),
            Self::Rule => ("rule", "rules"),
            Self::Word => ("word", "words"),
        }
    }
}

/// Something that the palette finds.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) title: String,
    /// More words by which it is found, shown where there is neither a command nor a key.
    pub(super) note: String,
    pub(super) key: Option<&'static str>,
    target: Target,
}

/// What an entry leads to.
#[derive(Clone, PartialEq, Debug)]
enum Target {
    Action(Action),
    /// A line of the language, carried out as it is.
    Line(String),
    /// One that a person has to complete from this place on.
    Form(String, usize),
    /// A moment, by the steps before it.
    Moment(u64),
    Panel(&'static str),
    Lesson(&'static LessonInfo),
    Scenario(&'static Scenario),
    Rule(&'static str),
    /// A word of the glossary.
    Word(String),
}

impl Entry {
    fn new(kind: Kind, title: impl Into<String>, note: impl Into<String>, target: Target) -> Self {
        Self { kind, title: title.into(), note: note.into(), key: None, target }
    }

    /// What the page remembers it by.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.kind.name(), self.line().unwrap_or(&self.title))
    }

    /// The line of the language that it stands for.
    pub(super) fn line(&self) -> Option<&str> {
        match &self.target {
            Target::Line(line) | Target::Form(line, _) => Some(line),
            Target::Action(_)
            | Target::Moment(_)
            | Target::Panel(_)
            | Target::Lesson(_)
            | Target::Scenario(_)
            | Target::Rule(_)
            | Target::Word(_) => None,
        }
    }

    /// Does what it is for. A command that has to be completed goes into the console.
    pub(super) fn act(&self, controls: &Controls) {
        match &self.target {
            Target::Action(action) => {
                action.act(controls);
            }
            Target::Line(line) => controls.runner.exec(line),
            Target::Form(line, from) => write_soon("console-input", line.clone(), *from),
            Target::Moment(steps) => controls.runner.show_after(*steps),
            Target::Panel(name) => {
                press(&format!("tab-{name}"));
            }
            Target::Lesson(lesson) => controls.labs.learn(lesson, 0),
            Target::Scenario(scenario) => controls.labs.play(scenario),
            Target::Rule(name) => {
                controls.open_dialog.emit(Some(Dialog::Rules));
                focus_soon(format!("rule-{name}"));
            }
            Target::Word(word) => {
                controls.open_dialog.emit(Some(Dialog::Glossary));
                focus_soon(format!("word-{word}"));
            }
        }
    }
}

/// Everything but the words of the glossary. `beginnings` are the words with which a line of the
/// console can begin.
pub(super) fn all(frame: &Frame, beginnings: &[Suggestion]) -> Vec<Entry> {
    let mut entries = things_to_do(frame);
    entries.extend(actions_of_the_page());
    entries.extend(moments(frame));
    entries.extend(commands(beginnings));
    entries.extend(
        PANELS.iter().map(|(name, label)| Entry::new(Kind::Panel, *label, "", Target::Panel(name))),
    );
    entries.extend(LESSONS.iter().map(|lesson| {
        let track = TRACKS.iter().find(|(name, _)| *name == lesson.track);
        let track = track.map_or(lesson.track, |(_, words)| words);
        Entry::new(Kind::Lesson, lesson.title, track, Target::Lesson(lesson))
    }));
    entries.extend(SCENARIOS.iter().map(|scenario| {
        Entry::new(Kind::Scenario, scenario.title, "", Target::Scenario(scenario))
    }));
    entries.extend(frame.view.properties.iter().map(|property| {
        let title = format!("{} {}", property.name, property.section);
        Entry::new(Kind::Property, title, &*property.meaning, Target::Panel("properties"))
    }));
    entries.extend(rules().into_iter().map(|rule| {
        let title = format!("{}: {}", rule.name, rule.rule);
        Entry::new(Kind::Rule, title, "", Target::Rule(rule.name))
    }));
    entries
}

/// The words of the glossary.
pub(super) fn of_words(glossary: Vec<GlossaryEntry>) -> Vec<Entry> {
    let entry = |word: GlossaryEntry| {
        let title = format!("{}: {}", word.word, word.meaning);
        Entry::new(Kind::Word, title, word.forms.join(" "), Target::Word(word.word))
    };
    glossary.into_iter().map(entry).collect()
}

/// What can be done with each node now, and with the cluster.
fn things_to_do(frame: &Frame) -> Vec<Entry> {
    let view = &frame.view;
    let of_node = |node| {
        let role = if view.leader == Some(node) { ", the leader" } else { "" };
        let possible = actions(view, Some(Selection::Node(node)));
        possible.into_iter().filter(|action| action.is_possible).map(move |action| {
            let title = format!("{}: node {node}{role}", action.label);
            Entry::new(Kind::Do, title, "", Target::Line(action.line))
        })
    };
    let of_cluster = actions(view, None).into_iter().filter(|action| action.is_possible);
    let of_cluster =
        of_cluster.map(|action| Entry::new(Kind::Do, action.label, "", Target::Line(action.line)));
    // The leader first: it is what one crashes.
    let others = view.node_ids().filter(|node| Some(*node) != view.leader);
    view.leader.into_iter().chain(others).flat_map(of_node).chain(of_cluster).collect()
}

fn actions_of_the_page() -> impl Iterator<Item = Entry> {
    let shown = Action::ALL.iter().filter(|action| **action != Action::Search);
    shown.map(|action| {
        let meaning = action.meaning();
        let title = capitalized(meaning);
        let entry = Entry::new(Kind::Page, title, "", Target::Action(*action));
        Entry { key: action.key_in_words(), ..entry }
    })
}

/// The marks of the run.
fn moments(frame: &Frame) -> impl Iterator<Item = Entry> {
    frame.lab.time.tape.marks.iter().rev().map(|mark| {
        let title = capitalized(&mark.words);
        let note = format!("{} ms", milliseconds(mark.at));
        Entry::new(Kind::GoTo, title, note, Target::Moment(mark.steps))
    })
}

/// The statements of the language, and the commands of the console, each form of them. The help has
/// parts of statements too: conditions, settings, and how one writes a node or a time.
pub(super) fn commands(beginnings: &[Suggestion]) -> Vec<Entry> {
    let mut commands: Vec<Entry> = Vec::new();
    for line in raft_lab::help().into_iter().chain(raft_lab::console_help()) {
        let first = line.form.split([' ', ',']).next();
        if !beginnings.iter().any(|word| Some(&*word.text) == first) {
            continue;
        }
        let title = capitalized(line.meaning);
        let entry = Entry::new(Kind::Command, title, "", target_of(&line.form));
        if commands.iter().all(|other| other.line() != entry.line()) {
            commands.push(entry);
        }
    }
    commands
}

/// A form without arguments runs as it is; of another one, a person writes the arguments. What may
/// be left out is left out, and of several forms the first is taken.
fn target_of(form: &str) -> Target {
    let form = form.split(", ").next().unwrap_or(form);
    let form = match form.split_once(" [") {
        Some((head, _)) => head,
        None => form,
    };
    match argument(form) {
        Some(place) => Target::Form(form.to_owned(), place),
        None => Target::Line(form.to_owned()),
    }
}

/// Where the first argument of a form begins.
fn argument(form: &str) -> Option<usize> {
    let is_argument = |word: &str| {
        let is_name = word.len() == 1 || word.starts_with(|first: char| first.is_uppercase());
        is_name
            || word.contains(|letter: char| letter.is_ascii_digit() || "=\"<>|-".contains(letter))
    };
    // A name follows.
    let is_named = ["mark ", "allow "].iter().any(|word| form.starts_with(word));
    let mut place = 0;
    for (number, word) in form.split(' ').enumerate() {
        if number > 0 && (is_argument(word) || is_named) {
            return Some(place);
        }
        place += word.len() + 1;
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use raft_lab::{Lab, Setup};

    use super::*;

    /// The words with which a line of the console can begin.
    pub(in crate::panels::palette) fn beginnings() -> Vec<Suggestion> {
        Lab::scratch(Setup::default()).expect("a lab").complete("")
    }

    #[test]
    fn a_command_without_arguments_runs_and_another_one_is_completed() {
        let lines: Vec<String> = commands(&beginnings())
            .into_iter()
            .filter_map(|entry| {
                let Target::Form(line, from) = entry.target else {
                    return entry.line().map(str::to_owned);
                };
                assert!(line[..from].ends_with(' '), "{line}: {from}");
                None
            })
            .collect();
        assert_eq!(
            lines.join("; "),
            "run until leader; step; list; timeouts all; cancel; heal; mend all; why no leader; \
             why change waits; back; goto end; continue; break violation; break list; fork; \
             branches; diff; logs; diagram; undo; help"
        );
        assert_eq!(
            target_of("partition 1 2 | 3 4 5"),
            Target::Form("partition 1 2 | 3 4 5".into(), 10)
        );
    }

    #[test]
    fn an_action_of_the_page_tells_its_key() {
        let find = actions_of_the_page().find(|entry| entry.title.starts_with("Find a run"));
        assert_eq!(find.and_then(|entry| entry.key), Some("f"));
    }
}
