//! The colours of a sequence diagram, resolved for a canvas.

use raft_lab::{MessageLook, PointTopic, Term};
use strum::{EnumCount, VariantArray};
use web_sys::HtmlCanvasElement;

use super::palette::resolve;
use crate::picture::{MessageStyle, TERM_COLOURS};

/// A colour by its purpose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, EnumCount, VariantArray)]
pub(super) enum Ink {
    Vote,
    Entries,
    Heartbeat,
    Snapshot,
    Client,
    Good,
    Notice,
    Violation,
    ViolationSoft,
    Accent,
    Leader,
    Line,
    LineStrong,
    Surface,
    Text,
    Text2,
    Text3,
}

impl Ink {
    /// The custom property of `styles/tokens.css`.
    fn token(self) -> &'static str {
        match self {
            Self::Vote => "--message-vote",
            Self::Entries => "--message-append",
            Self::Heartbeat => "--message-heartbeat",
            Self::Snapshot => "--message-snapshot",
            Self::Client => "--message-client",
            Self::Good => "--good",
            Self::Notice => "--notice-edge",
            Self::Violation => "--violation",
            Self::ViolationSoft => "--violation-soft",
            Self::Accent => "--accent",
            Self::Leader => "--leader",
            Self::Line => "--line",
            Self::LineStrong => "--line-strong",
            Self::Surface => "--surface",
            Self::Text => "--ink",
            Self::Text2 => "--ink-2",
            Self::Text3 => "--ink-3",
        }
    }

    pub(super) fn of_look(look: MessageLook) -> Self {
        let token = look.colour();
        let found = Self::VARIANTS.iter().copied().find(|ink| ink.token() == token);
        found.unwrap_or(Self::Text)
    }

    pub(super) fn of_topic(topic: PointTopic) -> Self {
        match topic {
            PointTopic::Election | PointTopic::Vote | PointTopic::Term => Self::Vote,
            PointTopic::Commit | PointTopic::Apply => Self::Good,
            PointTopic::Snapshot => Self::Snapshot,
            PointTopic::Process | PointTopic::Disk => Self::Notice,
            PointTopic::Log => Self::Entries,
            PointTopic::Read | PointTopic::Client => Self::Client,
            PointTopic::Timer
            | PointTopic::Transfer
            | PointTopic::Membership
            | PointTopic::Ignored => Self::Text3,
        }
    }
}

/// The colours at the canvas's place in the document.
pub(super) struct Inks {
    by_ink: [String; Ink::COUNT],
    /// The fill and the edge of term 0, and of the terms that repeat.
    terms: Vec<(String, String)>,
    pub(super) font: String,
}

impl Inks {
    pub(super) fn read(canvas: &HtmlCanvasElement) -> Self {
        let read = |token: &str| resolve(canvas, token).unwrap_or_else(|| "gray".to_owned());
        let by_ink = std::array::from_fn(|place| read(Ink::VARIANTS[place].token()));
        let term = |n: u64| (read(&format!("--term-{n}")), read(&format!("--term-{n}-edge")));
        let terms = (0..=TERM_COLOURS).map(term).collect();
        Self { by_ink, terms, font: "11px ui-sans-serif, system-ui, sans-serif".to_owned() }
    }

    pub(super) fn of(&self, ink: Ink) -> &str {
        &self.by_ink[ink as usize]
    }

    /// The fill and the edge of a term.
    pub(super) fn of_term(&self, term: Term) -> (&str, &str) {
        let place = term.0.checked_sub(1).map_or(0, |term| term % TERM_COLOURS + 1);
        let (fill, edge) = &self.terms[place as usize];
        (fill, edge)
    }
}
