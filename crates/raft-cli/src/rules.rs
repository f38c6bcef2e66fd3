//! `helios rules`: prints the rules that can be switched off.

use std::io;

use clap::Args;
use raft_lab::Rule;

use crate::output::to_stdout;

/// Print the rules that `break` and `bugs=` switch off.
///
/// For each rule: the name of its switch, the rule in words, its section of the paper, the property
/// that nodes break without it, the implementations that broke it, and the shortest known script
/// that shows it.
///
/// Exit code: 0, or 2 if this build has no switches.
#[derive(Args)]
pub(crate) struct RulesArguments {
    /// Print one JSON object for each rule, one a line: name, rule, section, breaks, seen_in,
    /// script; the section is null if no paper has the rule.
    #[arg(long)]
    json: bool,
}

/// Prints the rules. Returns the exit code.
pub(crate) fn rules(arguments: &RulesArguments) -> io::Result<u8> {
    let rules = raft_lab::rules();
    if rules.is_empty() {
        eprintln!(
            "helios: in this build no rule can be switched off. Build with the switches:\n  \
             cargo run --release --package raft-cli --features bugs -- rules"
        );
        return Ok(2);
    }
    to_stdout(|out| {
        for rule in &rules {
            match arguments.json {
                true => serde_json::to_writer(&mut *out, rule)?,
                false => write!(out, "{}", in_words(rule))?,
            }
            writeln!(out)?;
        }
        Ok(())
    })?;
    Ok(0)
}

fn in_words(rule: &Rule) -> String {
    let Rule { name, rule, section, breaks, seen_in, script, has_challenge: _ } = rule;
    let section = section.map(|section| format!(" ({section})")).unwrap_or_default();
    format!("{name}{section}: {rule}\n    breaks {breaks}; seen in {seen_in}; {script}")
}
