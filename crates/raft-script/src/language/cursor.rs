//! Walks over a line's tokens, says which it missed, and notes which may come next.

use raft_sim::NodeState;

use super::{Choice, Setting, Word};
use crate::branches::Branches;
use crate::complete::Suggestion;
use crate::error::ParseError;
use crate::session::Session;
use crate::token::{Kind, Token, tokens};

/// A place in a line.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    /// What may come after the last token; `None`: nobody asks.
    offers: Option<Offers<'a>>,
}

struct Offers<'a> {
    session: Option<&'a Session>,
    branches: Option<&'a Branches>,
    found: Vec<Suggestion>,
    /// Whether only words from a list of [`Choice`]s are noted, no nodes and no other words.
    only_choices: bool,
}

pub(crate) type Parsed<T> = Result<T, ParseError>;

/// A word or sign that may come next, and its meaning in a few words.
pub(crate) type Hint = (&'static str, &'static str);

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Parsed<Self> {
        Ok(Self { text, tokens: tokens(text)?, next: 0, offers: None })
    }

    /// A cursor that notes what may come after the last token, for the nodes and keys of a session,
    /// and for branches.
    pub(crate) fn completing(
        text: &'a str,
        session: Option<&'a Session>,
        branches: Option<&'a Branches>,
    ) -> Parsed<Self> {
        let offers = Some(Offers { session, branches, found: Vec::new(), only_choices: false });
        Ok(Self { offers, ..Self::new(text)? })
    }

    /// What may come after the last token.
    pub(crate) fn into_offers(self) -> Vec<Suggestion> {
        self.offers.map_or_else(Vec::new, |offers| offers.found)
    }

    /// Whether it notes what may come next: then it reads on where a statement could end.
    pub(crate) fn is_completing(&self) -> bool {
        self.offers.is_some()
    }

    /// Whether completion is for the cluster of a session.
    pub(crate) fn has_session(&self) -> bool {
        self.offers.as_ref().is_some_and(|offers| offers.session.is_some())
    }

    /// Whether this is the first token.
    pub(crate) fn is_at_start(&self) -> bool {
        self.next == 0
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    /// The word here, if a word is here.
    pub(crate) fn word(&self) -> Option<&'a str> {
        self.word_at(0)
    }

    /// The word that many tokens further on.
    pub(crate) fn word_at(&self, further: usize) -> Option<&'a str> {
        match self.tokens.get(self.next + further)?.kind {
            Kind::Word(word) => Some(word),
            Kind::Quoted(_) | Kind::Sign(_) => None,
        }
    }

    /// Whether the sign is that many tokens further on.
    pub(crate) fn is_sign_at(&self, further: usize, sign: &str) -> bool {
        let token = self.tokens.get(self.next + further);
        matches!(token, Some(Token { kind: Kind::Sign(found), .. }) if *found == sign)
    }

    pub(crate) fn advance(&mut self) {
        self.next += 1;
    }

    /// Passes over the word if it is here.
    pub(crate) fn eat(&mut self, hint: Hint) -> bool {
        self.offer(hint.0, hint.1);
        let is_here = self.word() == Some(hint.0);
        if is_here {
            self.advance();
        }
        is_here
    }

    /// Passes over the sign if it is here.
    pub(crate) fn eat_sign(&mut self, hint: Hint) -> bool {
        self.offer(hint.0, hint.1);
        let is_here = self.is_sign_at(0, hint.0);
        if is_here {
            self.advance();
        }
        is_here
    }

    /// Passes over a sign that completion does not offer, as it is written without a space before
    /// it.
    pub(crate) fn sign(&mut self, sign: &str) -> Parsed<()> {
        if !self.is_sign_at(0, sign) {
            return Err(self.error(format!("`{sign}`")));
        }
        self.advance();
        Ok(())
    }

    pub(crate) fn keyword(&mut self, hint: Hint) -> Parsed<()> {
        if self.eat(hint) { Ok(()) } else { Err(self.error(format!("`{}`", hint.0))) }
    }

    /// One of a few words for a value, if one is here.
    pub(crate) fn maybe_choice<T: Copy>(&mut self, choices: &[Choice<T>]) -> Option<T> {
        let at_end = self.is_at_end();
        if let Some(offers) = self.offers.as_mut().filter(|_| at_end) {
            let offered =
                |choice: &Choice<T>| Suggestion { text: choice.name.to_owned(), help: choice.help };
            offers.found.extend(choices.iter().map(offered));
        }
        let choice = choices.iter().find(|choice| self.word() == Some(choice.name))?;
        self.advance();
        Some(choice.value)
    }

    /// One of a few words for a value.
    pub(crate) fn choice<T: Copy>(&mut self, choices: &[Choice<T>]) -> Parsed<T> {
        let found = self.maybe_choice(choices);
        found.ok_or_else(|| self.error(one_of(choices.iter().map(|choice| choice.name))))
    }

    /// `name=value`, if a setting of that name is here. Those in `named` are offered no more.
    pub(crate) fn maybe_setting<T>(
        &mut self,
        settings: &'static [Setting<T>],
        named: &[&str],
    ) -> Parsed<Option<(&'static str, T)>> {
        for setting in settings.iter().filter(|setting| !named.contains(&setting.name)) {
            self.offer_setting(setting.name, setting.help, |cursor| {
                // There is no value yet: what it may be is noted, the error is not needed.
                let _ = (setting.parse)(cursor);
            });
        }
        let Some(setting) =
            settings.iter().find(|s| self.word() == Some(s.name) && !named.contains(&s.name))
        else {
            return Ok(None);
        };
        self.advance();
        self.sign("=")?;
        (setting.parse)(self).map(|value| Some((setting.name, value)))
    }

    /// A setting is offered once for each of its values if they are a few words.
    pub(crate) fn offer_setting(
        &mut self,
        name: &str,
        help: &'static str,
        value: impl FnOnce(&mut Self),
    ) {
        let at_end = self.is_at_end();
        let Some(offers) = self.offers.as_mut().filter(|_| at_end) else { return };
        let before = offers.found.len();
        offers.only_choices = true;
        value(self);
        let Some(offers) = &mut self.offers else { return };
        offers.only_choices = false;
        if offers.found.len() == before {
            offers.found.push(Suggestion { text: format!("{name}="), help });
        }
        for value in &mut offers.found[before..] {
            if !value.text.ends_with('=') {
                value.text = format!("{name}={}", value.text);
            }
        }
    }

    /// A statement or condition that begins with one of these words.
    pub(crate) fn one_of<T: 'static>(
        &mut self,
        what: &str,
        words: impl Iterator<Item = &'static Word<T>> + Clone,
    ) -> Parsed<T> {
        let first = self.word();
        let followers = words.clone().filter_map(|word| word.name.split_once(' '));
        let followers: Vec<_> =
            followers.filter(|(begins, _)| Some(*begins) == first).map(|(_, ends)| ends).collect();
        self.advance();
        if !followers.is_empty() {
            return self.second_word(words, &followers, first.unwrap_or_default());
        }
        match words.clone().find(|word| Some(word.name) == first) {
            Some(word) => (word.parse)(self),
            None => {
                let names: Vec<&str> = words.map(|word| word.name).collect();
                Err(self.error_before(format!("{what}: {}", listed(&names, ""))))
            }
        }
    }

    /// The rest of a name of two words.
    fn second_word<T: 'static>(
        &mut self,
        words: impl Iterator<Item = &'static Word<T>> + Clone,
        followers: &[&'static str],
        first: &str,
    ) -> Parsed<T> {
        let named = |second: &str| {
            words.clone().find(|word| word.name.split_once(' ') == Some((first, second)))
        };
        for second in followers {
            self.offer(second, named(second).map_or("", |word| word.brief));
        }
        let found = self.word().and_then(named);
        self.advance();
        match found {
            Some(word) => (word.parse)(self),
            None => Err(self.error_before(one_of(followers.iter().copied()))),
        }
    }

    /// A key or a value: a word or a quoted text.
    pub(crate) fn text(&mut self, expected: &str) -> Parsed<Vec<u8>> {
        let found = match self.tokens.get(self.next).map(|token| &token.kind) {
            Some(Kind::Word(word)) => word.as_bytes().to_vec(),
            Some(Kind::Quoted(bytes)) => bytes.clone(),
            Some(Kind::Sign(_)) | None => return Err(self.error(expected)),
        };
        self.advance();
        Ok(found)
    }

    /// The bytes in quotes, if a quoted text is here.
    pub(crate) fn quoted(&self) -> Option<&[u8]> {
        match &self.tokens.get(self.next)?.kind {
            Kind::Quoted(bytes) => Some(bytes),
            Kind::Word(_) | Kind::Sign(_) => None,
        }
    }

    pub(crate) fn end(&self) -> Parsed<()> {
        if self.is_at_end() { Ok(()) } else { Err(self.error("the end of the line")) }
    }

    /// Notes that this may come next, if the cursor is after the last token.
    pub(crate) fn offer(&mut self, text: &str, help: &'static str) {
        let at_end = self.is_at_end();
        if let Some(offers) = self.offers.as_mut().filter(|o| at_end && !o.only_choices) {
            offers.found.push(Suggestion { text: text.to_owned(), help });
        }
    }

    /// The same for what depends on the session. Nothing is computed if nobody asks.
    pub(crate) fn offer_from(
        &mut self,
        offer: impl FnOnce(Option<&Session>) -> Vec<(String, &'static str)>,
    ) {
        let at_end = self.is_at_end();
        if let Some(offers) = self.offers.as_mut().filter(|o| at_end && !o.only_choices) {
            let found = offer(offers.session).into_iter();
            offers.found.extend(found.map(|(text, help)| Suggestion { text, help }));
        }
    }

    /// The same for the numbers of the branches.
    pub(crate) fn offer_branches(&mut self) {
        let at_end = self.is_at_end();
        if let Some(offers) = self.offers.as_mut().filter(|o| at_end && !o.only_choices) {
            let ids = offers.branches.into_iter().flat_map(Branches::iter).map(|(id, _)| id);
            let found = ids.map(|id| Suggestion { text: id.to_string(), help: "a branch" });
            offers.found.extend(found);
        }
    }

    /// The numbers of nodes in a state that fits.
    pub(crate) fn offer_numbers(&mut self, fits: fn(NodeState) -> bool) {
        self.offer_from(|session| match session {
            Some(session) => {
                let fitting = session.world().nodes().filter(|node| fits(node.state()));
                fitting.map(|node| (node.id().to_string(), "a node")).collect()
            }
            None => (1..=5).map(|id: u64| (id.to_string(), "a node")).collect(),
        });
    }

    /// An error at the token here.
    pub(crate) fn error(&self, expected: impl Into<String>) -> ParseError {
        self.error_at(self.next, expected)
    }

    /// An error at the token before.
    pub(crate) fn error_before(&self, expected: impl Into<String>) -> ParseError {
        self.error_at(self.next.saturating_sub(1), expected)
    }

    /// The place of the next token, for [`error_from`](Self::error_from).
    pub(crate) fn place(&self) -> usize {
        self.next
    }

    /// An error about all tokens from a place up to here.
    pub(crate) fn error_from(&self, place: usize, expected: impl Into<String>) -> ParseError {
        let last = self.tokens.get(self.next.saturating_sub(1));
        match self.tokens.get(place).zip(last) {
            Some((first, last)) => {
                ParseError::new(1, self.text, (first.start, last.end), expected.into())
            }
            None => self.error(expected),
        }
    }

    /// An error about a setting and its value; about the whole statement if it does not name the
    /// setting.
    pub(crate) fn error_at_word(&self, word: &str, expected: impl Into<String>) -> ParseError {
        let named = self.tokens.iter().position(|token| token.kind == Kind::Word(word));
        let value = named.and_then(|place| self.tokens.get(place + 2));
        match named.and_then(|place| self.tokens.get(place)).zip(value) {
            Some((name, value)) => {
                ParseError::new(1, self.text, (name.start, value.end), expected.into())
            }
            None => self.error_in_all(expected),
        }
    }

    /// An error about the whole statement.
    pub(crate) fn error_in_all(&self, expected: impl Into<String>) -> ParseError {
        let start = self.tokens.first().map_or(0, |token| token.start);
        let end = self.tokens.last().map_or(start, |token| token.end);
        ParseError::new(1, self.text, (start, end), expected.into())
    }

    fn error_at(&self, token: usize, expected: impl Into<String>) -> ParseError {
        let end = self.tokens.last().map_or(0, |token| token.end);
        let place = self.tokens.get(token).map_or((end, end), |token| (token.start, token.end));
        ParseError::new(1, self.text, place, expected.into())
    }
}

/// "`a`, `b` or `c`"
pub(crate) fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    listed(&names.collect::<Vec<_>>(), "`")
}

/// "`a=`, `b=` or `c=`"
pub(crate) fn one_of_settings<T>(settings: &[Setting<T>]) -> String {
    settings.iter().map(|setting| format!("`{}=`", setting.name)).collect::<Vec<_>>().join(", ")
}

pub(crate) fn listed(names: &[&str], quote: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("{quote}{name}{quote}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => String::new(),
    }
}
