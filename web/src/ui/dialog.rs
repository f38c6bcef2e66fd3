//! A modal dialog: the browser's own, so that focus, Escape and the backdrop are right.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::{Icon, IconName, walk};

#[derive(Properties, PartialEq)]
pub(crate) struct DialogProps {
    pub(crate) title: AttrValue,
    pub(crate) on_close: Callback<()>,
    /// For dialogs that hold long lists.
    #[prop_or_default]
    pub(crate) is_wide: bool,
    /// It covers the page.
    #[prop_or_default]
    pub(crate) is_full: bool,
    /// Without a head: the title is its name only.
    #[prop_or_default]
    pub(crate) is_bare: bool,
    pub(crate) children: Html,
}

#[component(Dialog)]
pub(crate) fn dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        let dialog = node.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            // It fails only for a dialog that is open already.
            let _ = dialog.show_modal();
        }
        // Closed before it is taken away: closing gives the focus back to where it was.
        move || dialog.iter().for_each(HtmlDialogElement::close)
    });
    let on_close = props.on_close.reform(|_: Event| ());
    // A click on the backdrop is a click on the dialog itself, not on what it holds.
    let on_click = use_callback(
        (node.clone(), props.on_close.clone()),
        |event: MouseEvent, (node, on_close)| {
            let is_backdrop = event.target_dyn_into::<HtmlDialogElement>().is_some();
            if is_backdrop && node.get().is_some() {
                on_close.emit(());
            }
        },
    );
    let on_button = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <dialog ref={node} class={classes!("dialog", props.is_wide.then_some("is-wide"),
                props.is_full.then_some("is-full"), props.is_bare.then_some("is-bare"))}
            aria-label={props.title.clone()} onclose={on_close} onclick={on_click}
            onkeydown={Callback::from(|event: KeyboardEvent| walk(&event))}>
            <div class="dialog-box">
                if !props.is_bare {
                    <header class="dialog-head">
                        <h2>{ &props.title }</h2>
                        <button type="button" class="icon-button" aria-label="Close"
                            onclick={on_button}>
                            <Icon name={IconName::Close} />
                        </button>
                    </header>
                }
                { props.children.clone() }
            </div>
        </dialog>
    }
}
