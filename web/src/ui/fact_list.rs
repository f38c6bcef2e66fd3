//! A list of names and values.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct FactListProps {
    pub(crate) facts: Vec<(AttrValue, AttrValue)>,
}

#[component(FactList)]
pub(crate) fn fact_list(props: &FactListProps) -> Html {
    html! {
        <dl class="facts">
            { for props.facts.iter().map(|(name, value)| html! {
                <div key={name.to_string()}>
                    <dt>{ name }</dt>
                    <dd>{ value }</dd>
                </div>
            }) }
        </dl>
    }
}
