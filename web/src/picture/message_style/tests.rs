use super::*;

#[test]
fn no_two_kinds_look_alike() {
    for (place, one) in MessageLook::ALL.iter().enumerate() {
        for other in &MessageLook::ALL[place + 1..] {
            let style =
                |kind: &MessageLook| (kind.outline(), kind.sign(), kind.is_filled(), kind.colour());
            assert_ne!(style(one), style(other), "{one:?} {other:?}");
        }
    }
}

#[test]
fn every_colour_is_a_token() {
    let tokens = include_str!("../../../styles/tokens.css");
    for style in MessageLook::ALL {
        assert!(tokens.contains(&format!("{}:", style.colour())), "{}", style.colour());
    }
}
