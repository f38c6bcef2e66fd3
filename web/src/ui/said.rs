//! A sentence: its words, and the things that it names, which are buttons.

use raft_lab::{EventNumber, Instant, Mention, Part, Words};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::picture::term_class;
use crate::state::Selection;

/// What a click on a thing that a sentence names does.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Click {
    /// Selects a node, a message, an entry or a client.
    Select(Selection),
    /// Asks why: a line of the language.
    Ask(String),
    /// Shows a key in the stores.
    ShowKey(String),
    /// Tells the rule of a section.
    TellRule(String),
    /// Tells the meaning of a word of the glossary.
    Define(String),
}

impl Click {
    fn on(mention: &Mention) -> Option<Self> {
        if let Some(selection) = Selection::of(mention) {
            return Some(Self::Select(selection));
        }
        match mention {
            // No election began the term in which all start.
            Mention::Term(term) => (term.0 > 0).then(|| Self::Ask(format!("why term {term}"))),
            Mention::Event(number) => Some(Self::Ask(format!("why {number}"))),
            Mention::Key(key) => Some(Self::ShowKey(key.to_string())),
            Mention::Section(section) => Some(Self::TellRule(section.clone())),
            Mention::Node(_)
            | Mention::Message(_)
            | Mention::Index(_)
            | Mention::Entry(_)
            | Mention::Client(_) => None,
        }
    }

    /// The click on this button or log entry, if it is one; the page takes it.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
        let thing = target.closest("button, .log-cell[data-select]").ok().flatten()?;
        if let Some(selection) = thing.get_attribute("data-select") {
            return Selection::from_attribute(&selection).map(Self::Select);
        }
        let ask = thing.get_attribute("data-ask").map(Self::Ask);
        let key = || thing.get_attribute("data-show-key").map(Self::ShowKey);
        let rule = || thing.get_attribute("data-rule").map(Self::TellRule);
        let word = || thing.get_attribute("data-word").map(Self::Define);
        ask.or_else(key).or_else(rule).or_else(word)
    }

    /// What the click does, where the words of the button do not say it.
    fn title(&self) -> Option<String> {
        match self {
            Self::Select(_) => None,
            Self::Ask(line) => Some(format!("Ask: {line}")),
            Self::ShowKey(_) => Some("Show it in the stores".to_owned()),
            Self::TellRule(_) => Some("The rule".to_owned()),
            Self::Define(_) => Some("What it means".to_owned()),
        }
    }
}

/// The parts of a sentence. `is_reached` says whether Tab reaches its first button; the arrow keys
/// reach the others ([`walk`]), so a list of sentences has one stop for each.
pub(crate) fn said(words: &Words, is_reached: bool) -> Html {
    let is_button = |part: &Part| part.mention.as_ref().is_some_and(|it| Click::on(it).is_some());
    let reached = words.parts().iter().position(is_button).filter(|_| is_reached);
    html! {
        { for words.parts().iter().enumerate().map(|(place, part)| {
            view_part(part, reached == Some(place))
        }) }
    }
}

fn view_part(Part { text, mention }: &Part, is_tab_stop: bool) -> Html {
    let Some(mention) = mention else { return html! { { text } } };
    let Some(click) = Click::on(mention) else {
        return html! { { text } };
    };
    let title = click.title();
    let (select, ask, key, rule) = match click {
        Click::Select(selection) => (Some(selection.to_attribute()), None, None, None),
        // No sentence names one.
        Click::Define(_) => (None, None, None, None),
        Click::Ask(line) => (None, Some(line), None, None),
        Click::ShowKey(name) => (None, None, Some(name), None),
        Click::TellRule(section) => (None, None, None, Some(section)),
    };
    html! {
        <button type="button" class={classes!("mention", look(mention))} {title}
            tabindex={if is_tab_stop { "0" } else { "-1" }}
            data-select={select} data-ask={ask} data-show-key={key} data-rule={rule}>
            { shown(text, mention) }
        </button>
    }
}

/// The class names of a thing that is not drawn like the others.
fn look(mention: &Mention) -> Classes {
    match mention {
        Mention::Term(term) => classes!("mention-term", term_class(*term)),
        Mention::Section(_) => classes!("section"),
        Mention::Key(_) => classes!("mention-key"),
        Mention::Node(_)
        | Mention::Message(_)
        | Mention::Index(_)
        | Mention::Entry(_)
        | Mention::Event(_)
        | Mention::Client(_) => classes!(),
    }
}

/// The words of a section are in parentheses, for a line of plain text.
fn shown(text: &str, mention: &Mention) -> Html {
    match mention {
        Mention::Section(section) => html! { { section } },
        Mention::Node(_)
        | Mention::Message(_)
        | Mention::Index(_)
        | Mention::Entry(_)
        | Mention::Event(_)
        | Mention::Term(_)
        | Mention::Client(_)
        | Mention::Key(_) => html! { { text } },
    }
}

/// The event of a button that shows it in the diagram, and its time: `812 2093000`.
pub(crate) fn diagrammed(event: &MouseEvent) -> Option<(EventNumber, Instant)> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    let button = target.closest("button[data-diagram]").ok().flatten()?;
    let words = button.get_attribute("data-diagram")?;
    let (number, micros) = words.split_once(' ')?;
    Some((EventNumber::new(number.parse().ok()?)?, Instant(micros.parse().ok()?)))
}

/// Left and right move the focus among the buttons of a row of a list, or of a paragraph, that has
/// a sentence.
pub(crate) fn walk(event: &KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowRight" => true,
        "ArrowLeft" => false,
        _ => return,
    };
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(target) = target.filter(|target| target.tag_name() == "BUTTON") else { return };
    let row = target.closest("li, p").ok().flatten();
    let has_sentence = |row: &Element| row.query_selector(".mention").is_ok_and(|it| it.is_some());
    let Some(row) = row.filter(has_sentence) else { return };
    let Ok(all) = row.query_selector_all("button") else { return };
    let all: Vec<HtmlElement> =
        (0..all.length()).filter_map(|place| all.get(place)?.dyn_into().ok()).collect();
    let Some(place) = all.iter().position(|one| one.is_same_node(Some(&target))) else { return };
    let next = if forward { place.checked_add(1) } else { place.checked_sub(1) };
    if let Some(next) = next.and_then(|next| all.get(next)) {
        let _ = next.focus();
    }
    event.prevent_default();
}
