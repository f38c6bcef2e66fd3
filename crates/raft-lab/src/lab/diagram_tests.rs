//! The sequence diagram of the live branch.

use std::time::Duration;

use raft_core::{Instant, NodeId};
use raft_diagram::{DiagramFormat, LaneId, Layer};

use super::diagram::MOST_EVENTS;
use super::seeking_tests::long_run;
use super::*;
use crate::{DiagramView, DiagramWindow, ItemShape, Related, VerdictView};

const WRITES: &str =
    "cluster nodes=3 seed=5\nrun until leader\nset x=1\nrun 100ms\nget x\nrun 1s\n";

fn played(script: &str) -> Lab {
    let mut lab = Lab::run_script(script).expect("a script");
    run_out(&mut lab);
    lab
}

fn run_out(lab: &mut Lab) {
    while lab.pacing().running || lab.is_drawing() {
        lab.tick(Duration::from_millis(16), Duration::from_secs(1));
    }
}

/// Opens the diagram, or changes what is wanted of it, and waits for it.
fn open(lab: &mut Lab, change: impl FnOnce(&mut DiagramWindow)) -> Rc<DiagramView> {
    let mut window = lab.window().clone();
    change(window.diagram.get_or_insert_default());
    lab.set_window(window);
    lab.finish_drawing();
    view(lab)
}

fn view(lab: &Lab) -> Rc<DiagramView> {
    lab.frame().lab.diagram.clone().expect("a diagram")
}

/// Everything that happened in a stretch of time.
fn all(window: &mut DiagramWindow, from: u64, span: u64) {
    (window.from, window.span, window.noise) = (Some(Instant(from)), span, true);
}

#[test]
fn a_diagram_that_grew_with_the_run_is_the_one_that_is_computed_later() {
    let mut early = Lab::run_script(WRITES).expect("a script");
    open(&mut early, |window| all(window, 0, 2_000_000));
    run_out(&mut early);
    let mut late = played(WRITES);
    let computed = open(&mut late, |window| all(window, 0, 2_000_000));
    assert!(computed.items.len() > 200, "{}", computed.items.len());
    assert_eq!(*view(&early), *computed);
    // Commands that act at once are in it too.
    for lab in [&mut early, &mut late] {
        lab.exec("crash 1");
    }
    assert_eq!(*view(&early), *view(&late));
    let last = view(&late).items.last().expect("an item").item.label.to_string();
    assert!(last.contains("crash"), "{last}");
}

#[test]
fn nothing_is_computed_unless_somebody_looks() {
    let mut lab = played(WRITES);
    assert!(!lab.is_drawing() && lab.frame().lab.diagram.is_none());
    open(&mut lab, |_| ());
    assert!(lab.drawn.is_some());
    lab.set_window(ViewWindow::default());
    lab.exec("step");
    assert!(lab.drawn.is_none() && lab.frame().lab.diagram.is_none());
}

#[test]
fn a_window_follows_the_shown_moment_unless_it_has_a_place() {
    let mut lab = played(WRITES);
    let end = lab.session().world().now();
    let live = open(&mut lab, |window| window.span = 100_000);
    assert_eq!((live.cursor, live.end), (end, end));
    assert_eq!((live.from, live.until), (Instant(end.0 - 85_000), Instant(end.0 + 15_000)));
    lab.show_at(Instant(300_000));
    lab.finish_seeking();
    let past = view(&lab);
    let now = lab.shown_session().world().now();
    assert_eq!((past.from, past.cursor, past.end), (Instant(now.0 - 85_000), now, end));
    // What came later is known there.
    assert!(past.items.iter().any(|shown| shown.item.at > past.cursor));
    let placed = open(&mut lab, |window| window.from = Some(Instant(700_000)));
    assert_eq!((placed.from, placed.until), (Instant(700_000), Instant(800_000)));
    assert!(placed.items.iter().all(|shown| shown.item.at <= placed.until));
    // A moment in the window leaves it there; another one brings it along.
    lab.show_at(Instant(750_000));
    lab.finish_seeking();
    assert_eq!(view(&lab).from, Instant(700_000));
    lab.show_at(Instant(250_000));
    lab.finish_seeking();
    assert!((view(&lab).from..view(&lab).until).contains(&view(&lab).cursor));
    open(&mut lab, |window| window.from = Some(Instant(0)));
    lab.return_to_live();
    assert_eq!(view(&lab).until, Instant(end.0 + 15_000));
}

#[test]
fn another_run_keeps_the_filters_and_forgets_the_place() {
    let mut lab = played(WRITES);
    let event = open(&mut lab, |window| window.noise = true).items[0].item.event;
    open(&mut lab, |window| {
        all(window, 700_000, 50_000);
        window.lit = Some(Related::Past(event));
        window.about = Some(event);
    });
    lab.load_script("cluster nodes=5 seed=1\nrun 300ms\n").expect("a script");
    run_out(&mut lab);
    let window = lab.window().diagram.clone().expect("the diagram stays open");
    assert_eq!((window.span, window.noise), (50_000, true));
    assert_eq!((window.from, window.lit, window.about), (None, None, None));
    assert_eq!(view(&lab).lanes.len(), 5);
    assert!(view(&lab).lanes.iter().all(|lane| lane.now.is_some()));
}

#[test]
fn a_stretch_of_a_long_run_is_computed_in_slices_from_a_checkpoint() {
    let mut lab = long_run();
    let (time, end) = (lab.session().world().now(), lab.session().moment());
    let mut window = ViewWindow::default();
    all(window.diagram.get_or_insert_default(), 14_000_000, 20_000);
    lab.set_window(window);
    assert!(lab.is_drawing());
    let mut percent = Vec::new();
    lab.set_running(true);
    while lab.is_drawing() {
        percent.extend(view(&lab).computed);
        lab.tick(Duration::from_millis(16), Duration::ZERO);
    }
    assert!(percent.len() > 3 && percent.is_sorted(), "{percent:?}");
    assert_eq!(lab.session().world().now(), time, "no time passes meanwhile");
    assert_eq!(lab.session().moment(), end);
    let middle = view(&lab);
    assert_eq!(middle.computed, None);
    assert!(middle.items.len() > 50, "{}", middle.items.len());
    let drawn = lab.drawn.as_ref().expect("a diagram");
    assert!(drawn.event_count() < 20_000, "{}", drawn.event_count());
    // Earlier, later, and there again: the same picture.
    open(&mut lab, |window| all(window, 3_000_000, 20_000));
    open(&mut lab, |window| all(window, 29_900_000, 20_000));
    let again = open(&mut lab, |window| all(window, 14_000_000, 20_000));
    assert_eq!(again.items, middle.items);
}

#[test]
fn a_diagram_that_grows_forgets_its_beginning_and_computes_it_again() {
    let mut lab = long_run();
    lab.show_at(Instant(29_000_000));
    lab.finish_seeking();
    open(&mut lab, |window| all(window, 29_000_000, 20_000));
    lab.return_to_live();
    open(&mut lab, |window| (window.from, window.span) = (None, 100_000));
    let before = lab.session().world().event_count();
    lab.set_speed(f64::INFINITY);
    lab.exec("run 60s");
    run_out(&mut lab);
    let drawn = lab.drawn.as_ref().expect("a diagram");
    assert!(lab.session().world().event_count() - before > MOST_EVENTS as u64);
    assert!((MOST_EVENTS / 2..=MOST_EVENTS).contains(&drawn.event_count()));
    assert!(!view(&lab).items.is_empty());
    let early = open(&mut lab, |window| all(window, 1_000_000, 20_000));
    assert!(early.items.len() > 50, "{}", early.items.len());
}

#[test]
fn each_branch_has_its_own_diagram() {
    let mut lab = played(WRITES);
    let first = open(&mut lab, |window| all(window, 0, 2_000_000));
    lab.show_at(Instant(600_000));
    lab.finish_seeking();
    lab.exec("crash 2");
    lab.finish_drawing();
    let branch = view(&lab);
    let labels = |view: &DiagramView| -> Vec<String> {
        view.items.iter().map(|shown| shown.item.label.to_string()).collect()
    };
    assert!(branch.items.len() < first.items.len());
    assert!(labels(&branch).last().is_some_and(|last| last.contains("crash")));
    let kept = branch.items.last().expect("an item").item.event;
    open(&mut lab, |window| {
        (window.lit, window.about) = (Some(Related::Past(kept)), Some(kept));
    });
    lab.switch_to(1).expect("the first branch");
    let window = lab.window().diagram.clone().expect("the diagram stays open");
    assert_eq!((window.lit, window.about, window.from), (None, None, None), "of the other run");
    open(&mut lab, |window| all(window, 0, 2_000_000));
    assert_eq!(labels(&view(&lab)), labels(&first));
}

#[test]
fn lanes_and_layers_can_be_hidden_and_what_is_related_lit() {
    let mut lab = played(WRITES);
    let whole = open(&mut lab, |window| all(window, 0, 2_000_000));
    let is_operation =
        |shown: &&crate::ShownItem| matches!(shown.item.shape, ItemShape::Operation { .. });
    let set = whole.items.iter().find(is_operation).expect("an operation").item.clone();
    assert_eq!(&*set.label, "set x=1 → done");

    let hidden = open(&mut lab, |window| {
        window.hidden_layers = [Layer::Writes, Layer::Points].into();
        window.hidden_lanes = [LaneId::Node(NodeId(2))].into();
    });
    assert!(hidden.items.len() < whole.items.len() / 2);
    assert!(hidden.lanes.iter().any(|lane| lane.is_hidden && lane.id == LaneId::Node(NodeId(2))));
    let touches = |shape: &ItemShape| match shape {
        ItemShape::Message { lanes, .. } | ItemShape::Exchange { lanes, .. } => {
            [lanes.0, lanes.1].contains(&LaneId::Node(NodeId(2)))
        }
        ItemShape::Write { .. } | ItemShape::Point { .. } => true,
        ItemShape::Operation { .. } | ItemShape::Fault { .. } => false,
    };
    assert!(!hidden.items.iter().any(|shown| touches(&shown.item.shape)));

    let lit = open(&mut lab, |window| {
        *window = DiagramWindow::default();
        all(window, 0, 2_000_000);
        window.lit = Some(Related::Operation(set.event));
        window.about = Some(set.event);
    });
    assert_eq!(lit.items.len(), whole.items.len());
    let count = lit.items.iter().filter(|shown| shown.is_lit).count();
    assert!((10..100).contains(&count), "{count}");
    let events = lit.lit.clone().expect("the lit events");
    assert!(events.is_sorted() && events.len() >= count && events[0] == set.event);
    let about = lit.about.clone().expect("the operation");
    assert!(about.is_operation && about.words.to_string().ends_with("set x=1 → done"));
    lab.show(about.steps);
    lab.finish_seeking();
    assert_eq!(lab.shown_session().world().now(), about.at);

    let only = open(&mut lab, |window| {
        window.only = window.lit.take();
    });
    assert_eq!(only.items.len(), count);
    let led = open(&mut lab, |window| window.only = Some(Related::Past(set.event)));
    assert_eq!(led.items.len(), 1, "an operation has no cause but its statement");
}

#[test]
fn operations_are_judged_while_time_stands_still() {
    let mut lab = played(WRITES);
    let still = open(&mut lab, |_| ());
    assert_eq!(still.verdict.as_deref(), Some(&VerdictView::Linearizable));
    lab.set_running(true);
    lab.tick(Duration::from_millis(16), Duration::from_secs(1));
    assert_eq!(view(&lab).verdict, None);
    let mut long = long_run();
    long.set_clock(Rc::new(|| Duration::ZERO));
    let unknown = open(&mut long, |_| ());
    assert!(matches!(unknown.verdict.as_deref(), Some(VerdictView::Unknown(_))));
}

#[test]
fn a_short_run_is_drawn_from_its_start_past_its_checkpoints() {
    let script = "cluster nodes=3 seed=8\nload 50/s for=20s\nrun 20s\n";
    let mut lab = played(script);
    let (checkpoints, _) = lab.checkpoint_bytes();
    assert!(checkpoints > 10, "{checkpoints}");
    let end = open(&mut lab, |_| ());
    assert_eq!(end.verdict.as_deref(), Some(&VerdictView::Linearizable));
}

/// A window that needs more events than a diagram has becomes shorter, computed or grown.
#[test]
fn a_window_of_too_many_events_becomes_shorter() {
    let mut lab = long_run();
    lab.set_clock(Rc::new(|| Duration::ZERO));
    let wide = open(&mut lab, |window| {
        window.span = 60_000_000;
        window.from = Some(Instant(1_000_000));
    });
    let drawn = lab.drawn.as_ref().expect("a diagram").event_count();
    assert!(drawn > MOST_EVENTS && drawn < 2 * MOST_EVENTS, "{drawn}");
    let span = lab.window().diagram.as_ref().expect("a window").span;
    assert!((1_000_000..60_000_000).contains(&span), "{span}");
    assert_eq!((wide.from, wide.computed), (Instant(1_000_000), None));
    // The end of the run is not computed, so nobody can judge what was answered.
    assert_eq!(wide.verdict, None);
    // One that follows a run that grows.
    open(&mut lab, |window| (window.from, window.span) = (None, 20_000_000));
    lab.set_speed(f64::INFINITY);
    lab.exec("run 60s");
    run_out(&mut lab);
    let grown = view(&lab);
    assert_eq!(grown.cursor, lab.session().world().now());
    assert!(grown.until.0 - grown.from.0 < 20_000_000);
}

/// A stretch in the middle of a run knows its leader and its clients, though nothing says so there.
#[test]
fn a_stretch_knows_what_its_lanes_are() {
    let mut lab = long_run();
    lab.exec("set x=1");
    lab.exec("run 10s");
    run_out(&mut lab);
    let leader = lab.session().world().leader().expect("a leader");
    let view = open(&mut lab, |window| all(window, 36_000_000, 20_000));
    assert!(!lab.drawn.as_ref().expect("a diagram").is_whole());
    let lane = view.lanes.iter().find(|lane| lane.id == LaneId::Node(leader)).expect("a lane");
    assert_eq!(lane.stretches[0].role, Some(raft_core::RoleKind::Leader));
    assert!(view.lanes.iter().any(|lane| matches!(lane.id, LaneId::Client(_))));
}

/// What happens at the lower edge has its end, as it would if more were shown.
#[test]
fn what_crosses_the_lower_edge_has_its_result() {
    let mut lab = long_run();
    let edge = open(&mut lab, |window| all(window, 14_000_000, 20_000));
    let wide = open(&mut lab, |window| all(window, 14_000_000, 40_000));
    let last = edge.items.last().expect("an item").item.event;
    let same = wide.items.iter().take_while(|shown| shown.item.event <= last);
    assert!(same.eq(edge.items.iter()));
}

#[test]
fn too_many_items_are_left_out_and_counted() {
    let mut lab = long_run();
    lab.set_clock(Rc::new(|| Duration::ZERO));
    let crowd = open(&mut lab, |window| all(window, 20_000_000, 5_000_000));
    assert!(crowd.left_out > 1_000 && crowd.items.len() <= 1_000);
    let few = open(&mut lab, |window| window.span = 10_000);
    assert_eq!(few.left_out, 0);
}

#[test]
fn what_is_shown_can_be_exported() {
    let mut lab = played(WRITES);
    assert!(lab.export_diagram(DiagramFormat::Mermaid, true).is_err(), "no diagram is open");
    open(&mut lab, |window| all(window, 0, 10_000));
    let part = lab.export_diagram(DiagramFormat::Mermaid, false).expect("a diagram");
    let whole = lab.export_diagram(DiagramFormat::Svg, true).expect("a diagram");
    assert!(part.starts_with("sequenceDiagram") && !part.contains("set x"));
    assert!(whole.starts_with("<svg") && whole.contains("set x=1"));
    lab.exec("run 3s");
    run_out(&mut lab);
    let words = lab.export_diagram(DiagramFormat::Mermaid, true).expect_err("too many items");
    assert!(words.contains("choose a shorter time"), "{words}");
}

/// A search whose time went to another program is made again; one that is too long is given up.
#[test]
fn operations_are_looked_at_again_if_the_search_had_no_time() {
    let mut lab = played(WRITES);
    let looks = Rc::new(std::cell::Cell::new(0_u64));
    let count = looks.clone();
    lab.set_clock(Rc::new(move || {
        count.set(count.get() + 1);
        // Between the first two looks, a second passes.
        Duration::from_secs(count.get().min(2))
    }));
    let first = open(&mut lab, |_| ());
    assert!(matches!(first.verdict.as_deref(), Some(VerdictView::Unknown(_))), "{looks:?}");
    lab.tick(Duration::from_millis(16), Duration::ZERO);
    assert_eq!(view(&lab).verdict.as_deref(), Some(&VerdictView::Linearizable));
}
