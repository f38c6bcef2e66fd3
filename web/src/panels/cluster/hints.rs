//! First actions to try. Each is a line of the language. The hints disappear after a few commands;
//! a network with cuts or a partition can always be healed here.

use raft_lab::ConsoleKind;
use yew::prelude::*;

use crate::picture::LinkPicture;
use crate::state::{use_controls, use_frame};
use crate::ui::ActionButton;

/// The hints disappear after this many commands.
const ENOUGH: usize = 6;

#[component(Hints)]
pub(crate) fn hints() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let runner = controls.runner;
    let on_exec = use_callback(runner, |line: AttrValue, runner| runner.exec(&line));
    let given = frame.lab.console.iter().filter(|line| line.kind == ConsoleKind::Command).count();
    let is_whole = !LinkPicture::is_any_cut(&frame.view);
    if given >= ENOUGH && is_whole {
        return html! { <div class="hints is-over"></div> };
    }
    let button = |testid: &'static str, label: &'static str, line: &'static str, disabled| {
        let on_exec = on_exec.clone();
        html! { <ActionButton key={testid} {testid} {label} {line} {disabled} {on_exec} /> }
    };
    html! {
        <div class="hints">
            if given < ENOUGH {
                <span class="hints-label">{ "Try" }</span>
                { button("hint-crash", "crash the leader", "crash leader",
                    frame.view.leader.is_none()) }
                { button("hint-set", "write x=1", "set x=1", false) }
            }
            if is_whole {
                { button("hint-partition", "split the network", "partition 1 2 | others", false) }
                <span class="hints-more">{ "or click a node." }</span>
            } else {
                { button("heal", "heal the network", "heal", false) }
            }
        </div>
    }
}
