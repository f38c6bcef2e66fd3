//! Makes the views of a lab, one after the other.

use std::rc::Rc;

use raft_check::CheckResult;
use raft_script::Session;
use raft_sim::World;

use super::disk::DiskMaker;
use super::events::EventsMaker;
use super::logs::LogsMaker;
use super::stores::StoresMaker;
use super::{
    ClientView, MembershipView, MessageDetails, MessageView, NodeView, PropertyView, VIEW_VERSION,
    View, ViewWindow, links, shared, shared_all,
};
use crate::frame::Recent;
use crate::headline::headline;
use crate::members::Members;

/// Makes the views of a lab. Parts that did not change since the last view are the same memory, so
/// that a page knows without looking that it need not draw them again, and most are not even
/// computed. The views are equal to those of a new maker.
#[derive(Default)]
pub(crate) struct ViewMaker {
    last: Option<Made>,
    logs: LogsMaker,
    stores: StoresMaker,
    events: EventsMaker,
    disk: DiskMaker,
    /// The properties of the last view, as the checks know them.
    results: Vec<CheckResult>,
}

/// The last view, and what it was made of.
struct Made {
    view: Rc<View>,
    world: WorldKey,
    window: ViewWindow,
}

/// Two worlds of a lab with this in common differ in nothing but their clocks. The hash is of all
/// events, and whatever changes a world is an event of it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct WorldKey {
    trace_hash: u64,
    events: u64,
    steps: u64,
}

impl WorldKey {
    fn of(world: &World) -> Self {
        Self { trace_hash: world.trace_hash(), events: world.event_count(), steps: world.steps() }
    }
}

impl ViewMaker {
    /// The view of a session, with its recent events.
    pub(crate) fn make(
        &mut self,
        session: &Session,
        recent: &Recent,
        window: &ViewWindow,
    ) -> Rc<View> {
        let world = session.world();
        let key = WorldKey::of(world);
        let before = self.last.take();
        let view = match &before {
            Some(made) if made.world == key && made.window == *window => {
                View { now: world.now(), ..(*made.view).clone() }
            }
            Some(made) => self.of_world(session, window, Some(&made.view)),
            None => self.of_world(session, window, None),
        };
        let before = before.map(|made| made.view);
        let view = View {
            goal: session.goal().map(ToString::to_string),
            lost: shared_all(recent.lost(), before.as_deref().map(|view| &view.lost)),
            disk: window.disk.and_then(|node| {
                let before = before.as_deref().and_then(|view| view.disk.as_ref());
                self.disk.make(world, &recent.disks, node, before)
            }),
            events: self.events.make(
                &recent.events,
                window,
                before.as_deref().map(|view| &view.events),
            ),
            ..view
        };
        let view = shared(view, before.as_ref());
        self.last = Some(Made { view: view.clone(), world: key, window: window.clone() });
        view
    }

    /// All that only events and the window change; the rest is left empty.
    fn of_world(
        &mut self,
        session: &Session,
        window: &ViewWindow,
        before: Option<&Rc<View>>,
    ) -> View {
        let world = session.world();
        let before = before.map(|view| &**view);
        let members = Members::of(world);
        let words = headline(world, &members, session.checks().violation());
        let trace_hash = format!("{:016x}", world.trace_hash());
        let details =
            window.message.and_then(|id| world.in_flight().find(|flying| flying.id == id));
        let details = details.map(MessageDetails::from);
        let nodes = world.nodes().enumerate().map(|(place, node)| {
            let before = before.and_then(|view| view.nodes.get(place));
            shared(NodeView::of(node, &members), before)
        });
        View {
            version: VIEW_VERSION,
            now: world.now(),
            steps: world.steps(),
            trace_hash: shared_text(&trace_hash, before.map(|view| &view.trace_hash)),
            headline: shared(words, before.map(|view| &view.headline)),
            goal: None,
            leader: world.leader(),
            membership: shared(MembershipView::from(&members), before.map(|view| &view.membership)),
            nodes: shared_all(nodes.collect(), before.map(|view| &view.nodes)),
            links: shared_all(links::links(world), before.map(|view| &view.links)),
            partition: links::partition(world).map(|partition| {
                shared(partition, before.and_then(|view| view.partition.as_ref()))
            }),
            messages: shared_all(
                world.in_flight().map(MessageView::from).collect(),
                before.map(|view| &view.messages),
            ),
            lost: Rc::new([]),
            message: details
                .map(|details| shared(details, before.and_then(|view| view.message.as_ref()))),
            disk: None,
            clients: shared_all(
                world.clients().map(ClientView::from).collect(),
                before.map(|view| &view.clients),
            ),
            logs: self.logs.make(world, window, before.map(|view| &view.logs)),
            stores: self.stores.make(world, window, before.map(|view| &view.stores)),
            properties: self.properties(session, before),
            events: Rc::default(),
        }
    }

    fn properties(&mut self, session: &Session, before: Option<&View>) -> Rc<[PropertyView]> {
        if let Some(before) = before
            && session.checks().results().eq(&self.results)
        {
            return before.properties.clone();
        }
        self.results = session.checks().results().cloned().collect();
        self.results.iter().map(PropertyView::from).collect()
    }
}

/// The text, in the memory of the one before if both are equal.
fn shared_text(new: &str, before: Option<&Rc<str>>) -> Rc<str> {
    before.filter(|before| ***before == *new).cloned().unwrap_or_else(|| new.into())
}
