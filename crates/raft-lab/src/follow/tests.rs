use std::time::Duration;

use raft_sim::Setup;

use super::*;

fn shown(presenter: u64) -> Presented {
    let mut lab = Lab::scratch(Setup::default()).expect("a lab");
    lab.exec("step 3");
    let page = LinkedPage { selected: "node 3".into(), ..LinkedPage::default() };
    let shown = lab.present(presenter, "A run", page);
    Presented { caption: Caption::new("1 of 2", "Begin", "Nobody leads."), ..shown }
}

/// Ticks until the lab has nothing to do.
fn finish(lab: &mut Lab) {
    let time = Duration::from_millis(16);
    while lab.pacing().running || lab.is_seeking() {
        lab.tick(time, time);
    }
}

#[test]
fn messages_are_bytes_and_back() {
    let all = [
        FollowMessage::Ask,
        FollowMessage::Show(Box::new(shown(7))),
        FollowMessage::Here(7),
        FollowMessage::Leave(u64::MAX),
    ];
    for message in all {
        let bytes = message.to_bytes().expect("bytes");
        assert_eq!(FollowMessage::from_bytes(&bytes), Ok(message));
    }
}

#[test]
fn what_is_no_message_is_refused() {
    let bytes = FollowMessage::Show(Box::new(shown(7))).to_bytes().expect("bytes");
    for length in 0..bytes.len() {
        assert!(FollowMessage::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(FollowMessage::from_bytes(&changed).is_err(), "{place}");
    }
    let other = [&[2][..], &bytes[1..]].concat();
    let refused = FollowMessage::from_bytes(&other);
    assert_eq!(refused, Err(LinkError::OtherVersion { version: 2 }));
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(FollowMessage::from_bytes(&longer), Err(LinkError::Damaged));
    let too_many = vec![VERSION; HEAD + MAX_FOLLOW_BYTES + 1];
    assert_eq!(FollowMessage::from_bytes(&too_many), Err(LinkError::TooLarge));
}

/// The bytes of a message as somebody may send them who does not keep to the limits.
fn sent(message: &FollowMessage) -> Vec<u8> {
    let body = postcard::to_stdvec(message).expect("bytes");
    [&[VERSION][..], &checksum(VERSION, &body).to_le_bytes(), &body].concat()
}

#[test]
fn parts_have_limits() {
    let mut large = shown(7);
    large.run.script = "#".repeat(MAX_LINK_BYTES);
    let large = FollowMessage::Show(Box::new(large));
    assert_eq!(large.to_bytes(), Err(LinkError::TooLarge));
    let mut long = shown(7);
    assert!(FollowMessage::from_bytes(&sent(&FollowMessage::Show(Box::new(long.clone())))).is_ok());
    long.caption.text = "x".repeat(MAX_CAPTION + 1);
    let read = FollowMessage::from_bytes(&sent(&FollowMessage::Show(Box::new(long))));
    assert_eq!(read, Err(LinkError::Damaged));
    let mut panel = shown(7);
    panel.run.page.panel = "x".repeat(100);
    let read = FollowMessage::from_bytes(&sent(&FollowMessage::Show(Box::new(panel))));
    assert_eq!(read, Err(LinkError::Damaged));
    let words = "é".repeat(MAX_CAPTION);
    assert!(Caption::new("", &words, &words).is_within_limits());
}

#[test]
fn the_run_of_a_presenter_is_the_same_and_so_is_its_moment() {
    let mut lab = Lab::scratch(Setup::default()).expect("a lab");
    lab.set_speed(f64::INFINITY);
    lab.exec("step 40");
    finish(&mut lab);
    lab.show(12);
    finish(&mut lab);
    let shown = lab.present(1, "A run", LinkedPage::default());
    assert_eq!((shown.steps, shown.run.steps), (12, 40), "the run goes on after the moment");
    let mut other = Lab::open_link(&shown.run).expect("the same run");
    finish(&mut other);
    other.show(shown.steps);
    finish(&mut other);
    assert_eq!(other.frame().view.trace_hash, lab.frame().view.trace_hash);
    assert_eq!(other.frame().lab.other_run, None);
}

#[test]
fn an_audience_follows_one_presenter_until_it_is_gone() {
    let mut follower = Follower::default();
    assert!(!follower.has_begun() && !follower.is_gone(1e9));
    assert!(follower.hear(FollowMessage::Show(Box::new(shown(1))), 0.0).is_some());
    assert!(follower.hear(FollowMessage::Show(Box::new(shown(2))), 10.0).is_none(), "another one");
    follower.hear(FollowMessage::Here(2), SILENCE_MS);
    assert!(follower.is_gone(SILENCE_MS + 1.0), "nothing was heard of the first one");
    follower.hear(FollowMessage::Here(1), SILENCE_MS);
    assert!(!follower.is_gone(SILENCE_MS + 1.0));
    follower.hear(FollowMessage::Leave(2), SILENCE_MS);
    assert!(!follower.is_gone(SILENCE_MS + 1.0));
    follower.hear(FollowMessage::Leave(1), SILENCE_MS);
    assert!(follower.is_gone(SILENCE_MS));
    assert!(follower.hear(FollowMessage::Show(Box::new(shown(2))), SILENCE_MS).is_some());
    assert!(!follower.is_gone(SILENCE_MS));
}
