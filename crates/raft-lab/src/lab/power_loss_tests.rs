//! What the page told survives its loss.

use raft_core::Settings;
use raft_kv::Operation;
use raft_sim::{ClientEvent, EventKind, SimNode};

use super::durable_tests::durable;
use super::*;
use crate::fake::FakeBackend;
use crate::{MemberRole, cluster_line, next_run};

const FRAME: Duration = Duration::from_millis(16);
const BUDGET: Duration = Duration::from_millis(50);

/// A small generator: tests must not depend on chance.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// One life of the page: writes, crashes and restarts over a back end that stores when it likes,
/// until the power fails. What was acknowledged is added to `acknowledged`.
fn live(setup: Setup, random: &mut Random, acknowledged: &Rc<RefCell<Vec<String>>>) -> Setup {
    let line = cluster_line(&setup);
    let run = setup.run;
    let backend = FakeBackend::holding(&setup.disks);
    let mut lab = durable(setup, &backend);
    let heard = acknowledged.clone();
    lab.subscribe(Box::new({
        let mut asked = BTreeMap::new();
        move |event| {
            let EventKind::Client { client, sequence, event } = &event.kind else { return };
            let operation = (*client, *sequence);
            if let ClientEvent::Invoked { operation: Operation::Set { key, .. }, .. } = event {
                asked.insert(operation, key.to_string());
            } else if let ClientEvent::Answered { response, .. } = event
                && !response.is_failed()
                && let Some(key) = asked.remove(&operation)
            {
                heard.borrow_mut().push(key);
            }
        }
    }));
    lab.set_running(true);
    lab.set_speed(1.0);
    for frame in 0..100 + random.below(300) {
        lab.tick(FRAME, BUDGET);
        for _ in 0..random.below(3) {
            backend.complete_next();
        }
        let node = 1 + random.below(3);
        match random.below(20) {
            0 => drop(lab.exec(&format!("crash {node} keep"))),
            1 => drop(lab.exec(&format!("crash {node} lose"))),
            2 => drop(lab.exec(&format!("crash {node}"))),
            3..=6 => drop(lab.exec("restart all")),
            7..=12 => {
                let client = 1 + random.below(3);
                lab.exec(&format!("set r{run}f{frame}=1 client={client}"));
            }
            13 => drop(lab.exec("add 4 as learner")),
            14 => drop(lab.exec("promote 4")),
            15 => drop(lab.exec("demote 4")),
            16 => drop(lab.exec("crash 4")),
            _ => {}
        }
        if random.below(4) == 0 {
            lab.exec("restart all");
        }
    }
    assert_eq!(lab.session().checks().violation(), None);
    // The power fails here: transactions under way are lost.
    next_run(&line, backend.stored().into_iter().collect()).expect("the line was just written")
}

#[test]
fn what_was_acknowledged_survives_the_loss_of_the_page_at_any_moment() {
    let mut random = Random(0x9e37_79b9);
    let acknowledged = Rc::new(RefCell::new(Vec::new()));
    let (mut joined, mut total) = (0, 0);
    for seed in 1..=30 {
        let mut setup = Setup {
            nodes: 3,
            seed,
            settings: Settings { snapshot_threshold: 20, ..Settings::default() },
            ..Setup::default()
        };
        acknowledged.borrow_mut().clear();
        for _ in 0..6 {
            setup = live(setup, &mut random, &acknowledged);
            let mut lab = Lab::scratch(setup.clone()).expect("what was stored is within bounds");
            lab.set_speed(f64::INFINITY);
            for line in ["run until leader", "set last=1", "run until converged"] {
                lab.exec(line);
                while lab.pacing().running {
                    lab.tick(FRAME, BUDGET);
                }
            }
            let world = lab.session().world();
            joined += usize::from(world.nodes().len() == 4);
            // A server whose joining was lost with its leader exists, and nobody tells it anything.
            let view = lab.frame().view;
            let is_member = |node: &&SimNode| view.member_role(node.id()) != MemberRole::NonMember;
            for store in world.nodes().filter(is_member).map(|node| node.store().expect("sound")) {
                for key in acknowledged.borrow().iter() {
                    assert!(
                        store.get(key.as_bytes()).is_some(),
                        "{key} was acknowledged: seed {seed}"
                    );
                }
            }
            assert_eq!(world.nodes().filter_map(SimNode::core).count(), world.nodes().len());
        }
        total += acknowledged.borrow().len();
    }
    assert!(total > 600, "many writes were acknowledged: {total}");
    assert!(joined > 30, "a server joined in many of the runs: {joined}");
}
