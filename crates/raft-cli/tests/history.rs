//! The lines that `helios debug` keeps between runs, typed at a terminal.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::pty::openpty;

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("script.helios"), "cluster nodes=3\n").unwrap();
    folder
}

/// The folder of the state, and the file of the lines in it.
fn state_and_file(folder: &Path) -> (PathBuf, PathBuf) {
    let state = folder.join("state");
    fs::create_dir_all(state.join("helios")).unwrap();
    (state.clone(), state.join("helios/history"))
}

/// Debugs a script, and types these lines and `quit` at the prompts. What the screen shows, and
/// standard error.
fn typed(folder: &Path, state: &Path, lines: &[&str]) -> (String, String) {
    let pty = openpty(None, None).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_helios"))
        .args(["debug", folder.join("script.helios").to_str().unwrap()])
        .env("XDG_STATE_HOME", state)
        .env("HOME", folder.join("home"))
        .env("TERM", "xterm")
        .stdin(Stdio::from(pty.slave.try_clone().unwrap()))
        .stdout(Stdio::from(pty.slave))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut terminal = File::from(pty.master);
    let mut screen = String::new();
    for line in lines.iter().chain(&["quit"]) {
        read_to_prompt(&mut terminal, &mut screen);
        terminal.write_all(format!("{line}\r").as_bytes()).unwrap();
    }
    // The terminal ends with an error when the program does.
    let mut rest = Vec::new();
    let _ = terminal.read_to_end(&mut rest);
    screen += &String::from_utf8_lossy(&rest);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{screen}");
    (screen, String::from_utf8(output.stderr).unwrap())
}

/// Reads until a prompt is shown.
fn read_to_prompt(terminal: &mut File, screen: &mut String) {
    let before = screen.len();
    while !screen[before..].contains("ms> ") {
        let mut bytes = [0; 4096];
        let count = terminal.read(&mut bytes).unwrap();
        assert!(count > 0, "it ended: {screen}");
        *screen += &String::from_utf8_lossy(&bytes[..count]);
    }
}

const UP: &str = "\x1b[A";

#[test]
fn lines_are_recalled_in_a_later_run() {
    let folder = folder("history-recalled");
    let (state, file) = state_and_file(&folder);
    let (_, error) = typed(&folder, &state, &["mark first", "mark second"]);
    assert_eq!(error, "");
    assert_eq!(fs::read_to_string(&file).unwrap(), "#V2\nmark first\nmark second\nquit\n");
    let (screen, _) = typed(&folder, &state, &[&UP.repeat(3)]);
    assert!(screen.contains("first is 0.000ms"), "{screen}");
}

#[test]
fn the_last_lines_are_kept() {
    let folder = folder("history-bounded");
    let (state, file) = state_and_file(&folder);
    let lines: Vec<String> = (0..1500).map(|number| format!("mark m{number}\n")).collect();
    fs::write(&file, format!("#V2\n{}", lines.concat())).unwrap();
    typed(&folder, &state, &["mark last"]);
    let kept = fs::read_to_string(&file).unwrap();
    assert_eq!(kept.lines().count(), 1 + 1000);
    assert!(kept.starts_with("#V2\nmark m502\n") && kept.ends_with("mark last\nquit\n"), "{kept}");
}

#[test]
fn without_a_folder_of_the_state_it_is_at_home() {
    let folder = folder("history-home");
    let no_folder = folder.join("script.helios");
    let (_, error) = typed(&folder, &no_folder, &["help"]);
    assert_eq!(error, "");
    let kept = fs::read_to_string(folder.join("home/.local/state/helios/history")).unwrap();
    assert_eq!(kept, "#V2\nhelp\nquit\n");
}

#[test]
fn without_a_folder_nothing_is_kept() {
    let folder = folder("history-nowhere");
    fs::write(folder.join("home"), "").unwrap();
    let (screen, error) = typed(&folder, &folder.join("home"), &["mark here"]);
    assert!(screen.contains("here is 0.000ms"), "{screen}");
    assert_eq!(error, "");
}

#[test]
fn a_damaged_file_is_one_warning_and_stays() {
    let folder = folder("history-damaged");
    let (state, file) = state_and_file(&folder);
    fs::write(&file, b"#V2\nmark \xff\xfe\n").unwrap();
    let (screen, error) = typed(&folder, &state, &["mark here", "mark there"]);
    assert!(screen.contains("here is 0.000ms") && screen.contains("there is 0.000ms"), "{screen}");
    assert!(error.starts_with("helios: lines are not kept in ") && error.lines().count() == 1);
    assert_eq!(fs::read(&file).unwrap(), b"#V2\nmark \xff\xfe\n");
}

#[test]
fn a_file_that_cannot_be_written_is_one_warning() {
    let folder = folder("history-unwritable");
    let (state, file) = state_and_file(&folder);
    // A link to a file in a folder that is not there: it cannot be read and not be made.
    std::os::unix::fs::symlink(folder.join("nowhere/history"), &file).unwrap();
    let (screen, error) = typed(&folder, &state, &["mark here", "mark there"]);
    assert!(screen.contains("there is 0.000ms"), "{screen}");
    assert!(error.contains("lines are not kept in ") && error.lines().count() == 1, "{error}");
}
