//! Tests of keys and values: the text form and the two serde forms.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::strategies::any_value;

#[test]
fn printable_text_is_shown_as_it_is() {
    assert_eq!(Key::from("users/zoë 日本").to_string(), "users/zoë 日本");
}

#[test]
fn what_cannot_be_shown_is_escaped() {
    let bytes: &[u8] = b"a\\b\n\xff\x00";
    assert_eq!(Value::from(bytes).to_string(), r"a\\b\x0a\xff\x00");
    // U+202E turns the direction of what follows it.
    assert_eq!(Value::from("\u{202e}x").to_string(), r"\xe2\x80\xaex");
}

#[test]
fn debug_names_the_type() {
    assert_eq!(format!("{:?} {:?}", Key::from("k"), Value::from("v\0")), r"Key(k) Value(v\x00)");
}

#[test]
fn keys_are_ordered_by_their_bytes_and_found_by_a_slice() {
    let map: BTreeMap<Key, u8> =
        [(Key::from("b"), 2), (Key::from("a"), 1), (Key::from(&[0xff_u8][..]), 3)].into();
    assert_eq!(map.values().copied().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(map.get(&b"b"[..]), Some(&2));
}

#[test]
fn json_carries_text() {
    let key = Key::from(&b"a\xff"[..]);
    assert_eq!(serde_json::to_string(&key).unwrap(), r#""a\\xff""#);
}

#[test]
fn broken_escapes_are_refused() {
    for text in [r#""\\""#, r#""\\n""#, r#""\\xf""#, r#""\\xg0""#] {
        assert!(serde_json::from_str::<Key>(text).is_err(), "{text}");
    }
}

#[test]
fn a_length_beyond_the_input_is_refused() {
    // A varint length of 2^32 - 1 followed by nothing.
    assert!(postcard::from_bytes::<Value>(&[0xff, 0xff, 0xff, 0xff, 0x0f]).is_err());
}

proptest! {
    #[test]
    fn text_forms_are_exact(value in any_value()) {
        prop_assert_eq!(read_text(&value.to_string()), Some(value.as_bytes().to_vec()));
    }

    #[test]
    fn both_serde_forms_round_trip(value in any_value()) {
        let json = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Value>(&json).unwrap(), &value);
        let binary = postcard::to_allocvec(&value).unwrap();
        prop_assert_eq!(binary.len(), value.len() + 1, "a length and the bytes");
        prop_assert_eq!(&postcard::from_bytes::<Value>(&binary).unwrap(), &value);
    }
}
