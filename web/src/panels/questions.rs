//! What one may want to ask: about a moment, or about the selected thing.

use raft_lab::{ClientView, LogPosition, MessageId, NodeId, NodeState, NodeView, View};

use crate::state::Selection;

/// The most questions about a moment that are offered.
const MOST: usize = 8;

/// A question.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Question {
    pub(super) words: String,
    /// It, as a line of the language.
    pub(super) line: String,
    /// Whether something is not as it should be in the end. Others are about the usual.
    is_pressing: bool,
}

impl Question {
    fn pressing(words: String, line: String) -> Self {
        Self { words, line, is_pressing: true }
    }

    fn usual(words: String, line: String) -> Self {
        Self { words, line, is_pressing: false }
    }
}

/// Questions about what does not happen at this moment. What concerns the whole cluster comes
/// first.
pub(super) fn of_moment(view: &View) -> Vec<Question> {
    let mut all = of_cluster(view);
    all.extend(view.nodes.iter().flat_map(|node| of_node(view, node)));
    all.extend(view.clients.iter().flat_map(of_client));
    all.retain(|question| question.is_pressing);
    all.truncate(MOST);
    all
}

/// Questions about the selected thing.
pub(super) fn of_selection(view: &View, selection: Selection) -> Vec<Question> {
    match selection {
        Selection::Node(id) => view.node(id).map(|node| of_node(view, node)).unwrap_or_default(),
        Selection::Entry(entry) => of_entry(view, entry).into_iter().collect(),
        Selection::Message(id) => of_message(view, id).into_iter().collect(),
        Selection::Client(id) => {
            let client = view.clients.iter().find(|client| client.id == id);
            client.map(of_client).unwrap_or_default()
        }
        Selection::Link(..) => Vec::new(),
    }
}

/// The question about the value of a key, as a line of the language.
pub(super) fn of_key(key: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@+".contains(c);
    match !key.is_empty() && key.chars().all(is_plain) {
        true => format!("why value {key}"),
        // A byte that is no text is in the view as it is in a line: `\x00`.
        false => format!("why value \"{}\"", key.replace('"', "\\\"")),
    }
}

fn of_cluster(view: &View) -> Vec<Question> {
    let Some(core) = view.leader.and_then(|leader| view.node(leader)?.core.as_ref()) else {
        let words = "Why is there no leader?".to_owned();
        return vec![Question::pressing(words, "why no leader".to_owned())];
    };
    let mut all = Vec::new();
    if core.membership_index > core.commit_index {
        let words = "Why is the change not finished?".to_owned();
        all.push(Question::pressing(words, "why change waits".to_owned()));
    }
    if core.last_log.index > core.commit_index {
        let next = core.commit_index.next();
        let words = format!("Why is entry {next} not committed?");
        all.push(Question::pressing(words, format!("why not committed {next}")));
    }
    all
}

fn of_node(view: &View, node: &NodeView) -> Vec<Question> {
    let id = node.id;
    let mut all = Vec::new();
    match node.state {
        NodeState::Refused => {
            let words = format!("Why does node {id} not start?");
            all.push(Question::pressing(words, format!("why refused {id}")));
        }
        NodeState::Crashed => {
            let words = format!("Why is node {id} down?");
            all.push(Question::pressing(words, format!("why stopped {id}")));
        }
        NodeState::Running | NodeState::Paused => {}
    }
    if is_behind(view, id) {
        let words = format!("Why is node {id} not up to date?");
        all.push(Question::pressing(words, format!("why not up to date {id}")));
    }
    if view.leader != Some(id) {
        let words = format!("Why does node {id} not lead?");
        all.push(Question::usual(words, format!("why not leader {id}")));
    }
    if let Some(core) = node.core.as_ref().filter(|core| core.current_term.0 > 0) {
        let term = core.current_term;
        all.push(Question::usual(format!("Why is it in term {term}?"), format!("why term {term}")));
    }
    all
}

/// Whether the leader has entries of which it does not know that the node has them.
fn is_behind(view: &View, node: NodeId) -> bool {
    let leader = view.leader.and_then(|leader| view.node(leader)?.core.as_ref());
    leader.is_some_and(|core| {
        let peer = core.peers.iter().find(|peer| peer.id == node);
        peer.is_some_and(|peer| peer.match_index < core.last_log.index)
    })
}

fn of_client(client: &ClientView) -> Vec<Question> {
    let id = client.id;
    let last = "Why was its last answer this one, and not earlier?".to_owned();
    let mut all = vec![Question::usual(last, format!("why answer client {id}"))];
    if client.pending.is_some() {
        let words = format!("Why has client {id} no answer?");
        all.insert(0, Question::pressing(words, format!("why no answer client {id}")));
    }
    if client.pending.is_some() && client.read.is_some() {
        let words = format!("Why does the read of client {id} wait?");
        all.push(Question::usual(words, format!("why read waits client {id}")));
    }
    all
}

fn of_entry(view: &View, entry: LogPosition) -> Option<Question> {
    let index = entry.index;
    let commit = view.nodes.iter().filter_map(|node| Some(node.core.as_ref()?.commit_index));
    commit.max().is_none_or(|commit| commit < index).then(|| {
        let words = format!("Why is entry {index} not committed?");
        Question::pressing(words, format!("why not committed {index}"))
    })
}

fn of_message(view: &View, id: MessageId) -> Option<Question> {
    let details = view.message.as_ref().filter(|it| it.message.id == id)?;
    let line = format!("why {}", details.sent_by);
    Some(Question::usual("Why was it sent?".to_owned(), line))
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
            let view = lab.frame().view;
            let of_nodes = view.node_ids().map(Selection::Node);
            let of_nodes = of_nodes.flat_map(|node| of_selection(&view, node));
            for Question { line, .. } in of_moment(&view).into_iter().chain(of_nodes) {
                lab.exec(&line);
                let answer = lab.frame().lab.explanation.clone().expect("an answer");
                assert_eq!(answer.asked, line);
                asked += 1;
            }
        }
        assert!(asked > 30, "{asked}");
    }

    #[test]
    fn any_key_can_be_asked_about() {
        let mut lab = Lab::scratch(Setup::default()).expect("a set-up");
        for key in ["x", "two words", "say \"x\"", "é"] {
            lab.exec(&of_key(key));
            let answer = lab.frame().lab.explanation.clone().expect("an answer");
            let words = answer.reasons[0].words.to_string();
            assert!(words.contains(&format!("{key} is absent")), "{words}");
        }
    }

    #[test]
    fn a_moment_has_the_pressing_questions_about_its_nodes() {
        let mut lab = Lab::scratch(Setup::default()).expect("a set-up");
        lab.exec("crash 2");
        let view = lab.frame().view;
        let lines: Vec<String> = of_moment(&view).into_iter().map(|it| it.line).collect();
        assert_eq!(lines, ["why no leader", "why stopped 2"]);
        let of_node = of_selection(&view, Selection::Node(NodeId(2)));
        let lines: Vec<String> = of_node.into_iter().map(|it| it.line).collect();
        assert_eq!(lines, ["why stopped 2", "why not leader 2"]);
    }
}
