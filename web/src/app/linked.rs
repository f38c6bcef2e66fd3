//! A link in the address of the page: it is read when the page is opened, and when the address
//! changes. Nothing of it runs before somebody says so.

use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use raft_lab::{LinkedPage, NodeId};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::layout;
use crate::hooks::use_window_event;
use crate::lab::{Labs, Linked, Runner, links};
use crate::state::{Controls, Selection};

/// The link in the address, once it is read, and what forgets it. A bad link is told.
#[hook]
pub(super) fn use_linked(labs: Labs) -> (Option<Rc<Linked>>, Callback<()>) {
    let linked = use_state_eq(|| None::<Rc<Linked>>);
    // The number of links that were read: of two at a time, the later one counts.
    let count = use_mut_ref(|| 0_u64);
    let read = use_callback((labs, linked.setter()), move |(), (labs, linked)| {
        let is_other = links::is_of_audience() || links::is_to_attach();
        let fragment = links::fragment().filter(|_| !is_other);
        let Some(fragment) = fragment else { return };
        let (labs, linked, count) = (labs.clone(), linked.clone(), count.clone());
        linked.set(None);
        *count.borrow_mut() += 1;
        let number = *count.borrow();
        spawn_local(async move {
            let read = links::read(&fragment).await;
            if *count.borrow() != number {
                return;
            }
            match read {
                Ok(read) => linked.set(Some(Rc::new(read))),
                Err(words) => {
                    links::forget_fragment();
                    labs.on_failure.emit(Some(format!("The link is not opened: {words}.")));
                }
            }
        });
    });
    use_effect_with(read.clone(), |read| read.emit(()));
    use_window_event("hashchange", read.reform(|_: Event| ()));
    let forget = use_callback(linked.setter(), |(), linked| {
        links::forget_fragment();
        linked.set(None);
    });
    ((*linked).clone(), forget)
}

/// Whether the address says that a real cluster is to be watched, and what ends that.
#[hook]
pub(super) fn use_attached() -> (bool, Callback<()>) {
    let attached = use_state_eq(links::is_to_attach);
    let setter = attached.setter();
    let on_change = use_callback(setter.clone(), |_: Event, attached| {
        attached.set(links::is_to_attach());
    });
    use_window_event("hashchange", on_change);
    let leave = use_callback(setter, |(), attached| {
        links::forget_fragment();
        attached.set(false);
    });
    (*attached, leave)
}

/// What is open in the page, for a link.
pub(super) fn shown(
    runner: &Runner,
    tab: &str,
    disk: Option<NodeId>,
    selected: Option<Selection>,
) -> LinkedPage {
    LinkedPage {
        has_diagram: runner.diagram_window().is_some(),
        panel: tab.to_owned(),
        disk: disk.map(|node| node.0),
        selected: selected.map(Selection::to_attribute).unwrap_or_default(),
    }
}

/// Opens what was open in the page of the link.
pub(super) fn show(page: LinkedPage, controls: Controls, on_tab: Callback<&'static str>) {
    controls.runner.show_diagram(page.has_diagram);
    controls.select.emit(Selection::from_attribute(&page.selected));
    spawn_local(async move {
        // A new selection opens a panel of its own first.
        sleep(Duration::ZERO).await;
        controls.show_disk.emit(page.disk.map(NodeId));
        if let Some(tab) = layout::tab_named(&page.panel) {
            on_tab.emit(tab);
        }
    });
}
