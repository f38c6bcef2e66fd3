use super::*;

#[test]
fn attributes_come_back() {
    let all = [
        Selection::Node(NodeId(3)),
        Selection::link(NodeId(4), NodeId(2)),
        Selection::Message(MessageId(170)),
        Selection::Entry(LogPosition::new(LogIndex(7), Term(2))),
        Selection::Client(ClientId(9)),
    ];
    for selection in all {
        assert_eq!(Selection::from_attribute(&selection.to_attribute()), Some(selection));
    }
    assert_eq!(Selection::from_attribute("node"), None);
    assert_eq!(Selection::from_attribute("something else"), None);
}

#[test]
fn a_link_has_one_name() {
    assert_eq!(Selection::link(NodeId(4), NodeId(2)), Selection::link(NodeId(2), NodeId(4)));
}
