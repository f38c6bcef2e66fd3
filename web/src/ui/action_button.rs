//! A button for one line of the command language.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct ActionButtonProps {
    /// Its `data-testid`: `action-crash`.
    pub(crate) testid: AttrValue,
    pub(crate) label: AttrValue,
    /// The statement, shown as a tooltip.
    pub(crate) line: AttrValue,
    #[prop_or_default]
    pub(crate) disabled: bool,
    pub(crate) on_exec: Callback<AttrValue>,
}

#[component(ActionButton)]
pub(crate) fn action_button(props: &ActionButtonProps) -> Html {
    let on_click = use_callback(
        (props.on_exec.clone(), props.line.clone()),
        |_: MouseEvent, (on_exec, line)| on_exec.emit(line.clone()),
    );
    html! {
        <button type="button" class="button" data-testid={props.testid.clone()}
            title={props.line.clone()} disabled={props.disabled} onclick={on_click}>
            { &props.label }
        </button>
    }
}
