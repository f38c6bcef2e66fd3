//! The context menu of a node, a link, a message or the cluster.

use yew::prelude::*;

use super::inspector::actions;
use super::questions::of_selection;
use crate::state::{MenuAt, Selection, embed, use_controls, use_frame};
use crate::ui::{Menu, MenuItem};

/// What the menu says of the one item that is no line of the language.
const SHOW_DISK: &str = "record by record";

#[derive(Properties, PartialEq)]
pub(crate) struct ContextMenuProps {
    pub(crate) at: MenuAt,
}

#[component(ContextMenu)]
pub(crate) fn context_menu(props: &ContextMenuProps) -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let MenuAt { selection, x, y } = props.at;
    let on_close = controls.open_menu.reform(|()| None);
    let on_choose =
        use_callback((controls, selection), |line: AttrValue, (controls, selection)| {
            match selection {
                Some(Selection::Node(node)) if line == SHOW_DISK => {
                    controls.show_disk.emit(Some(*node));
                }
                Some(_) | None => controls.runner.exec(&line),
            }
            controls.open_menu.emit(None);
        });
    let actions = actions(&frame.view, selection);
    let groups: Vec<_> = actions.iter().map(|action| action.group).collect();
    let mut items: Vec<MenuItem> = actions
        .into_iter()
        .enumerate()
        .map(|(place, action)| MenuItem {
            is_apart: place > 0 && groups[place] != groups[place - 1],
            testid: format!("menu-{}", action.name).into(),
            label: action.label.into(),
            line: action.line.into(),
            disabled: !action.is_possible,
        })
        .collect();
    // An embed has no panels for answers and disks.
    let asked = selection.filter(|_| !embed::is_embedded());
    if let Some(message @ Selection::Message(_)) = asked {
        items.extend(of_selection(&frame.view, message).into_iter().map(|question| MenuItem {
            testid: "menu-why".into(),
            label: question.words.into(),
            line: question.line.into(),
            disabled: false,
            is_apart: true,
        }));
    }
    if let Some(Selection::Node(_)) = asked {
        items.push(MenuItem {
            testid: "menu-disk".into(),
            label: "Show its disk".into(),
            line: SHOW_DISK.into(),
            disabled: false,
            is_apart: true,
        });
    }
    html! { <Menu label="Actions" {x} {y} {items} {on_choose} {on_close} /> }
}
