//! `helios debug` with lines from a pipe. Each file in `debug/` has the arguments, the lines that
//! are given, and after `---` what is printed. `UPDATE_GOLDENFILES=1` writes the last part.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{code, helios, helios_with_input, stdout};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Plays each file whose name begins so.
fn play(begins: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/debug");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_wanted = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_str().unwrap().starts_with(begins))
    };
    let mut played = 0;
    for path in paths.filter(is_wanted) {
        let text = fs::read_to_string(&path).unwrap();
        let (given, expected) = text.split_once("---\n").expect("a line between the two parts");
        let (arguments, lines) = given.split_once('\n').expect("arguments");
        let mut arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        let script = arguments.pop().unwrap();
        arguments.push(root().join(script).to_str().unwrap().to_owned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = helios_with_input(&[&["debug"], &arguments[..]].concat(), lines);
        assert_eq!(code(&output), 0, "{path:?}: {}", String::from_utf8_lossy(&output.stderr));
        if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
            fs::write(&path, format!("{given}---\n{}", stdout(&output))).unwrap();
        } else {
            assert_eq!(stdout(&output), expected, "{path:?}");
        }
        played += 1;
    }
    assert!(played > 0, "no file begins with {begins}");
}

#[test]
fn scenarios_are_debugged() {
    play("scenario-");
}

/// Their scripts switch rules off.
#[cfg(feature = "bugs")]
#[test]
fn scripts_of_bugs_are_debugged() {
    play("bugs-");
}

#[test]
fn what_is_no_script_is_an_error() {
    let output = helios(&["debug", "no/such/file.helios"]);
    assert_eq!(code(&output), 2);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.starts_with("helios: no/such/file.helios: cannot be read: "), "{error}");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("back.helios");
    fs::write(&path, "cluster nodes=3\nrun 1s\nback 3\n").unwrap();
    let path = path.to_str().unwrap();
    for command in ["debug", "run"] {
        let output = helios(&[command, path]);
        assert_eq!(code(&output), 2);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(
            said.contains("`back` is a command of the console and of `helios debug`"),
            "{said}"
        );
    }
}

/// The text of a script does not control the terminal.
#[test]
fn control_characters_are_not_printed() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("control.helios");
    fs::write(&path, "cluster nodes=3\nrun until leader\n").unwrap();
    let output =
        helios_with_input(&["debug", path.to_str().unwrap()], "frob \x1b[31m\nquit\nundo\n");
    assert!(stdout(&output).contains("expected a statement"), "{}", stdout(&output));
    assert!(!stdout(&output).contains('\x1b'), "{}", stdout(&output));
    assert!(!stdout(&output).contains("> undo"), "`quit` ends");
}

/// An expectation that fails is where the script stands, and what came before can be looked at.
#[test]
fn a_script_that_fails_is_opened_where_it_fails() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fails.helios");
    fs::write(&path, "cluster nodes=3\nrun until leader\nexpect committed x=1\nrun 1s\n").unwrap();
    let output = helios_with_input(&["debug", path.to_str().unwrap()], "back\ncontinue\n");
    let text = stdout(&output);
    assert!(text.contains("error: expected committed x=1, found: no value of x"), "{text}");
    assert!(text.contains("error: The script stopped at line 3."), "{text}");
    assert!(text.contains(" in main\n") && text.contains("error: nothing waits"), "{text}");
}
