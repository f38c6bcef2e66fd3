//! A sentence: its words, and the things that it names. A node, a message or an entry is a button.

use raft_lab::{EventNumber, Mention, Part, Words};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::picture::term_class;
use crate::state::Selection;

/// The parts of a sentence. `is_reached` says whether Tab reaches its first button; the arrow keys
/// reach the others ([`walk`]), so a list of sentences has one stop for each.
///
/// A button has the attribute `data-select`, and the page takes the clicks ([`clicked`]).
pub(crate) fn said(words: &Words, is_reached: bool) -> Html {
    let selects = |part: &Part| part.mention.as_ref().is_some_and(|it| Selection::of(it).is_some());
    let reached = words.parts().iter().position(selects).filter(|_| is_reached);
    html! {
        { for words.parts().iter().enumerate().map(|(place, part)| {
            view_part(part, reached == Some(place))
        }) }
    }
}

fn view_part(Part { text, mention }: &Part, is_tab_stop: bool) -> Html {
    let Some(mention) = mention else { return html! { { text } } };
    if let Some(selection) = Selection::of(mention) {
        return html! {
            <button type="button" class="mention" data-select={selection.to_attribute()}
                tabindex={if is_tab_stop { "0" } else { "-1" }}>{ text }</button>
        };
    }
    match mention {
        Mention::Term(term) => {
            html! { <span class={classes!("mention-term", term_class(*term))}>{ text }</span> }
        }
        Mention::Event(number) => html! {
            <button type="button" class="mention" data-ask={format!("why {number}")}
                tabindex="-1" title="Why?">{ text }</button>
        },
        // Its words are in parentheses, for a line of plain text.
        Mention::Section(section) => html! { <span class="section">{ section }</span> },
        Mention::Key(_) => html! { <code class="mention-key">{ text }</code> },
        Mention::Node(_)
        | Mention::Message(_)
        | Mention::Index(_)
        | Mention::Entry(_)
        | Mention::Client(_) => html! { { text } },
    }
}

/// The thing that was clicked: a button in a sentence, or a log entry.
pub(crate) fn clicked(event: &MouseEvent) -> Option<Selection> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    let thing = target.closest("button[data-select], .log-cell[data-select]").ok().flatten()?;
    Selection::from_attribute(&thing.get_attribute("data-select")?)
}

/// The question of a button that was clicked, as a line of the language.
pub(crate) fn asked(event: &MouseEvent) -> Option<String> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    target.closest("button[data-ask]").ok().flatten()?.get_attribute("data-ask")
}

/// The event of a button that shows it in the diagram.
pub(crate) fn diagrammed(event: &MouseEvent) -> Option<EventNumber> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok())?;
    let button = target.closest("button[data-diagram]").ok().flatten()?;
    EventNumber::new(button.get_attribute("data-diagram")?.parse().ok()?)
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
