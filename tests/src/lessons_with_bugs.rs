//! Every lesson in `lessons` is played without a learner: each question has an answer that the run
//! gives, each wrong answer a run or a reason, each goal a way to it. Their form follows rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use raft_lab::{Lab, TaskView};
use raft_script::{Lesson, Scene, Script, Task};

/// The most steps of one lesson.
const MAX_SCENES: usize = 10;
/// The most bytes of what a scene says at once: about two sentences.
const MAX_TEXT: usize = 400;

fn lessons() -> Vec<(PathBuf, Script)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lessons");
    let mut paths = Vec::new();
    let tracks =
        fs::read_dir(folder).expect("the folder").map(|track| track.expect("a track").path());
    for track in tracks.filter(|track| track.is_dir()) {
        let files = fs::read_dir(track).expect("a folder");
        paths.extend(files.map(|file| file.expect("a file").path()));
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a text");
        let script =
            raft_script::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (path, script)
    };
    paths.into_iter().map(read).collect()
}

fn each(check: impl Fn(&Path, &Script, &Lesson) -> Vec<String>) {
    let mut mistakes = Vec::new();
    for (path, script) in lessons() {
        let lesson = Lesson::of(&script).unwrap_or_else(|| panic!("{}: no title", path.display()));
        let found = check(&path, &script, &lesson).into_iter();
        mistakes.extend(found.map(|words| format!("{}: {words}", path.display())));
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn every_lesson_is_played_to_its_end() {
    each(|_, script, _| {
        let report = raft_script::run(script, &mut |_| {});
        report.failure.map(|failure| failure.to_string()).into_iter().collect()
    });
}

/// The shortest known run of each rule is one way to its challenge.
#[test]
fn every_challenge_can_be_met() {
    let rules = raft_lab::rules();
    assert!(rules.len() > 80);
    let mut met = 0;
    for rule in rules.into_iter().filter(|rule| rule.has_challenge) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&rule.script);
        let known = fs::read_to_string(path).expect("a script");
        let text = raft_lab::challenge(&rule, &known).expect("it is a script");
        let script = raft_script::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", rule.name));
        let report = raft_script::run(&script, &mut |_| {});
        assert_eq!(report.failure, None, "{}\n{text}", rule.name);
        let mut lab = Lab::lesson(&text).expect("it is a lesson");
        lab.set_speed(f64::INFINITY);
        pass(&mut lab);
        lab.show_solution().expect("it has goals");
        pass(&mut lab);
        let lesson = lab.frame().lab.lesson.clone().expect("it plays");
        let Some(TaskView::Goals { goals, given, .. }) = &lesson.task else { panic!("{text}") };
        assert!(goals.iter().all(|goal| goal.is_reached), "{}", rule.name);
        let given = given.expect("they are reached");
        let words = format!("needs {given} statement");
        assert!(lesson.text[1].contains(&words), "{}: {given}: {:?}", rule.name, lesson.text);
        met += 1;
    }
    assert!(met > 70, "{met}");
}

fn pass(lab: &mut Lab) {
    for _ in 0..100_000 {
        if !lab.pacing().running {
            return;
        }
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
    panic!("it does not end");
}

/// The page plays the script up to a scene when somebody comes to it.
#[test]
fn every_scene_can_be_come_to() {
    each(|_, _, lesson| {
        let scenes = 0..lesson.scenes.len();
        let failures = scenes.filter_map(|scene| {
            let failure = raft_script::run(&lesson.until(scene), &mut |_| {}).failure?;
            Some(format!("scene {}: {failure}", scene + 1))
        });
        failures.collect()
    });
}

/// A misconception is refuted: that needs no goal.
#[test]
fn every_lesson_asks_and_has_goals_and_is_short() {
    each(|path, _, lesson| {
        let is_refutation = path.components().any(|part| part.as_os_str() == "misconceptions");
        let mut mistakes = Vec::new();
        let tasks = || lesson.scenes.iter().filter_map(|scene| scene.task.as_ref());
        if !tasks().any(|task| matches!(task, Task::Question { .. })) {
            mistakes.push("nothing to predict".to_owned());
        }
        let has_goals = tasks().any(|task| matches!(task, Task::Goals { .. }));
        if !has_goals && !is_refutation {
            mistakes.push("nothing to bring about".to_owned());
        }
        if lesson.text.is_empty() {
            mistakes.push("no words on what one will know".to_owned());
        }
        if lesson.scenes.len() > MAX_SCENES {
            mistakes.push(format!("{} scenes", lesson.scenes.len()));
        }
        mistakes.extend(lesson.scenes.iter().flat_map(mistakes_of));
        mistakes
    });
}

fn mistakes_of(scene: &Scene) -> Vec<String> {
    let mut mistakes = Vec::new();
    let length = |texts: &[String]| texts.iter().map(String::len).sum::<usize>();
    for texts in [&scene.text, &scene.conclusion] {
        if length(texts) > MAX_TEXT {
            mistakes.push(format!("{}: {} bytes of text", scene.title, length(texts)));
        }
    }
    if scene.text.is_empty() {
        mistakes.push(format!("{}: no text", scene.title));
    }
    if scene.task.is_some() && scene.conclusion.is_empty() {
        mistakes.push(format!("{}: no conclusion", scene.title));
    }
    mistakes
}

/// Every word of the glossary names a scene that there is.
#[test]
fn every_word_of_the_glossary_has_a_run() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lessons/glossary.txt");
    let text = fs::read_to_string(path).expect("the file");
    let lessons = lessons();
    let is_there = |run: &str| {
        let (path, title) = run.split_once(": ")?;
        let file = format!("{path}.helios");
        let (_, script) = lessons.iter().find(|(path, _)| path.ends_with(&file))?;
        Lesson::of(script)?.scenes.iter().find(|scene| scene.title == title).map(drop)
    };
    let runs: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("run: ")).collect();
    assert!(runs.len() > 80);
    let missing: Vec<&&str> = runs.iter().filter(|run| is_there(run).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
