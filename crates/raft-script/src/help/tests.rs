use super::{console_help, help, help_of};
use crate::{complete, parse_input};

/// A form without what may be left out, and with the first choice of it.
fn variants(form: &str) -> [String; 2] {
    let (mut short, mut long) = (String::new(), String::new());
    for (place, part) in form.split(['[', ']']).enumerate() {
        if place % 2 == 0 {
            short.push_str(part);
            long.push_str(part);
        } else {
            long.push_str(part.split('|').next().unwrap_or_default());
        }
    }
    [short, long]
}

/// The parser understands each form of the help, and the printer is its inverse there: so a new
/// statement or command is tested by its row alone.
#[test]
fn every_form_is_understood() {
    let mut checked = 0;
    for line in help().into_iter().chain(console_help()) {
        let form = line.form.as_str();
        let lines: Vec<String> = match form {
            settings if settings.starts_with("        ") => vec![format!("cluster {settings}")],
            conditions if conditions.starts_with("  ") => conditions
                .split(", ")
                .map(|condition| format!("expect {}", condition.trim()))
                .map(|line| line.replace("CONDITION", "leader"))
                .collect(),
            "3, leader, any follower, all" | "others" => {
                form.split(", ").map(|nodes| format!("crash {nodes}")).collect()
            }
            durations if durations.starts_with("20us") => {
                durations.split(", ").map(|duration| format!("run {duration}")).collect()
            }
            texts if texts.starts_with('"') => {
                texts.split(", ").map(|text| format!("set {text}={text}")).collect()
            }
            comment if comment.starts_with('#') => continue,
            statement => {
                statement.replace("CONDITION", "leader").split(", ").map(str::to_owned).collect()
            }
        };
        for line in lines.iter().flat_map(|line| variants(line)) {
            match parse_input(&line) {
                Ok(Some(input)) => {
                    let printed = input.to_string();
                    assert_eq!(parse_input(&printed), Ok(Some(input)), "{line}: {printed}");
                    checked += 1;
                }
                Ok(None) => panic!("{line} is nothing"),
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(checked > 80, "{checked} forms");
}

#[test]
fn each_word_has_help_of_its_own() {
    for offer in complete("", 0, None) {
        let forms = help_of(&offer.text);
        let same =
            help().iter().any(|line| line.meaning.contains(&format!("{} is the same", offer.text)));
        assert!(same || forms.iter().any(|line| line.form.contains(&offer.text)), "{offer:?}");
    }
    assert!(help_of("expect").iter().any(|line| line.form.trim() == "leader"));
    assert!(help_of("goto").iter().any(|line| line.form == "goto end"));
    assert!(help_of("frob").is_empty());
}
