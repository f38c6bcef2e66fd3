//! The faults: one after the other to processes, and beside that to links and certificates.

use std::io;
use std::time::Duration;

use crate::certificates::Certificates;
use crate::happenings::Happening;
use crate::links::{LinkState, Links};
use crate::random::{Deck, Random};
use crate::scene::Scene;
use crate::servers::Servers;

/// Names for [`Random`].
const PROCESSES: u64 = 1;
const LINKS: u64 = 2;
const CERTIFICATES: u64 = 3;

/// A fault of processes. `Leader` is the one that leads when the fault comes, if one is known.
#[derive(Clone, Copy, Debug)]
enum ProcessFault {
    KillLeader,
    KillAny,
    KillMajority,
    KillAll,
    PauseLeader,
    PauseAny,
    StopLeader,
    StopAny,
}

const PROCESS_FAULTS: [ProcessFault; 8] = [
    ProcessFault::KillLeader,
    ProcessFault::KillAny,
    ProcessFault::KillMajority,
    ProcessFault::KillAll,
    ProcessFault::PauseLeader,
    ProcessFault::PauseAny,
    ProcessFault::StopLeader,
    ProcessFault::StopAny,
];

/// Strikes processes until the trial is ending. All run then.
pub(crate) async fn of_processes(scene: Scene, mut servers: Servers) -> io::Result<Servers> {
    let mut random = Random::new(scene.plan.options.seed, PROCESSES);
    let mut deck = Deck::new(&PROCESS_FAULTS);
    loop {
        scene.wait(random.millis(500, 2500)).await;
        servers.revive()?;
        if scene.is_ending() {
            return Ok(servers);
        }
        let fault = deck.draw(&mut random);
        strike(&scene, &mut servers, (fault, &mut random)).await?;
    }
}

async fn strike(
    scene: &Scene,
    servers: &mut Servers,
    (fault, random): (ProcessFault, &mut Random),
) -> io::Result<()> {
    // The same numbers are drawn whatever happens, so that a seed has the same faults.
    let mut order: Vec<u64> = scene.plan.ids().collect();
    random.shuffle(&mut order);
    let any = order[0];
    let leader = scene.board.leader().unwrap_or(any);
    let majority = order.len() / 2 + 1;
    match fault {
        ProcessFault::KillLeader => kill(scene, servers, (&[leader], random)).await,
        ProcessFault::KillAny => kill(scene, servers, (&[any], random)).await,
        ProcessFault::KillMajority => {
            scene.counts.add(Happening::MajorityKilled);
            kill(scene, servers, (&order[..majority], random)).await
        }
        ProcessFault::KillAll => {
            scene.counts.add(Happening::AllKilled);
            kill(scene, servers, (&order, random)).await
        }
        ProcessFault::PauseLeader => pause(scene, servers, (leader, random)).await,
        ProcessFault::PauseAny => pause(scene, servers, (any, random)).await,
        ProcessFault::StopLeader => stop(scene, servers, (leader, random)).await,
        ProcessFault::StopAny => stop(scene, servers, (any, random)).await,
    }
}

/// A kill right after an answer shows whether what was promised is on disk. So long it waits for
/// one.
const ANSWER: Duration = Duration::from_millis(500);

/// Kills servers, and starts them again one after the other.
async fn kill(
    scene: &Scene,
    servers: &mut Servers,
    (ids, random): (&[u64], &mut Random),
) -> io::Result<()> {
    scene.recorder.next_answer(ANSWER).await;
    let writes = scene.recorder.writes_under_way();
    servers.kill(ids)?;
    let leader = scene.board.leader();
    if let [one] = ids {
        let is_leader = leader == Some(*one);
        scene.counts.add(match is_leader {
            true => Happening::LeaderKilled,
            false => Happening::FollowerKilled,
        });
    }
    let has_leader = leader.is_some_and(|leader| ids.contains(&leader));
    if has_leader && writes > 0 {
        scene.counts.add(Happening::LeaderKilledUnderWrites);
    }
    if ids.len() as u64 == scene.plan.options.nodes && writes > 0 {
        scene.counts.add(Happening::AllKilledUnderWrites);
    }
    for id in ids {
        scene.wait(random.millis(0, 2000 / ids.len() as u64)).await;
        servers.start_one(*id)?;
    }
    Ok(())
}

/// Lets a server stand still, often longer than an election takes.
async fn pause(
    scene: &Scene,
    servers: &mut Servers,
    (id, random): (u64, &mut Random),
) -> io::Result<()> {
    let led = scene.board.leader() == Some(id);
    servers.signal(id, "STOP")?;
    scene.counts.add(Happening::Paused);
    scene.wait(random.millis(200, 3000)).await;
    note_return(scene, (id, led));
    servers.signal(id, "CONT")
}

async fn stop(
    scene: &Scene,
    servers: &mut Servers,
    (id, random): (u64, &mut Random),
) -> io::Result<()> {
    servers.terminate(id).await?;
    scene.counts.add(Happening::Stopped);
    scene.wait(random.millis(0, 1000)).await;
    servers.start_one(id)
}

/// A server that led when a fault came is about to be back.
fn note_return(scene: &Scene, (id, led): (u64, bool)) {
    if led && scene.board.leader() != Some(id) {
        scene.counts.add(Happening::OldLeaderReturned);
    }
}

/// A fault of links.
#[derive(Clone, Copy, Debug)]
enum LinkFault {
    IsolateLeader,
    IsolateAny,
    /// Nothing reaches it.
    DeafLeader,
    /// Nothing leaves it.
    MuteLeader,
    DeafAny,
    MuteAny,
    Split,
    CutSome,
    HoldLeader,
    HoldSome,
}

const LINK_FAULTS: [LinkFault; 10] = [
    LinkFault::IsolateLeader,
    LinkFault::IsolateAny,
    LinkFault::DeafLeader,
    LinkFault::MuteLeader,
    LinkFault::DeafAny,
    LinkFault::MuteAny,
    LinkFault::Split,
    LinkFault::CutSome,
    LinkFault::HoldLeader,
    LinkFault::HoldSome,
];

/// Strikes links until the trial is ending. All are open then.
pub(crate) async fn of_links(scene: Scene, links: Links) -> Links {
    let mut random = Random::new(scene.plan.options.seed, LINKS);
    let mut deck = Deck::new(&LINK_FAULTS);
    loop {
        scene.wait(random.millis(500, 2500)).await;
        if scene.is_ending() {
            return links;
        }
        let fault = deck.draw(&mut random);
        let led = scene.board.leader();
        let target = cut(&scene, &links, (fault, &mut random));
        scene.wait(random.millis(300, 3000)).await;
        note_return(&scene, (target, led == Some(target)));
        links.heal();
    }
}

/// Cuts or holds links. Returns the server that is meant.
fn cut(scene: &Scene, links: &Links, (fault, random): (LinkFault, &mut Random)) -> u64 {
    let mut order: Vec<u64> = scene.plan.ids().collect();
    random.shuffle(&mut order);
    let (any, some) = (order[0], random.next());
    let leader = scene.board.leader().unwrap_or(any);
    let place = |id: u64| order.iter().position(|other| *other == id).unwrap_or(0);
    let half = order.len() / 2;
    // Each pair is meant with a chance of one half.
    let is_some = |from: u64, to: u64| (some >> ((from * 9 + to) % 64)) & 1 == 1;
    let (happening, target) = match fault {
        LinkFault::IsolateLeader | LinkFault::IsolateAny => {
            let one = if matches!(fault, LinkFault::IsolateLeader) { leader } else { any };
            links.set(LinkState::Cut, |from, to| from == one || to == one);
            (Happening::Isolated, one)
        }
        LinkFault::DeafLeader | LinkFault::DeafAny => {
            let one = if matches!(fault, LinkFault::DeafLeader) { leader } else { any };
            links.set(LinkState::Cut, |_, to| to == one);
            (Happening::OneWay, one)
        }
        LinkFault::MuteLeader | LinkFault::MuteAny => {
            let one = if matches!(fault, LinkFault::MuteLeader) { leader } else { any };
            links.set(LinkState::Cut, |from, _| from == one);
            (Happening::OneWay, one)
        }
        LinkFault::Split => {
            links.set(LinkState::Cut, |from, to| (place(from) < half) != (place(to) < half));
            (Happening::Split, leader)
        }
        LinkFault::CutSome => {
            links.set(LinkState::Cut, is_some);
            (Happening::LinksCut, leader)
        }
        LinkFault::HoldLeader => {
            links.set(LinkState::Held, |from, to| from == leader || to == leader);
            (Happening::Held, leader)
        }
        LinkFault::HoldSome => {
            links.set(LinkState::Held, is_some);
            (Happening::Held, leader)
        }
    };
    scene.counts.add(happening);
    target
}

/// Replaces certificates until the trial is ending.
pub(crate) async fn of_certificates(scene: Scene, mut made: Certificates) -> io::Result<()> {
    let mut random = Random::new(scene.plan.options.seed, CERTIFICATES);
    loop {
        for of_authority in [false, true] {
            scene.wait(random.millis(500, 2500)).await;
            if scene.is_ending() {
                return Ok(());
            }
            if of_authority {
                made.replace_authority().await?;
                scene.counts.add(Happening::AuthorityReplaced);
            } else {
                made.renew()?;
                scene.counts.add(Happening::CertificatesReplaced);
            }
        }
    }
}
