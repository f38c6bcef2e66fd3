//! The context menu of a node, a link or a message.

use yew::prelude::*;

use super::inspector::actions;
use crate::state::{MenuAt, use_controls, use_frame};
use crate::ui::{Menu, MenuItem};

#[derive(Properties, PartialEq)]
pub(crate) struct ContextMenuProps {
    pub(crate) at: MenuAt,
}

#[component(ContextMenu)]
pub(crate) fn context_menu(props: &ContextMenuProps) -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let MenuAt { selection, x, y } = props.at;
    let on_close = controls.open_menu.reform(|()| None);
    let on_choose = use_callback(controls, |line: AttrValue, controls| {
        controls.runner.exec(&line);
        controls.open_menu.emit(None);
    });
    let actions = actions(&frame.view, selection);
    let groups: Vec<_> = actions.iter().map(|action| action.group).collect();
    let items: Vec<MenuItem> = actions
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
    html! { <Menu label="Actions" {x} {y} {items} {on_choose} {on_close} /> }
}
