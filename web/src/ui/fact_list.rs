//! A list of names and values.

use yew::prelude::*;

use crate::words::term;

/// A name and a value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Fact {
    pub(crate) name: AttrValue,
    pub(crate) value: AttrValue,
    /// The value at an earlier moment, if it was another one.
    pub(crate) was: Option<AttrValue>,
}

impl Fact {
    pub(crate) fn new(name: impl Into<AttrValue>, value: impl Into<AttrValue>) -> Self {
        Self { name: name.into(), value: value.into(), was: None }
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct FactListProps {
    pub(crate) facts: Vec<Fact>,
}

#[component(FactList)]
pub(crate) fn fact_list(props: &FactListProps) -> Html {
    html! {
        <dl class="facts">
            { for props.facts.iter().map(|Fact { name, value, was }| html! {
                <div key={name.to_string()} class={was.is_some().then_some("is-changed")}>
                    <dt>{ term(name, name) }</dt>
                    <dd>
                        if let Some(was) = was {
                            <s class="fact-was">{ was }</s>{ " → " }
                        }
                        { value }
                    </dd>
                </div>
            }) }
        </dl>
    }
}
