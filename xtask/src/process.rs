//! Runs other programs: prints the command, passes its output through, and turns a bad exit into an
//! error with the command in it.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use crate::Result;

/// A command as a user would type it, for messages.
pub(crate) fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Runs a command to its end, with its output on the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.stdin(Stdio::null()).status().map_err(|e| cannot_start(command, &e))?;
    if status.success() { Ok(()) } else { Err(ended_badly(command, status)) }
}

/// Runs a command without printing it and returns its standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| cannot_start(command, &e))?;
    if !output.status.success() {
        return Err(ended_badly(command, output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command, passes its output through at once, and calls `watch` with each line of it.
pub(crate) fn run_watching(
    command: &mut Command,
    mut watch: impl FnMut(&str),
) -> Result<ExitStatus> {
    announce(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| cannot_start(command, &e))?;
    let output = child.stdout.take().expect("standard output is piped two lines above");
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        io::stdout().write_all(&line)?;
        io::stdout().flush()?;
        watch(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(child.wait()?)
}

/// The error for a command that ran and failed.
pub(crate) fn ended_badly(command: &Command, status: ExitStatus) -> Box<dyn std::error::Error> {
    format!("`{}` failed ({status})", describe(command)).into()
}

/// The path of a program on the `PATH` of this process.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    find_program_in(&env::var_os("PATH").unwrap_or_default(), name)
}

/// The path of a program on a search path.
pub(crate) fn find_program_in(path: &OsStr, name: &str) -> Option<PathBuf> {
    env::split_paths(path)
        .map(|folder| folder.join(name).with_extension(env::consts::EXE_EXTENSION))
        .find(|candidate| candidate.is_file())
}

fn announce(command: &Command) {
    println!("$ {}", describe(command));
}

fn cannot_start(command: &Command, error: &io::Error) -> Box<dyn std::error::Error> {
    format!("cannot start `{}`: {error}", describe(command)).into()
}
