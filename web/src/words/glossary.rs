//! Words of the glossary in a text: a click tells their meaning.

use yew::prelude::*;

include!(concat!(env!("OUT_DIR"), "/glossary.rs"));

/// Words that are in every sentence: a button for each would be noise.
const PLAIN: [&str; 4] = ["node", "cluster", "message", "log"];

/// The word of the glossary that these words are a form of.
fn defined(words: &str) -> Option<&'static str> {
    let words = words.to_lowercase();
    FORMS.iter().find(|(form, _)| *form == words).map(|(_, word)| *word)
}

/// A label that is a word of the glossary, or stands for one: a button that tells its meaning.
pub(crate) fn term(label: &str, word: &str) -> Html {
    match defined(word) {
        Some(word) => html! {
            <button type="button" class="mention is-word" data-word={word} title="What it means">
                { label.to_owned() }
            </button>
        },
        None => html! { { label.to_owned() } },
    }
}

/// Puts buttons into the parts of a text, one for each word.
pub(super) struct Linker {
    done: Vec<&'static str>,
    /// Whether Tab reaches the next button; the arrow keys go to the others.
    is_reached: bool,
}

impl Linker {
    pub(super) fn new(defined: Option<&str>) -> Self {
        let of_it = FORMS.iter().filter(|(_, word)| Some(*word) == defined);
        Self { done: of_it.map(|(_, word)| *word).collect(), is_reached: true }
    }

    pub(super) fn link(&mut self, text: &str) -> Html {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, found, word, after)) = self.first(rest) {
            parts.push(html! { { before.to_owned() } });
            let tab = if std::mem::take(&mut self.is_reached) { "0" } else { "-1" };
            parts.push(html! {
                <button type="button" class="mention is-word" data-word={word} tabindex={tab}
                    title="What it means">{ found.to_owned() }</button>
            });
            self.done.push(word);
            rest = after;
        }
        parts.push(html! { { rest.to_owned() } });
        html! { { for parts } }
    }

    /// The first word that has no button yet: the text before it, its form there, the word, and the
    /// text after it.
    fn first<'a>(&self, text: &'a str) -> Option<(&'a str, &'a str, &'static str, &'a str)> {
        let starts = text.char_indices().scan(' ', |before, (place, letter)| {
            let is_start = letter.is_alphabetic() && !is_of_word(*before);
            *before = letter;
            Some(is_start.then_some(place))
        });
        starts.flatten().find_map(|place| {
            let (before, from) = text.split_at(place);
            let (form, word) = FORMS.iter().find(|(form, _)| begins(from, form))?;
            let is_new = !self.done.contains(word) && !PLAIN.contains(word);
            is_new.then(|| (before, &from[..form.len()], *word, &from[form.len()..]))
        })
    }
}

/// Whether a text begins with these words, whole.
fn begins(text: &str, form: &str) -> bool {
    let same = text.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form));
    same && !text[form.len()..].starts_with(is_of_word)
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '-' || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a text that get buttons.
    fn words(text: &str, defined: Option<&str>) -> Vec<&'static str> {
        let mut linker = Linker::new(defined);
        let before = linker.done.len();
        let _ = linker.link(text);
        linker.done[before..].to_vec()
    }

    #[test]
    fn each_word_has_a_button_where_it_comes_first() {
        let text = "The Leader of term 2 goes. The next leader has a later term.";
        assert_eq!(words(text, None), ["leader", "term"]);
        assert_eq!(words(text, Some("term")), ["leader"]);
    }

    #[test]
    fn the_longest_words_win_and_parts_of_words_do_not_count() {
        assert_eq!(words("Its election timeout elapses.", None), ["election timeout"]);
        assert!(words("determined, well-termed, terminal", None).is_empty());
        assert!(words("Each node has a log; a message is lost.", None).is_empty());
    }

    #[test]
    fn forms_lead_to_their_word() {
        assert_eq!(defined("Terms"), Some("term"));
        assert_eq!(defined("servers"), Some("node"));
        assert_eq!(defined("weather"), None);
        assert!(FORMS.is_sorted_by_key(|(form, _)| std::cmp::Reverse(form.len())));
    }
}
