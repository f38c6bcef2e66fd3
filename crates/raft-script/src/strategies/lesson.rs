//! The statements of lessons.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use raft_core::LogIndex;
use raft_kv::ClientId;

use super::conditions::condition;
use super::{action, message_kind, node, timed};
use crate::lesson::{LessonStatement, PanelName, Pointed};
use crate::limits::MAX_NUMBER;

pub(super) fn lesson() -> impl Strategy<Value = LessonStatement> {
    let inner = prop_oneof![action(), timed()].prop_map(Box::new);
    prop_oneof![
        text().prop_map(LessonStatement::Title),
        (text(), option::of(text()))
            .prop_map(|(title, after)| LessonStatement::Scene { title, after }),
        pointed().prop_map(LessonStatement::Point),
        vec(select(vec!["crash", "restart", "partition", "set"]), 1..4).prop_map(|mut words| {
            words.sort_unstable();
            words.dedup();
            LessonStatement::Allow(words)
        }),
        text().prop_map(LessonStatement::Ask),
        (text(), condition())
            .prop_map(|(text, condition)| LessonStatement::Choice { text, condition }),
        inner.clone().prop_map(LessonStatement::Instead),
        text().prop_map(LessonStatement::Never),
        (text(), condition())
            .prop_map(|(text, condition)| LessonStatement::Goal { text, condition }),
        inner.prop_map(LessonStatement::Solve),
    ]
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 §“”.,?\"#\\\\\n]{1,30}"
}

fn pointed() -> impl Strategy<Value = Pointed> {
    let panels = vec![
        PanelName::Cluster,
        PanelName::Logs,
        PanelName::Values,
        PanelName::Events,
        PanelName::Tape,
        PanelName::Sentence,
        PanelName::Console,
        PanelName::Disk,
    ];
    prop_oneof![
        node().prop_map(Pointed::Node),
        (node(), node()).prop_map(|(from, to)| Pointed::Link(from, to)),
        (message_kind(), node(), node())
            .prop_map(|(kind, from, to)| Pointed::Message(kind, from, to)),
        (1..=MAX_NUMBER).prop_map(|index| Pointed::Entry(LogIndex(index))),
        (1..=999_u64).prop_map(|client| Pointed::Client(ClientId(client))),
        select(panels).prop_map(Pointed::Panel),
    ]
}
