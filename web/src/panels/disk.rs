//! The disk of one node: what is on it beside what is in memory, its writes, what recovery says of
//! it, and its faults, each a line of the command language.

mod actions;
mod records;
mod writes;

use std::rc::Rc;

use raft_lab::{DiskDetails, Instant, NodeId, NodeView, RecoveryView};
use yew::prelude::*;

use self::actions::{DiskAction, Misdirection, on_disk, on_record};
use self::records::RecordTable;
use self::writes::Writes;
use crate::state::{use_controls, use_frame};
use crate::ui::{Icon, IconName, Panel, said};
use crate::words::{counted, delay, milliseconds};

#[derive(Properties, PartialEq)]
pub(crate) struct DiskProps {
    pub(crate) node: NodeId,
    /// Shows the disk of another node, or none.
    pub(crate) on_node: Callback<Option<NodeId>>,
}

#[component(Disk)]
pub(crate) fn disk(props: &DiskProps) -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let wanted = props.node;
    use_effect_with((controls.runner, wanted), |(runner, node)| {
        runner.set_window(|window| window.disk = Some(*node));
        let runner = runner.clone();
        move || runner.set_window(|window| window.disk = None)
    });
    let view = &frame.view;
    let node = view.node(wanted);
    let details = view.disk.as_ref().filter(|details| details.node == wanted);
    let aside = html! {
        <Picker nodes={view.node_ids().collect::<Vec<_>>()} chosen={wanted}
            on_node={props.on_node.clone()} />
    };
    let body = match (node, details) {
        (Some(node), Some(details)) => html! {
            <>
                { state(node, details, view.now) }
                { recovery(details) }
                <Faults node={node.clone()} details={details.clone()} />
                <Writes writes={details.writes.clone()} now={view.now} />
                <p class="disk-note">
                    { format!("{} on disk.", counted(details.records, "record", "records")) }
                    if details.has_earlier_entries { { " Earlier entries have no rows here." } }
                </p>
            </>
        },
        (None, _) => html! { <p class="empty">{ "This cluster has no such node." }</p> },
        (Some(_), None) => html! {},
    };
    html! {
        <Panel name="disk" title={format!("Disk of node {wanted}")} {aside}>
            <div class="disk" data-testid="disk">{ body }</div>
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct PickerProps {
    nodes: Vec<NodeId>,
    chosen: NodeId,
    on_node: Callback<Option<NodeId>>,
}

#[component(Picker)]
fn picker(props: &PickerProps) -> Html {
    html! {
        <>
            <div class="filter" role="group" aria-label="The node">
                { for props.nodes.iter().map(|node| {
                    let node = *node;
                    let is_chosen = node == props.chosen;
                    html! {
                        <button key={node.0} type="button" class="filter-button"
                            id={is_chosen.then_some("disk-node")}
                            aria-label={format!("Disk of node {node}")}
                            aria-pressed={is_chosen.to_string()}
                            onclick={props.on_node.reform(move |_: MouseEvent| Some(node))}>
                            { node.to_string() }
                        </button>
                    }
                }) }
            </div>
            <button type="button" class="icon-button" aria-label="Close the disk"
                data-testid="disk-close" onclick={props.on_node.reform(|_: MouseEvent| None)}>
                <Icon name={IconName::Close} />
            </button>
        </>
    }
}

/// How the node and its disk are.
fn state(node: &NodeView, details: &DiskDetails, now: Instant) -> Html {
    let disk = &node.disk;
    let latency = delay(disk.latency_min_micros, disk.latency_max_micros);
    let mut words =
        vec![format!("Node {} is {}", node.id, node.state), format!("a write takes {latency}")];
    if disk.is_full {
        words.push("the disk is full".to_owned());
    }
    if let Some(fault) = &disk.fault {
        words.push(format!("the disk {fault}"));
    }
    if disk.stalled_until > now {
        words.push(format!("stalled until {} ms", milliseconds(disk.stalled_until)));
    }
    if let Some(records) = details.backup {
        words.push(format!("a backup of {} is kept", counted(records, "record", "records")));
    }
    html! { <p class="disk-state" data-testid="disk-state">{ words.join("; ") }{ "." }</p> }
}

/// What recovery said at the last start, and what it would say now.
fn recovery(details: &DiskDetails) -> Html {
    let DiskDetails { node, recovery, last_start, .. } = details;
    // A refusal has said it already.
    let repeats = |words: String| {
        last_start.as_ref().is_some_and(|start| start.words.to_string().ends_with(&words))
    };
    let is_told =
        |recovery: &&RecoveryView| recovery.is_sound || !repeats(recovery.words.to_string());
    let is_long = recovery.is_none();
    let now = recovery.as_ref().filter(is_told).map(|recovery| {
        let told = said(&recovery.words, true);
        let subject = if recovery.is_sound { format!("node {node} ") } else { String::new() };
        let class = classes!("disk-recovery", (!recovery.is_sound).then_some("is-refused"));
        html! { <p {class} data-testid="disk-recovery">{ "Recovery now: " }{ subject }{ told }</p> }
    });
    html! {
        <>
            if let Some(start) = last_start {
                <p class="disk-recovery" data-testid="disk-start">
                    { format!("Last start, at {} ms: ", milliseconds(start.at)) }
                    { said(&start.words, true) }
                </p>
            }
            { for now }
            if is_long {
                <p class="disk-note">
                    { "There are too many records to check now: the node checks them when it \
                       starts." }
                </p>
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct FaultsProps {
    node: Rc<NodeView>,
    details: Rc<DiskDetails>,
}

/// The faults, and the records on which some of them act: one is chosen in the table.
#[component(Faults)]
fn faults(props: &FaultsProps) -> Html {
    let FaultsProps { node, details } = props;
    let chosen = use_state_eq(|| None::<String>);
    let target = use_state_eq(|| None::<String>);
    let names: Vec<&str> = details.rows.iter().filter_map(|row| row.name.as_deref()).collect();
    let record = chosen.as_deref().filter(|record| names.contains(record));
    let misdirection = record.map(|record| Misdirection::of(record, &names, target.as_deref()));
    let on_choose = {
        let chosen = chosen.setter();
        Callback::from(move |record| chosen.set(record))
    };
    let on_target = {
        let target = target.setter();
        Callback::from(move |event: Event| {
            target.set(Some(event.target_unchecked_into::<web_sys::HtmlSelectElement>().value()));
        })
    };
    html! {
        <>
            <div class="disk-actions" role="group" aria-label="Faults of the disk">
                <Buttons actions={on_disk(node, details)} />
            </div>
            <div class="disk-actions" role="group" aria-label="Damage to a record">
                <span class="disk-record" data-testid="disk-record">
                    { record.unwrap_or("A random record:") }
                </span>
                <Buttons actions={on_record(details, misdirection.as_ref())} />
                if let Some(Misdirection { targets, to, .. }) = &misdirection {
                    <label class="disk-target">
                        { "to " }
                        <select onchange={on_target} data-testid="disk-target">
                            { for targets.iter().map(|name| html! {
                                <option key={name.clone()} value={name.clone()}
                                    selected={Some(name) == to.as_ref()}>{ name }</option>
                            }) }
                        </select>
                    </label>
                }
            </div>
            <RecordTable rows={details.rows.clone()} chosen={record.map(AttrValue::from)}
                {on_choose} />
        </>
    }
}

#[derive(Properties, PartialEq)]
struct ButtonsProps {
    actions: Vec<DiskAction>,
}

/// Buttons in fixed places. One that cannot act says why.
#[component(Buttons)]
fn buttons(props: &ButtonsProps) -> Html {
    let runner = use_controls().runner;
    html! {
        // By place: a button whose line changes keeps the focus.
        { for props.actions.iter().cloned().enumerate().map(|(place, action)| {
            let DiskAction { name, label, line, refusal } = action;
            let (is_refused, title) = (refusal.is_some(), refusal.unwrap_or(line.clone()));
            let runner = runner.clone();
            let on_click = Callback::from(move |_: MouseEvent| {
                if !is_refused {
                    runner.exec(&line);
                }
            });
            html! {
                <button key={place} type="button" class="button is-small"
                    data-testid={format!("disk-{name}")} {title}
                    aria-disabled={is_refused.to_string()}
                    onclick={on_click}>{ label }</button>
            }
        }) }
    }
}
