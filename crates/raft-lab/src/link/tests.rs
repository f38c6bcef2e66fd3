use miniz_oxide::deflate::compress_to_vec;
use proptest::prelude::*;

use super::summary::MAX_OPENING;
use super::*;

fn a_link() -> MomentLink {
    MomentLink {
        title: "Two leaders".to_owned(),
        script: "cluster nodes=3 seed=4\nat 300ms crash leader\nrun to 1s\n".to_owned(),
        steps: 812,
        at: Instant(1_000_000),
        trace_hash: 0x0123_4567_89ab_cdef,
        page: LinkedPage {
            has_diagram: true,
            panel: "events".to_owned(),
            disk: Some(3),
            selected: "entry 2 1".to_owned(),
        },
    }
}

fn text_of(link: &MomentLink) -> String {
    link.to_fragment().expect("it is short")
}

/// Compressed bytes as a link with a right checksum.
fn disguised(bytes: &[u8]) -> String {
    fragment_of(&compress_to_vec(bytes, 9)).expect("it is short")
}

fn links() -> impl Strategy<Value = MomentLink> {
    let page = (any::<bool>(), "[a-z]{0,12}", any::<Option<u64>>(), "[a-z0-9 ]{0,20}");
    let moment = (any::<u64>(), any::<u64>(), any::<u64>());
    (any::<String>(), any::<String>(), moment, page).prop_map(|(title, script, moment, page)| {
        let (steps, at, trace_hash) = moment;
        let (has_diagram, panel, disk, selected) = page;
        let page = LinkedPage { has_diagram, panel, disk, selected };
        MomentLink { title: good_title(&title), script, steps, at: Instant(at), trace_hash, page }
    })
}

proptest! {
    #[test]
    fn a_link_is_text_and_back(link in links()) {
        let text = text_of(&link);
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=".contains(letter);
        prop_assert!(text.chars().all(is_plain), "an address takes it as it is: {text}");
        prop_assert_eq!(MomentLink::from_fragment(&text), Ok(link));
    }

    #[test]
    fn any_text_is_an_error_and_no_panic(text in any::<String>(), packed in any::<Vec<u8>>()) {
        prop_assert!(MomentLink::from_fragment(&text).is_err());
        let begun = [PREFIX, &text].concat();
        prop_assert!(MomentLink::from_fragment(&begun).is_err());
        // With a right checksum, the bytes inside are looked at.
        let _ = MomentLink::from_fragment(&fragment_of(&packed).expect("it is short"));
        let _ = MomentLink::from_fragment(&disguised(&packed));
    }
}

#[test]
fn a_part_of_a_link_is_an_error() {
    let text = text_of(&a_link());
    for end in 0..text.len() {
        let error = MomentLink::from_fragment(&text[..end]).expect_err("a part is missing");
        let is_clear = matches!(error, LinkError::Damaged | LinkError::NoLink);
        assert!(is_clear, "{end}: {error}");
    }
    for more in ["A", "=", "\n", "%20"] {
        let longer = format!("{text}{more}");
        assert_eq!(MomentLink::from_fragment(&longer), Err(LinkError::Damaged));
    }
}

#[test]
fn a_changed_letter_is_an_error() {
    let text = text_of(&a_link());
    for place in 0..text.len() {
        for letter in "AaBz09-_=.é".chars() {
            let mut changed: Vec<char> = text.chars().collect();
            if std::mem::replace(&mut changed[place], letter) == letter {
                continue;
            }
            let changed: String = changed.into_iter().collect();
            let read = MomentLink::from_fragment(&changed);
            assert!(read.is_err(), "{letter} at {place}: {read:?}");
        }
    }
}

#[test]
fn a_changed_byte_is_an_error() {
    let text = text_of(&a_link());
    let bytes = URL_SAFE_NO_PAD.decode(&text[PREFIX.len()..]).expect("it was just encoded");
    for place in 0..bytes.len() {
        for bits in 1..=255 {
            let mut changed = bytes.clone();
            changed[place] ^= bits;
            let changed = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(changed));
            let expected = match place {
                0 => LinkError::OtherVersion { version: VERSION ^ bits },
                _ => LinkError::Damaged,
            };
            assert_eq!(MomentLink::from_fragment(&changed), Err(expected), "{bits} at {place}");
        }
    }
}

#[test]
fn a_link_of_another_version_says_so() {
    let packed = compress_to_vec(b"a later format", 9);
    let bytes = [&[2][..], &checksum(2, &packed).to_le_bytes(), &packed].concat();
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let error = MomentLink::from_fragment(&text).expect_err("another format");
    assert_eq!(error, LinkError::OtherVersion { version: 2 });
    assert!(error.to_string().starts_with("it has format 2, and this version of Helios reads"));
}

#[test]
fn what_is_no_link_is_refused() {
    let bytes = a_link().to_bytes().expect("it is short");
    assert_eq!(MomentLink::from_fragment(&disguised(&bytes)), Ok(a_link()));
    let longer = [&bytes[..], b"x"].concat();
    assert_eq!(MomentLink::from_fragment(&disguised(&longer)), Err(LinkError::Damaged));
    let mut longer = compress_to_vec(&bytes, 9);
    longer.push(0);
    let longer = fragment_of(&longer).expect("it is short");
    assert_eq!(MomentLink::from_fragment(&longer), Err(LinkError::Damaged));
    for title in ["", " ", "two\nlines", " before", &"x".repeat(MAX_LINK_TITLE + 1)] {
        let link = MomentLink { title: title.to_owned(), ..a_link() };
        assert_eq!(MomentLink::from_fragment(&text_of(&link)), Err(LinkError::Damaged), "{title}");
    }
    let long = "x".repeat(MAX_NAME + 1);
    for page in [
        LinkedPage { panel: long.clone(), ..LinkedPage::default() },
        LinkedPage { selected: long, ..LinkedPage::default() },
    ] {
        let link = MomentLink { page, ..a_link() };
        assert_eq!(MomentLink::from_fragment(&text_of(&link)), Err(LinkError::Damaged));
    }
}

#[test]
fn a_run_that_is_too_long_says_the_limit() {
    // Random letters: they cannot be compressed to less than three quarters.
    let mut state = 1_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b' ' + (state >> 58) as u8)
    };
    let script: String = (0..40_000).map(|_| letter()).collect();
    let error = MomentLink { script, ..a_link() }.to_fragment().expect_err("it is too long");
    assert!(matches!(error, LinkError::TooLong { length } if length > MAX_LINK_LENGTH));
    assert!(error.to_string().contains("at most 32768 characters"), "{error}");
    let long = "A".repeat(MAX_LINK_LENGTH + 1);
    assert_eq!(packed_of(&long), Err(LinkError::TooLong { length: long.len() }));
    let script = "x".repeat(MAX_LINK_BYTES);
    let large = MomentLink { script, ..a_link() };
    assert_eq!(large.to_fragment(), Err(LinkError::TooLarge), "although it is short as text");
}

#[test]
fn a_bomb_is_refused_while_it_is_unpacked() {
    let zeros = vec![0; 20 << 20];
    assert_eq!(packing::unpacked(&compress_to_vec(&zeros, 9)), Err(LinkError::TooLarge));
    let bomb = disguised(&zeros);
    assert!(bomb.len() < MAX_LINK_LENGTH);
    assert_eq!(MomentLink::from_fragment(&bomb), Err(LinkError::TooLarge));
}

#[test]
fn a_summary_says_what_a_link_holds() {
    let script = "cluster nodes=4 seed=4\n# A comment.\nrun until leader\nat 1s crash 2\nset x=1\n\
                  run 1s\n";
    let link = MomentLink { script: script.to_owned(), ..a_link() };
    let summary = link.summary().expect("it is a script");
    assert_eq!((summary.nodes, summary.statements), (4, 2));
    assert_eq!((summary.title, summary.at), (link.title.clone(), link.at));
    assert!(summary.rules_off.is_empty());
    let wrong = MomentLink { script: "cluster nodes=3\nDear nodes,\n".to_owned(), ..link };
    let error = wrong.summary().expect_err("it is a letter");
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[cfg(feature = "bugs")]
#[test]
fn a_summary_names_the_rules_that_are_off() {
    let script = "cluster nodes=3 bugs=vote-forgotten\nat 1s break commit-old-term\nrun 1s\n\
                  mend all\n";
    let link = MomentLink { script: script.to_owned(), ..a_link() };
    let mut rules = link.summary().expect("it is a script").rules_off;
    rules.sort_unstable();
    assert_eq!(rules, ["commit-old-term", "vote-forgotten"]);
}

#[test]
fn a_link_does_not_keep_the_page_busy_with_disks() {
    let disks = |count| "disk 1 terms=1\n".repeat(count);
    let link = |count| MomentLink { script: format!("cluster\n{}", disks(count)), ..a_link() };
    assert!(link(MAX_OPENING - 1).summary().is_ok());
    let error = link(MAX_OPENING).summary().expect_err("one too many");
    assert!(error.to_string().contains("more than 200 statements set its cluster up"), "{error}");
}
