//! The search of the palette: which entries have the words, the best first.

use super::entries::{Entry, Kind};

/// The most entries of a kind that are shown beside others.
const MOST_OF_A_KIND: usize = 6;
/// The most entries that are shown.
const MOST: usize = 60;
/// The most entries that are shown as close, if none has the words.
const MOST_CLOSE: usize = 5;
/// What was used before is worth that much more.
const USED_BEFORE: u32 = 25;

/// What was found.
#[derive(PartialEq, Debug, Default)]
pub(super) struct Found {
    /// The places of the entries that are shown, by kind.
    pub(super) places: Vec<usize>,
    /// The number of entries that have the words; 0: those that are shown are only close.
    pub(super) fitting: usize,
}

/// The entries that have all words of the query: by kind, the kind of the best one first. Without
/// words, what was used last comes first. If no entry has them, those that are close.
pub(super) fn find(query: &str, entries: &[Entry], recent: &[String]) -> Found {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let used = |entry: &Entry| recent.iter().position(|name| *name == entry.name());
    let mut scored: Vec<(u32, usize)> = entries
        .iter()
        .enumerate()
        .filter_map(|(place, entry)| {
            let score = score_of(entry, &words)?;
            let before = if used(entry).is_some() { USED_BEFORE } else { 0 };
            Some((score + before, place))
        })
        .collect();
    if scored.is_empty() {
        return Found { places: close(query, entries), fitting: 0 };
    }
    scored.sort_by_key(|(score, place)| (std::cmp::Reverse(*score), *place));
    let fitting = scored.len();
    let mut places: Vec<usize> = Vec::new();
    if words.is_empty() {
        let mut last: Vec<(usize, usize)> = scored
            .iter()
            .filter_map(|(_, place)| Some((used(&entries[*place])?, *place)))
            .collect();
        last.sort_unstable();
        places.extend(last.into_iter().map(|(_, place)| place));
    }
    let mut kinds: Vec<Kind> = Vec::new();
    for (_, place) in &scored {
        if !kinds.contains(&entries[*place].kind) {
            kinds.push(entries[*place].kind);
        }
    }
    let most = if kinds.len() == 1 { MOST } else { MOST_OF_A_KIND };
    for kind in kinds {
        let of_kind = scored.iter().map(|(_, place)| *place);
        let new = of_kind.filter(|place| entries[*place].kind == kind && !places.contains(place));
        let new: Vec<usize> = new.take(most).collect();
        places.extend(new);
    }
    places.truncate(MOST);
    Found { places, fitting }
}

/// How well an entry fits: the sum over the words; `None` if it lacks one.
fn score_of(entry: &Entry, words: &[String]) -> Option<u32> {
    let title = entry.title.to_lowercase();
    let line = entry.line().unwrap_or_default().to_lowercase();
    let note = format!("{} {}", entry.note, entry.kind.name()).to_lowercase();
    let mut sum = 0;
    for word in words {
        let in_title = fit(word, &title);
        let in_line = fit(word, &line);
        let in_note = fit(word, &note).filter(|score| *score >= CONTAINED).map(|score| score / 3);
        sum += in_title.max(in_line).max(in_note)?;
    }
    Some(sum)
}

/// The scores of a word: the text begins with it, a word of the text does, the text contains it.
const FIRST: u32 = 100;
const BEGINS: u32 = 80;
const CONTAINED: u32 = 45;
/// More, if it is a whole word.
const WHOLE: u32 = 10;

/// How well one word fits into a text, both in lower case. Letters that come in this order, of
/// which the first begins a word, fit a little: more if more of them begin words.
fn fit(word: &str, text: &str) -> Option<u32> {
    let starts = |place: usize| !text[..place].ends_with(char::is_alphanumeric);
    let best = text.match_indices(word).map(|(place, _)| {
        let is_whole = !text[place + word.len()..].starts_with(char::is_alphanumeric);
        let score = match (place, starts(place)) {
            (0, _) => FIRST,
            (_, true) => BEGINS,
            (_, false) => CONTAINED,
        };
        score + if is_whole { WHOLE } else { 0 }
    });
    best.max().or_else(|| in_order(word, text))
}

fn in_order(word: &str, text: &str) -> Option<u32> {
    let mut letters = word.chars();
    let mut wanted = letters.next()?;
    let (mut before, mut score, mut is_begun) = (' ', 5, false);
    for letter in text.chars() {
        let is_start = !before.is_alphanumeric();
        before = letter;
        if letter != wanted || (!is_begun && !is_start) {
            continue;
        }
        is_begun = true;
        score += if is_start { 4 } else { 1 };
        match letters.next() {
            Some(next) => wanted = next,
            // As many letters as words begin: an abbreviation. Others are often by chance.
            None => return (score >= 5 + 3 * word.chars().count() as u32).then_some(score.min(40)),
        }
    }
    None
}

/// The entries that are most like the query: they share pairs of letters with it.
fn close(query: &str, entries: &[Entry]) -> Vec<usize> {
    let wanted = pairs(query);
    let mut all: Vec<(usize, usize)> = entries
        .iter()
        .enumerate()
        .filter_map(|(place, entry)| {
            let text = format!("{} {}", entry.title, entry.line().unwrap_or_default());
            let best = text.split_whitespace().map(|word| likeness(&wanted, &pairs(word))).max()?;
            (best >= 40).then_some((best, place))
        })
        .collect();
    all.sort_by_key(|(score, place)| (std::cmp::Reverse(*score), *place));
    all.into_iter().take(MOST_CLOSE).map(|(_, place)| place).collect()
}

/// Each letter with the next one, in lower case.
fn pairs(text: &str) -> Vec<(char, char)> {
    let letters: Vec<char> =
        text.to_lowercase().chars().filter(|it| it.is_alphanumeric()).collect();
    letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// The part of the pairs that two texts share, in percent.
fn likeness(one: &[(char, char)], other: &[(char, char)]) -> usize {
    let shared = one.iter().filter(|pair| other.contains(pair)).count();
    200 * shared / (one.len() + other.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::entries::commands;
    use super::super::entries::tests::beginnings;
    use super::*;

    fn best(query: &str) -> String {
        let entries: Vec<Entry> = commands(&beginnings());
        let found = find(query, &entries, &[]);
        found
            .places
            .first()
            .map_or_else(String::new, |place| entries[*place].line().unwrap_or_default().to_owned())
    }

    #[test]
    fn the_best_comes_first() {
        assert_eq!(fit("leader", "crash the leader"), Some(BEGINS + WHOLE));
        assert_eq!(fit("crash", "crash the leader"), Some(FIRST + WHOLE));
        assert_eq!(fit("ash", "crash the leader"), Some(CONTAINED + WHOLE));
        assert!(fit("ctl", "crash the leader") > fit("zzz", "crash the leader"));
        assert_eq!(fit("ctl", "a cattle"), None, "letters by chance");
        assert_eq!(best("heal"), "heal");
        assert_eq!(best("snapshot"), "snapshot 3");
        assert_eq!(best("partition"), "partition 1 2 | 3 4 5");
    }

    #[test]
    fn every_word_must_fit() {
        let entries: Vec<Entry> = commands(&beginnings());
        let both = find("node crash", &entries, &[]);
        assert!(both.fitting > 0 && both.fitting < find("node", &entries, &[]).fitting);
    }

    #[test]
    fn what_was_used_last_comes_first() {
        let entries: Vec<Entry> = commands(&beginnings());
        let name = |place: usize| entries[place].name();
        let found = find("", &entries, &[name(7), name(3)]);
        assert_eq!(found.places[..2], [7, 3]);
        assert_eq!(found.fitting, entries.len());
    }

    #[test]
    fn nothing_says_what_is_close() {
        let entries: Vec<Entry> = commands(&beginnings());
        let found = find("partishun", &entries, &[]);
        assert_eq!(found.fitting, 0);
        let lines: Vec<&str> = found.places.iter().filter_map(|it| entries[*it].line()).collect();
        assert!(lines.iter().any(|line| line.starts_with("partition")), "{lines:?}");
        assert_eq!(find("qqqqqq", &entries, &[]), Found::default());
    }
}
