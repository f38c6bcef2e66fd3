use super::*;

#[test]
fn no_two_kinds_look_alike() {
    for (place, one) in Look::ALL.iter().enumerate() {
        for other in &Look::ALL[place + 1..] {
            let look = |kind: &Look| (kind.outline(), kind.sign(), kind.is_filled(), kind.colour());
            assert_ne!(look(one), look(other), "{one:?} {other:?}");
        }
    }
}

#[test]
fn every_colour_is_a_token() {
    let tokens = include_str!("../../styles/tokens.css");
    for look in Look::ALL {
        assert!(tokens.contains(&format!("{}:", look.colour())), "{}", look.colour());
    }
}
