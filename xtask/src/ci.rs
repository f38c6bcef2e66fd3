//! The task `ci`: all checks, one after another, also after a failed one, and a table of results
//! and times.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::Result;
use crate::suites::{self, SuiteResult};
use crate::toolbox::{self, WASM_TARGET};
use crate::workspace::{self, PAGE_PACKAGES, PUBLISHED_PACKAGES};
use crate::{browser, process, tidy};

type Check = (&'static str, fn() -> Result<()>);

/// A machine without an operating system: code for it needs no standard library.
const BARE_TARGET: &str = "thumbv7m-none-eabi";

const CHECKS: [Check; 9] = [
    ("format", check_format),
    ("clippy", clippy_native),
    ("clippy wasm32", clippy_wasm),
    ("bare metal", core_on_bare_metal),
    ("docs", docs_native),
    ("docs wasm32", docs_wasm),
    ("tidy", tidy::check),
    ("alerts", check_alerts),
    ("publish", publish_dry_run),
];

/// One line of the closing table.
struct Row {
    name: String,
    result: String,
    seconds: u64,
}

/// Runs everything; fails if anything does.
pub(crate) fn ci() -> Result<ExitCode> {
    ensure_components()?;
    ensure_programs();
    let mut rows = Vec::new();
    let mut all_checks_hold = true;
    for (name, check) in CHECKS {
        println!("\n== {name}");
        let start = Instant::now();
        let result = check();
        if let Err(error) = &result {
            eprintln!("{error}");
            all_checks_hold = false;
        }
        let result = if result.is_ok() { "ok" } else { "failed" }.to_owned();
        rows.push(Row { name: name.to_owned(), result, seconds: start.elapsed().as_secs() });
    }
    let tests: Vec<SuiteResult> = suites::USUAL.into_iter().map(|suite| suite.run(&[])).collect();
    rows.extend(tests.iter().map(|result| Row {
        name: result.suite.name().to_owned(),
        result: result.summary(),
        seconds: result.took.as_secs(),
    }));
    println!();
    for Row { name, result, seconds } in &rows {
        println!("{name:<14} {result:<28} {seconds:>5} s");
    }
    for result in &tests {
        if let Some(why) = &result.broken {
            println!("{}: {why}", result.suite.name());
        }
    }
    let code = suites::print_total(&tests);
    Ok(if all_checks_hold { code } else { ExitCode::FAILURE })
}

/// Programs of others that tests run, with their packages in Debian.
const PROGRAMS: [(&str, &str); 2] = [("etcdctl", "etcd-client"), ("parallel", "parallel")];

/// Installs them where that can be done. Tests of what is not there say so and are passed over.
fn ensure_programs() {
    let is_missing = |(name, _): &&(&str, &str)| process::find_program(name).is_none();
    let missing: Vec<&str> = PROGRAMS.iter().filter(is_missing).map(|(_, it)| *it).collect();
    if !missing.is_empty()
        && browser::is_debian()
        && let Err(error) = browser::apt_install(&missing)
    {
        eprintln!("{error}\nThe tests that need {} are passed over.", missing.join(", "));
    }
}

/// Installs rustfmt and Clippy: rustup's minimal profile is without them.
fn ensure_components() -> Result<()> {
    for (program, component) in [("rustfmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let answers = Command::new(program).arg("--version").output();
        if answers.is_ok_and(|output| output.status.success()) {
            continue;
        }
        if process::find_program("rustup").is_none() {
            return Err(format!(
                "{component} is missing, and so is rustup, which could install it"
            )
            .into());
        }
        process::run(Command::new("rustup").args(["component", "add", component]))?;
    }
    toolbox::ensure_target(WASM_TARGET)?;
    toolbox::ensure_target(BARE_TARGET)
}

fn check_format() -> Result<()> {
    process::run(workspace::cargo().args(["fmt", "--all", "--", "--check"]))
}

fn clippy_native() -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["clippy", "--workspace", "--all-targets"]);
    process::run(command.args(["--", "-D", "warnings"]))?;
    let mut command = workspace::cargo();
    command.args(["clippy", "--package=helios-raft-core", "--features=bugs", "--all-targets"]);
    process::run(command.args(["--", "-D", "warnings"]))?;
    let mut command = workspace::cargo();
    command.args(["clippy", "--all-targets"]).args(workspace::with_bugs());
    process::run(command.args(["--", "-D", "warnings"]))
}

fn clippy_wasm() -> Result<()> {
    let mut command = workspace::cargo();
    command.args([
        "clippy",
        "--target",
        WASM_TARGET,
        "--package=helios-raft-core",
        "--lib",
        "--bins",
    ]);
    command.args(PAGE_PACKAGES.map(|name| format!("--package={name}")));
    process::run(command.args(["--", "-D", "warnings"]))?;
    let browser_tests = workspace::browser_test_selection(&workspace::packages()?);
    if browser_tests.is_empty() {
        return Ok(());
    }
    let mut command = workspace::cargo();
    command.args(["clippy", "--target", WASM_TARGET, "--profile=test"]).args(browser_tests);
    process::run(command.args(["--", "-D", "warnings"]))
}

/// The packages for crates.io could be published: each is packed, and compiles from what is packed.
fn publish_dry_run() -> Result<()> {
    forget_unpacked()?;
    // What was compiled from an earlier package of the same version would be taken too.
    let target = workspace::target_dir().join("publish");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    let mut command = workspace::cargo();
    // Not yet committed changes are checked too.
    command.args(["publish", "--dry-run", "--allow-dirty"]).arg("--target-dir").arg(target);
    process::run(command.args(PUBLISHED_PACKAGES.map(|name| format!("--package={name}"))))
}

/// Cargo unpacks a packed package once for each version, and then takes what it finds. Ours change
/// without a new version.
fn forget_unpacked() -> Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let Some(registries) = home.map(|home| home.join("registry/src")) else { return Ok(()) };
    for registry in entries(&registries) {
        // Those of packed packages have no host before their digest.
        let is_local = registry.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'-');
        for unpacked in if is_local { entries(&registry) } else { Vec::new() } {
            let name = unpacked.file_name().unwrap_or_default().to_string_lossy();
            if PUBLISHED_PACKAGES.iter().any(|ours| name.starts_with(&format!("{ours}-"))) {
                fs::remove_dir_all(&unpacked)?;
            }
        }
    }
    Ok(())
}

/// What is in a folder; nothing, if there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The core compiles without a standard library, with any feature.
fn core_on_bare_metal() -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["clippy", "--package=helios-raft-core", "--lib", "--target", BARE_TARGET]);
    process::run(command.args(["--features=serde,bugs", "--", "-D", "warnings"]))
}

/// The alerts of `docs/deploy` fire where their tests say so. `promtool` is not installed for them:
/// Debian's package starts a server too.
fn check_alerts() -> Result<()> {
    if process::find_program("promtool").is_none() {
        println!("skipped: promtool is missing; Debian's package `prometheus` has it");
        return Ok(());
    }
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts-test.yml"]] {
        let mut promtool = Command::new("promtool");
        promtool.current_dir(workspace::root().join("docs/deploy")).args(arguments);
        process::run(&mut promtool)?;
    }
    Ok(())
}

fn docs_native() -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["doc", "--workspace", "--no-deps"]);
    // Most of their code exists for WebAssembly only, and links to it would not resolve here.
    command.args(PAGE_PACKAGES.map(|name| format!("--exclude={name}")));
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn docs_wasm() -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["doc", "--no-deps", "--target", WASM_TARGET]);
    command.args(PAGE_PACKAGES.map(|name| format!("--package={name}")));
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}
