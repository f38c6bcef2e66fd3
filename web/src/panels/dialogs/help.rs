//! The help: the topology, keys and commands.

use raft_lab::MessageLook;
use yew::prelude::*;

use crate::hooks::{Action, KEYS_OF_THINGS};
use crate::ui::{Dialog, Legend};

#[derive(Properties, PartialEq)]
pub(crate) struct HelpProps {
    pub(crate) on_close: Callback<()>,
}

#[component(Help)]
pub(crate) fn help(props: &HelpProps) -> Html {
    html! {
        <Dialog title="Help" is_wide={true} on_close={props.on_close.clone()}>
            <div class="help" tabindex="0" role="region" aria-label="Help">
                <p>
                    { "Every node runs a real Raft core on a simulated network and disk. Break \
                       something and watch. Every click is a command, which the console shows." }
                </p>
                <h3>{ "The topology" }</h3>
                <p>
                    { "A circle is a follower (F), a pentagon a pre-candidate (P), a hexagon a \
                       candidate (C), an octagon the leader (L). A square is a learner (N): it \
                       receives the log and has no vote. A dotted edge is a server that is not a \
                       member. While the voters change, a majority of the old voters and one of \
                       the new voters must agree. The fill shows the term. The arc around a node \
                       is its timer: when it runs out, a follower starts an election. A leader \
                       has a second arc, its lease: until it runs out, the leader may answer \
                       reads at once. Dots are a candidate’s votes. Filled messages are \
                       requests, hollow ones are replies. A message in brackets is held. A right \
                       click or a long press opens the menu of a thing, or of the cluster." }
                </p>
                <Legend looks={MessageLook::ALL} />
                <h3>{ "Keys" }</h3>
                { table(keys()) }
                <h3>{ "Commands" }</h3>
                { table(raft_lab::help().into_iter().map(|line| (line.form, line.meaning))) }
                <h3>{ "Commands of the console, not of scripts" }</h3>
                { table(raft_lab::console_help().into_iter().map(|l| (l.form, l.meaning))) }
            </div>
        </Dialog>
    }
}

/// The keys of the actions, and those of things of the page.
fn keys() -> impl Iterator<Item = (String, &'static str)> {
    let of_actions = Action::ALL
        .iter()
        .filter_map(|action| action.key_in_words().map(|key| (key.to_owned(), action.meaning())));
    of_actions.chain(KEYS_OF_THINGS.iter().map(|(keys, meaning)| ((*keys).to_owned(), *meaning)))
}

fn table(rows: impl Iterator<Item = (String, &'static str)>) -> Html {
    html! {
        <dl class="help-table">
            { for rows.map(|(form, meaning)| html! {
                <div key={form.clone()}><dt><code>{ form }</code></dt><dd>{ meaning }</dd></div>
            }) }
        </dl>
    }
}
