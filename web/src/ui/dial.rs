//! A dial with a few values. It speaks when it is let go.

use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct DialProps {
    pub(crate) testid: AttrValue,
    /// What is shown beside it.
    pub(crate) name: AttrValue,
    /// The accessible name.
    pub(crate) label: AttrValue,
    /// Its values, ascending.
    pub(crate) values: &'static [u32],
    pub(crate) unit: &'static str,
    /// The present value, which may lie between those of the dial.
    pub(crate) value: f64,
    /// Called with the chosen value.
    pub(crate) on_set: Callback<u32>,
}

#[component(Dial)]
pub(crate) fn dial(props: &DialProps) -> Html {
    let DialProps { values, unit, value, .. } = *props;
    // Where the hand holds it: the present value does not move it meanwhile.
    let turned = use_state_eq(|| None::<usize>);
    let on_turn = use_callback(turned.setter(), |event: InputEvent, turned| {
        turned.set(place_in(event.target_dyn_into()));
    });
    let deps = (turned.setter(), values, props.on_set.clone());
    let on_let_go = use_callback(deps, |event: Event, (turned, values, on_set)| {
        turned.set(None);
        let chosen = place_in(event.target_dyn_into()).and_then(|place| values.get(place));
        chosen.into_iter().for_each(|value| on_set.emit(*value));
    });
    // A browser tells of no change if the hand comes back to where it began.
    let on_leave = use_callback(turned.setter(), |_: FocusEvent, turned| turned.set(None));
    let turned = turned.and_then(|place| values.get(place));
    let shown = turned.map_or(value, |value| f64::from(*value));
    let words = format!("{shown} {unit}");
    html! {
        <div class="dial">
            <span>{ &props.name }</span>
            <input type="range" min="0" max={values.len().saturating_sub(1).to_string()} step="1"
                value={nearest(values, shown).to_string()} data-testid={props.testid.clone()}
                aria-label={props.label.clone()} aria-valuetext={words.clone()}
                oninput={on_turn} onchange={on_let_go} onblur={on_leave} />
            <span class="dial-value">{ words }</span>
        </div>
    }
}

fn place_in(input: Option<HtmlInputElement>) -> Option<usize> {
    input?.value().parse().ok()
}

/// The place of the value that is nearest to this one; the smaller of two.
fn nearest(values: &[u32], value: f64) -> usize {
    let distances = values.iter().map(|other| (f64::from(*other) - value).abs()).enumerate();
    distances.min_by(|(_, one), (_, other)| one.total_cmp(other)).map_or(0, |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_value_between_two_is_shown_at_the_nearer_one() {
        let values = [0, 1, 2, 5, 10];
        let places =
            [0.0, 0.5, 0.6, 3.0, 4.0, 7.0, 8.0, 900.0].map(|value| nearest(&values, value));
        assert_eq!(places, [0, 0, 1, 2, 3, 3, 4, 4]);
        assert_eq!(nearest(&[], 3.0), 0);
    }
}
