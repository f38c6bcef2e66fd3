use super::*;

fn put(revision: i64, key: &str, (created, version): (i64, i64)) -> Change {
    let value = Some(format!("v{revision}"));
    Change { revision, key: key.to_owned(), value, version, create_revision: created }
}

fn delete(revision: i64, key: &str) -> Change {
    Change { value: None, ..put(revision, key, (0, 0)) }
}

fn story() -> Told {
    let changes = vec![
        put(2, "a", (2, 1)),
        put(3, "b", (3, 1)),
        put(4, "a", (2, 2)),
        delete(5, "a"),
        put(6, "a", (6, 1)),
    ];
    Told { changes, ..Told::new("all".to_owned(), 1) }
}

/// The story after a change of it.
fn story_with(change: impl FnOnce(&mut Vec<Change>)) -> Told {
    let mut told = story();
    change(&mut told.changes);
    told
}

#[test]
fn a_story_leads_to_the_keys_at_its_end() {
    let keys = [("a", "v6"), ("b", "v3")];
    let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(replay(&story()), Ok(keys.into()));
}

#[test]
fn a_story_with_a_hole_a_repeat_or_a_wrong_version_is_none() {
    let wrong =
        |change: fn(&mut Vec<Change>)| replay(&story_with(change)).expect_err("it is no story");
    assert!(wrong(|changes| drop(changes.remove(1))).contains("revision 4 comes where 3 should"));
    assert!(wrong(|changes| changes.insert(1, changes[0].clone())).contains("revision 2 comes"));
    assert!(wrong(|changes| changes[2].version = 1).contains("not the next one"));
    assert!(wrong(|changes| changes[2].create_revision = 4).contains("not the next one"));
    assert!(wrong(|changes| changes[4].version = 3).contains("it is new"));
    assert!(wrong(|changes| changes[3].key = "c".to_owned()).contains("was not there"));
}

#[test]
fn a_watch_tells_the_story_from_its_revision_on() {
    assert_eq!(compare(&story(), &story(), true), None);
    let late = Told { from: 4, ..story_with(|changes| drop(changes.drain(..2))) };
    assert_eq!(compare(&late, &story(), true), None);
    let wrong = |told: &Told| compare(told, &story(), true).unwrap_or_default();
    let hole = story_with(|changes| drop(changes.remove(2)));
    assert!(wrong(&hole).contains("it told Change { revision: 5"), "{}", wrong(&hole));
    let repeat = story_with(|changes| changes.push(changes[4].clone()));
    assert!(wrong(&repeat).contains("more than happened"), "{}", wrong(&repeat));
    let early = story_with(|changes| changes.truncate(3));
    assert_eq!(compare(&early, &story(), false), None);
    assert!(wrong(&early).contains("told 3 of 5"), "{}", wrong(&early));
    let ended = Told { error: Some("why".to_owned()), ..story() };
    assert!(wrong(&ended).contains("it ended by itself: why"), "{}", wrong(&ended));
}
