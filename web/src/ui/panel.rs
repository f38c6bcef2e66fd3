//! A panel with a heading.

use yew::prelude::*;

use crate::state::{Side, use_side};

#[derive(Properties, PartialEq)]
pub(crate) struct PanelProps {
    /// Its name in class names and ids.
    pub(crate) name: &'static str,
    pub(crate) title: AttrValue,
    /// The contents at the right of the heading.
    #[prop_or_default]
    pub(crate) aside: Html,
    pub(crate) children: Html,
}

#[component(Panel)]
pub(crate) fn panel(props: &PanelProps) -> Html {
    let heading = match use_side() {
        Side::Live => format!("{}-heading", props.name),
        Side::Other => format!("{}-heading-other", props.name),
        Side::Recorded => format!("{}-heading-recorded", props.name),
    };
    html! {
        <section class={classes!("panel", format!("panel-{}", props.name))}
            aria-labelledby={heading.clone()}>
            <header class="panel-head">
                <h2 id={heading}>{ &props.title }</h2>
                <div class="panel-aside">{ props.aside.clone() }</div>
            </header>
            <div class="panel-body">{ props.children.clone() }</div>
        </section>
    }
}
