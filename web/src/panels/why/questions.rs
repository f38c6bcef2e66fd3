//! What one may want to ask about a moment.

use raft_lab::{NodeState, View};

/// The most questions that are offered.
const MOST: usize = 8;

/// Questions about what does not happen at this moment: in words, and as a line of the language.
/// What concerns the whole cluster comes first.
pub(super) fn questions(view: &View) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut ask = |words: String, line: String| all.push((words, line));
    if view.leader.is_none() {
        ask("Why is there no leader?".to_owned(), "why no leader".to_owned());
    }
    let leader = view.leader.and_then(|leader| view.node(leader)?.core.as_ref());
    if let Some(core) = leader {
        if core.membership_index > core.commit_index {
            ask("Why is the change not finished?".to_owned(), "why change waits".to_owned());
        }
        if core.last_log.index > core.commit_index {
            let next = core.commit_index.next();
            ask(format!("Why is entry {next} not committed?"), format!("why not committed {next}"));
        }
        for peer in core.peers.iter().filter(|peer| peer.match_index < core.last_log.index) {
            let node = peer.id;
            ask(
                format!("Why is node {node} not up to date?"),
                format!("why not up to date {node}"),
            );
        }
    }
    for node in &*view.nodes {
        let id = node.id;
        match node.state {
            NodeState::Refused => {
                ask(format!("Why does node {id} not start?"), format!("why refused {id}"));
            }
            NodeState::Crashed => {
                ask(format!("Why is node {id} down?"), format!("why stopped {id}"));
            }
            NodeState::Running | NodeState::Paused => {}
        }
    }
    for client in view.clients.iter().filter(|client| client.pending.is_some()) {
        let id = client.id;
        ask(format!("Why has client {id} no answer?"), format!("why no answer client {id}"));
    }
    all.truncate(MOST);
    all
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use raft_lab::{Lab, Setup};

    use super::*;

    #[test]
    fn each_question_can_be_asked() {
        let mut lab = Lab::scratch(Setup::default()).expect("a set-up");
        let mut asked = 0;
        for line in ["run 1ms", "run until leader", "crash 2 3 4", "set x=1", "run 300ms"] {
            lab.exec(line);
            while lab.frame().view.goal.is_some() {
                lab.tick(Duration::from_millis(16), Duration::from_secs(1));
            }
            for (_, question) in questions(&lab.frame().view) {
                lab.exec(&question);
                let answer = lab.frame().lab.explanation.clone().expect("an answer");
                assert_eq!(answer.asked, question);
                asked += 1;
            }
        }
        assert!(asked > 8, "{asked}");
    }
}
