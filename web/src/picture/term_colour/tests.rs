use super::*;

#[test]
fn terms_take_turns_with_the_colours() {
    assert_eq!(term_class(Term(0)), "term-0");
    assert_eq!(term_class(Term(1)), "term-1");
    assert_eq!(term_class(Term(8)), "term-8");
    assert_eq!(term_class(Term(9)), "term-1");
    assert_eq!(term_class(Term(u64::MAX)), "term-7");
}

#[test]
fn neighbouring_terms_differ() {
    for term in 0..100 {
        assert_ne!(term_class(Term(term)), term_class(Term(term + 1)));
    }
}

#[test]
fn every_colour_is_defined() {
    let tokens = include_str!("../../../styles/tokens.css");
    for slot in 0..=TERM_COLOURS {
        for token in [format!("--term-{slot}:"), format!("--term-{slot}-edge:")] {
            assert!(tokens.contains(&token), "{token} is missing");
        }
    }
}

/// The colours of `styles/tokens.css`, in one of the two themes.
mod colours {
    use std::collections::BTreeMap;

    const TOKENS: &str = include_str!("../../../styles/tokens.css");

    /// Red, green and blue, linear, each from 0 to 1.
    type Linear = [f64; 3];

    /// How somebody sees who lacks one kind of cones (Machado and others, 2009, severity 1), as
    /// matrices over linear red, green and blue.
    const WITHOUT_CONES: [[Linear; 3]; 3] = [
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    /// The tokens that are colours: light (0) or dark (1).
    fn tokens(theme: usize) -> BTreeMap<&'static str, Linear> {
        let colours = TOKENS.lines().filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
            let colour = value.split("oklch(").nth(theme + 1)?.split(')').next()?;
            let parts: Vec<f64> = colour.split(' ').map_while(|part| part.parse().ok()).collect();
            let [lightness, chroma, hue] = parts.try_into().ok()?;
            Some((name, linear(lightness, chroma, hue)))
        });
        colours.collect()
    }

    fn linear(lightness: f64, chroma: f64, hue: f64) -> Linear {
        let (sin, cos) = hue.to_radians().sin_cos();
        let (a, b) = (chroma * cos, chroma * sin);
        let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        let rgb = [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ];
        rgb.map(|part| part.clamp(0.0, 1.0))
    }

    fn oklab([red, green, blue]: Linear) -> [f64; 3] {
        let l = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
        let m = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
        let s = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
        [
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        ]
    }

    fn distance(one: Linear, other: Linear) -> f64 {
        let (one, other) = (oklab(one), oklab(other));
        one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
    }

    fn seen_without(cones: &[Linear; 3], colour: Linear) -> Linear {
        cones.map(|row| {
            let part: f64 = row.iter().zip(colour).map(|(weight, part)| weight * part).sum();
            part.clamp(0.0, 1.0)
        })
    }

    fn contrast(one: Linear, other: Linear) -> f64 {
        let light = |[red, green, blue]: Linear| 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        let (one, other) = (light(one) + 0.05, light(other) + 0.05);
        one.max(other) / one.min(other)
    }

    /// The least distance of two fills that are seen one beside the other.
    const LEAST_APART: f64 = 0.06;
    /// That of two strong colours: messages are small, and have shapes of their own.
    const LEAST_APART_STRONG: f64 = 0.055;

    /// Messages of two topics, and the roles, are told apart by everybody.
    #[test]
    fn the_colours_of_messages_and_roles_are_told_apart() {
        let groups = [
            vec!["message-vote", "message-append", "message-client", "message-snapshot"],
            vec!["leader", "candidate", "follower"],
            vec!["accent", "good", "violation", "leader"],
        ];
        for theme in 0..2 {
            let tokens = tokens(theme);
            for (one, other) in groups.iter().flat_map(|group| pairs(group)) {
                let (here, there) = (tokens[one], tokens[other]);
                for (kind, cones) in
                    [None].into_iter().chain(WITHOUT_CONES.iter().map(Some)).enumerate()
                {
                    let seen = |colour| cones.map_or(colour, |cones| seen_without(cones, colour));
                    let apart = distance(seen(here), seen(there));
                    assert!(
                        apart >= LEAST_APART_STRONG,
                        "theme {theme}, eyes {kind}: {one}, {other}: {apart:.4}"
                    );
                }
            }
        }
    }

    fn pairs<'a>(names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let with_later = |(place, one): (usize, &'a &str)| {
            names[place + 1..].iter().map(move |other| (*one, *other))
        };
        names.iter().enumerate().flat_map(with_later)
    }

    /// Two terms on the screen are told apart by everybody.
    #[test]
    fn the_fills_of_terms_are_told_apart() {
        for theme in 0..2 {
            let tokens = tokens(theme);
            let fills: Vec<Linear> =
                (1..=8).map(|term| tokens[format!("term-{term}").as_str()]).collect();
            for one in 0..8 {
                for other in (0..8).filter(|other| *other != one) {
                    let apart = distance(fills[one], fills[other]);
                    assert!(apart >= LEAST_APART, "theme {theme}: {one}, {other}: {apart:.4}");
                }
                for next in [(one + 1) % 8, (one + 2) % 8] {
                    for cones in &WITHOUT_CONES {
                        let seen = |place: usize| seen_without(cones, fills[place]);
                        let apart = distance(seen(one), seen(next));
                        assert!(apart >= LEAST_APART, "theme {theme}: {one}, {next}: {apart:.4}");
                    }
                }
            }
        }
    }

    #[test]
    fn words_and_edges_have_contrast() {
        for theme in 0..2 {
            let tokens = tokens(theme);
            let check = |ink: &str, ground: &str, least: f64| {
                let ratio = contrast(tokens[ink], tokens[ground]);
                assert!(ratio >= least, "theme {theme}: {ink} on {ground}: {ratio:.2}");
            };
            for term in 1..=8 {
                let fill = format!("term-{term}");
                check("ink", &fill, 5.9);
                check("term-ink-2", &fill, 5.2);
                check(&format!("{fill}-edge"), &fill, 3.1);
            }
            for ground in ["surface", "bg", "surface-2"] {
                for ink in ["ink", "ink-2", "ink-3", "accent", "good", "violation"] {
                    check(ink, ground, 4.5);
                }
                // One clicks on links.
                check("line-strong", ground, 2.9);
                check("ink-3", ground, 4.7);
            }
            check("line-strong", "surface", 3.0);
            check("accent-ink", "accent", 4.5);
        }
    }
}
