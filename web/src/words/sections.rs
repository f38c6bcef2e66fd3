//! The rules of the sections of the Raft paper ("In Search of an Understandable Consensus
//! Algorithm", extended version) and of Ongaro's dissertation, each in a sentence or two.

use yew::prelude::*;

use super::glossary::Linker;

/// A text with buttons: `(§5.2)` or `(dissertation §6.4)` tells the rule, and a word of the
/// glossary its meaning, where it comes first. `defined` is a word that needs no button.
pub(crate) fn with_links(text: &str, defined: Option<&str>) -> Html {
    let mut linker = Linker::new(defined);
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, sections, after)) = first_sections(rest) {
        parts.push(linker.link(before));
        parts.push(html! {
            <button type="button" class="mention section" data-rule={sections.to_owned()}
                title="The rule">{ sections.to_owned() }</button>
        });
        rest = after;
    }
    parts.push(linker.link(rest));
    html! { { for parts } }
}

/// The sections in the first parentheses that have some, with the texts around them. The
/// parentheses stay with those texts.
fn first_sections(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('(').map(|open| from + open + 1) {
        let end = open + text[open..].find(')')?;
        let inside = &text[open..end];
        let named = inside.strip_prefix("dissertation ").unwrap_or(inside);
        if named.starts_with('§') {
            return Some((&text[..open], inside, &text[end..]));
        }
        from = end;
    }
    None
}

/// Each section that a text such as `§5.3, dissertation §6.2` names, with its rule.
pub(crate) fn rules(sections: &str) -> Vec<(String, &'static str)> {
    let mut of_dissertation = false;
    let mut all = Vec::new();
    for part in sections.split(", ") {
        let section = part.strip_prefix("dissertation ");
        of_dissertation |= section.is_some();
        let section = section.unwrap_or(part);
        let (name, rule) = match of_dissertation {
            true => (format!("Dissertation {section}"), of_the_dissertation(section)),
            false => (format!("Raft paper, {section}"), of_the_paper(section)),
        };
        all.extend(rule.map(|rule| (name, rule)));
    }
    all
}

fn of_the_paper(section: &str) -> Option<&'static str> {
    Some(match section {
        "§5.1" => {
            "Terms are a logical clock. A server that hears of a later term enters it as a \
                   follower, and a request of an earlier term is refused."
        }
        "§5.2" => {
            "A follower that hears no leader for its election timeout starts an election. \
                   A server votes for one candidate at most in a term, and a candidate needs a \
                   majority, so a term has one leader at most."
        }
        "§5.3" => {
            "A leader appends commands to its log and sends them with the index and the \
                   term of the entry before. A follower refuses them if its log differs there; \
                   the leader then goes back, and the follower removes what conflicts. An entry \
                   on a majority of the disks is committed, and servers apply what is committed, \
                   in the order of the log."
        }
        "§5.4" => "A leader of a later term has all entries that were committed before.",
        "§5.4.1" => {
            "A server refuses its vote to a candidate whose log ends earlier than its \
                     own: with an earlier term, or with the same term and a smaller index."
        }
        "§5.4.2" => {
            "A leader counts replicas only for entries of its own term. Entries of \
                     earlier terms are committed together with one of these."
        }
        "§5.4.3" => {
            "If a server applied an entry at an index, no other server ever applies \
                     another one there. So no committed entry is ever removed."
        }
        "§5.5" => {
            "A server that crashes answers nothing, and messages are sent again. Each \
                   message can arrive late or twice without harm."
        }
        "§5.6" => {
            "Safety does not depend on time. But a leader can be elected and stay only if a \
                   message takes far less time than an election timeout, and the timeout far less \
                   than the time between two crashes."
        }
        "§6" => {
            "Voters change through a joint membership: while it is in force, each decision \
                 needs a majority of the old voters and one of the new. A server uses the last \
                 membership in its log, committed or not. A leader that is removed leads until \
                 the new membership is committed."
        }
        "§7" => {
            "A snapshot replaces the entries that a server has applied. A leader sends it, in \
                 pieces, to a follower that needs entries which the leader has dropped."
        }
        "§8" => {
            "Clients find the leader by asking any server, and ask again when no answer \
                 comes. Numbers in a session let the state machine execute a command once. A new \
                 leader commits a no-op first, to know what is committed."
        }
        "§9.3" => {
            "Election timeouts are drawn anew each time, so that two servers seldom become \
                   candidates at once."
        }
        "Figure 2" => {
            "The rules in short. A server answers only when what it promises is on its \
                       disk: its term, its vote and its log."
        }
        "Figure 8" => {
            "Five servers, on which an entry of an earlier term reaches a majority and \
                       is overwritten all the same. So counting replicas commits only entries of \
                       the leader's own term."
        }
        _ => return None,
    })
}

fn of_the_dissertation(section: &str) -> Option<&'static str> {
    Some(match section {
        "§3.10" => {
            "A leader hands its leadership over: it takes no commands until the other \
                    server's log is complete, and then tells it to start an election at once. It \
                    takes commands again if that server does not lead within an election timeout."
        }
        "§4.1" => {
            "One change of the membership at a time, and none before the leader has \
                   committed an entry of its own term."
        }
        "§4.2" => "A change of the membership must not make the cluster unavailable.",
        "§4.2.1" => {
            "A new server first gets the log, without a vote. It becomes a voter when it \
                     has caught up."
        }
        "§4.2.2" => {
            "A leader that is removed may still be needed, until the others have the \
                     entry that removes it."
        }
        "§4.2.3" => {
            "A server that heard a leader within the shortest election timeout ignores \
                     requests for votes, so that a removed server cannot disturb the cluster."
        }
        "§6.2" => {
            "A leader that too few servers answer for an election timeout steps down, so \
                   that its clients look for another one."
        }
        "§6.3" => {
            "The state machine keeps the answer to each client's last command and gives it \
                   again for a retry, without executing the command twice."
        }
        "§6.4" => {
            "A leader answers a read without a log entry when it has committed an entry of \
                   its term, a majority has confirmed after the read arrived that it leads, and \
                   it has applied what was committed then."
        }
        "§6.4.1" => {
            "A leader whose heartbeat a majority answered has a lease: for an election \
                     timeout, less the drift of clocks, nobody else can be elected, and it may \
                     answer reads at once."
        }
        "§9.6" => {
            "Before an election, a server asks whether the others would vote for it. They \
                   refuse while they hear a leader, so a server that was cut off raises no term."
        }
        "§10.2.1" => {
            "A leader writes its own disk while it sends the entries to the followers, \
                      and counts itself when its write is done."
        }
        "§10.2.2" => {
            "A leader sends further entries before the first ones are answered, within a \
                      window."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The texts in quotes of a file that name sections.
    fn sections(file: &str) -> impl Iterator<Item = &str> {
        let begins = |text: &&str| {
            ["§", "Figure ", "dissertation §"].iter().any(|begin| text.starts_with(begin))
        };
        file.split('"').filter(begins)
    }

    /// The files of a folder, and of those in it.
    fn files(folder: &Path, all: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files(&path, all);
            } else if !path.ends_with("tests.rs") {
                all.extend(fs::read_to_string(path));
            }
        }
    }

    #[test]
    fn each_section_that_a_sentence_names_has_its_rule() {
        let mut seen = 0;
        for name in ["raft-core", "raft-explain", "raft-check"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(name);
            let mut all = Vec::new();
            files(&folder.join("src"), &mut all);
            for text in all.iter().flat_map(|file| sections(file)) {
                seen += 1;
                assert_eq!(rules(text).len(), text.split(", ").count(), "{text}");
            }
        }
        assert!(seen > 50, "{seen}");
    }

    #[test]
    fn sections_after_the_dissertation_are_its_own() {
        let names: Vec<String> =
            rules("§5.3, dissertation §4.2.3, §9.6").into_iter().map(|it| it.0).collect();
        assert_eq!(names, ["Raft paper, §5.3", "Dissertation §4.2.3", "Dissertation §9.6"]);
    }
}
