//! First things to try. Each is a line of the language; once a person has given a few commands of
//! their own, the hints make room.

use raft_lab::ConsoleKind;
use yew::prelude::*;

use crate::controls::{use_controls, use_frame};
use crate::ui::ActionButton;

/// The hints go when this many commands were given.
const ENOUGH: usize = 6;

#[component(Hints)]
pub(crate) fn hints() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let runner = controls.runner;
    let on_exec = use_callback(runner, |line: AttrValue, runner| runner.exec(&line));
    let given = frame.console.iter().filter(|line| line.kind == ConsoleKind::Command).count();
    if given >= ENOUGH {
        return html! { <div class="hints is-over"></div> };
    }
    let has_leader = frame.world.leader().is_some();
    html! {
        <div class="hints">
            <span class="hints-label">{ "Try" }</span>
            <ActionButton testid="hint-crash" label="crash the leader" line="crash leader"
                disabled={!has_leader} on_exec={on_exec.clone()} />
            <ActionButton testid="hint-set" label="write x=1" line="set x=1"
                on_exec={on_exec.clone()} />
            if frame.world.partition().is_some() {
                <ActionButton testid="hint-heal" label="heal the network" line="heal"
                    on_exec={on_exec} />
            } else {
                <ActionButton testid="hint-partition" label="split the network"
                    line="partition 1 2 | others" on_exec={on_exec} />
            }
            <span class="hints-more">{ "or click the picture." }</span>
        </div>
    }
}
