//! The places of the panels. Wide screens show all of them; narrower ones show the cluster and one
//! other panel at a time.

use yew::prelude::*;

use crate::lab::Origin;
use crate::panels::{
    Cluster, Console, Events, Header, Inspector, KeyValues, Logs, Notices, PropertyList, Tape, Time,
};
use crate::state::{Selection, Theme};

/// The panels that share a place on narrow screens: name in `styles/layout.css`, label.
const TABS: [(&str, &str); 6] = [
    ("logs", "Logs"),
    ("inspector", "Inspector"),
    ("events", "Events"),
    ("console", "Console"),
    ("kv", "Keys"),
    ("properties", "Properties"),
];

#[derive(Properties, PartialEq)]
pub(crate) struct LayoutProps {
    pub(crate) origin: Origin,
    pub(crate) selected: Option<Selection>,
    pub(crate) on_theme: Callback<Theme>,
}

#[component(Layout)]
pub(crate) fn layout(props: &LayoutProps) -> Html {
    let tab = use_state_eq(|| TABS[0].0);
    let setter = tab.setter();
    use_effect_with(props.selected, {
        let setter = setter.clone();
        move |selected| {
            if selected.is_some() {
                setter.set("inspector");
            }
        }
    });
    let on_tab = Callback::from(move |name| setter.set(name));
    html! {
        <div class="page">
            <div class="bar">
                <Header on_theme={props.on_theme.clone()} />
                <Time />
            </div>
            <Notices origin={props.origin.clone()} />
            <main class="grid" data-tab={*tab}>
                <Cluster />
                <Tabs chosen={*tab} {on_tab} />
                <Console />
                <Logs />
                <KeyValues />
                <Inspector />
                <Events />
                <PropertyList />
            </main>
            <Tape />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct TabsProps {
    chosen: &'static str,
    on_tab: Callback<&'static str>,
}

#[component(Tabs)]
fn tabs(props: &TabsProps) -> Html {
    html! {
        <nav class="tabs" aria-label="Panels">
            { for TABS.iter().map(|(name, label)| {
                let name = *name;
                let on_click = props.on_tab.reform(move |_: MouseEvent| name);
                html! {
                    <button key={name} type="button" class={classes!("tab", format!("tab-{name}"))}
                        aria-pressed={(name == props.chosen).to_string()} onclick={on_click}>
                        { *label }
                    </button>
                }
            }) }
        </nav>
    }
}
