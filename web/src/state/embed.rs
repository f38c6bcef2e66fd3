//! The lab in a page of somebody else: what that page asks for in the address of this one.
//!
//! `?view=ring,logs` makes this page an embed: it has these views and nothing else. `controls` adds
//! the buttons of time and the line of the run. After `#` there is a [link](raft_lab::MomentLink)
//! to a moment, or `script=` with a script. All of it is bounded, and runs in memory: nothing is
//! stored, and nothing that is stored is opened.

use std::str::FromStr;

use raft_lab::MAX_LINK_LENGTH;
use strum::{EnumString, VariantNames};

/// The name of the list of views in the address. An address without it is that of the whole page.
const VIEW: &str = "view";
const CONTROLS: &str = "controls";
/// The beginning of a script after `#`.
const SCRIPT: &str = "script=";
/// The most characters of such a script: an encoded letter takes up to twelve.
const MAX_SCRIPT: usize = 256 << 10;
/// The most characters between `?` and `#`.
const MAX_QUERY: usize = 1_000;

/// A part of the page that an embed may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum EmbedView {
    /// The state of the cluster in words.
    Sentence,
    /// The nodes and the messages between them.
    Ring,
    Logs,
    Keys,
    Events,
    /// The sequence diagram.
    Diagram,
    Console,
}

/// What an embed shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Embed {
    /// Each once, in the order of the address.
    pub(crate) views: Vec<EmbedView>,
    /// Whether there are the buttons of time and the line of the run.
    pub(crate) has_controls: bool,
    pub(crate) run: EmbedRun,
}

/// The run of an embed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum EmbedRun {
    /// A new cluster.
    New,
    /// The text of a link to a moment.
    Moment(String),
    /// A script, encoded as a part of an address.
    Script(String),
}

impl Embed {
    /// What an address asks for, by its parts after `?` and after `#`. An error is in words.
    fn of(query: &str, fragment: &str) -> Result<Self, String> {
        bounded("?", query, MAX_QUERY)?;
        let limit = if fragment.starts_with(SCRIPT) { MAX_SCRIPT } else { MAX_LINK_LENGTH };
        bounded("#", fragment, limit)?;
        Ok(Self {
            views: views_of(value_of(query, VIEW).unwrap_or_default())?,
            has_controls: value_of(query, CONTROLS).is_some(),
            run: run_of(fragment),
        })
    }
}

/// The value of a name in the part of an address after `?`.
fn value_of<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = query.split('&').map(|part| part.split_once('=').unwrap_or((part, "")));
    parts.find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn bounded(after: &str, text: &str, limit: usize) -> Result<(), String> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(format!(
        "The address has {} characters after “{after}”, and {limit} are the limit.",
        text.len()
    ))
}

/// The views of a list with commas or spaces, which an address may have encoded.
fn views_of(list: &str) -> Result<Vec<EmbedView>, String> {
    let list = list.replace("%2C", ",").replace("%20", " ").replace('+', " ");
    let mut views = Vec::new();
    for name in list.split([',', ' ']).filter(|name| !name.is_empty()) {
        let view = EmbedView::from_str(name).map_err(|_| no_view(name))?;
        if !views.contains(&view) {
            views.push(view);
        }
    }
    if views.is_empty() { Err(no_view("")) } else { Ok(views) }
}

fn no_view(name: &str) -> String {
    let name: String = name.chars().take(40).collect();
    format!("There is no view “{name}”: view takes {}.", EmbedView::VARIANTS.join(", "))
}

fn run_of(fragment: &str) -> EmbedRun {
    match fragment.strip_prefix(SCRIPT) {
        Some(script) => EmbedRun::Script(script.to_owned()),
        None if fragment.is_empty() => EmbedRun::New,
        None => EmbedRun::Moment(fragment.to_owned()),
    }
}

/// What the address of this page asks for. An error is in words.
pub(crate) fn asked() -> Result<Embed, String> {
    Embed::of(&part_of_address("?"), &part_of_address("#"))
}

/// The part of the address of this page that begins so, without its beginning.
fn part_of_address(begin: &str) -> String {
    let location = web_sys::window().map(|window| window.location());
    let part = location.and_then(|location| match begin {
        "?" => location.search().ok(),
        _ => location.hash().ok(),
    });
    part.unwrap_or_default().trim_start_matches(begin).to_owned()
}

/// Whether this page is an embed.
#[cfg(target_arch = "wasm32")]
pub(crate) fn is_embedded() -> bool {
    value_of(&part_of_address("?"), VIEW).is_some()
}

/// Only a browser has an address.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn is_embedded() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_views_is_that_of_the_whole_page() {
        assert_eq!(value_of("", VIEW), None);
        assert_eq!(value_of("controls&preview=ring", VIEW), None);
        assert_eq!(value_of("controls&view=ring", VIEW), Some("ring"));
    }

    #[test]
    fn views_are_a_list_in_any_encoding() {
        let views = vec![EmbedView::Ring, EmbedView::Logs];
        for query in ["view=ring,logs", "view=ring+logs", "view=ring%2Clogs&x", "view=ring%20logs"]
        {
            let embed = Embed { views: views.clone(), has_controls: false, run: EmbedRun::New };
            assert_eq!(Embed::of(query, ""), Ok(embed), "{query}");
        }
        assert_eq!(Embed::of("view=ring,logs,ring&controls", "").map(|it| it.views), Ok(views));
        assert_eq!(Embed::of("view=ring&controls=", "").map(|it| it.has_controls), Ok(true));
    }

    #[test]
    fn a_view_that_is_not_there_is_told_with_those_that_are() {
        let words = Embed::of("view=rings", "").unwrap_err();
        assert!(words.starts_with("There is no view “rings”: view takes sentence, ring, "));
        assert!(Embed::of("view=", "").is_err());
    }

    #[test]
    fn the_run_is_a_script_or_a_moment_or_new() {
        let run = |fragment| Embed::of("view=ring", fragment).map(|embed| embed.run);
        assert_eq!(run(""), Ok(EmbedRun::New));
        assert_eq!(run("script=run%201s"), Ok(EmbedRun::Script("run%201s".to_owned())));
        assert_eq!(run("moment=AQ"), Ok(EmbedRun::Moment("moment=AQ".to_owned())));
    }

    #[test]
    fn an_address_is_bounded() {
        let long = "x".repeat(MAX_LINK_LENGTH + 1);
        assert!(Embed::of("view=ring", &long).unwrap_err().contains("32768 are the limit"));
        assert!(
            Embed::of(&format!("view=ring&{long}"), "").unwrap_err().contains("1000 are the limit")
        );
    }
}
