//! The suites of tests. Each installs the tools that it needs, runs to its end also after a
//! failure of another suite, and ends with one line of results.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::Result;
use crate::counts::Counts;
use crate::toolbox::{Toolbox, WASM_TARGET};
use crate::{browser, npm, page, process, workspace};

/// The suites that run unless some are named, in their order: the fastest is first.
pub(crate) const USUAL: [Suite; 3] = [Suite::Native, Suite::Browser, Suite::EndToEnd];

/// One kind of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    /// All tests without a browser, documentation examples included.
    Native,
    /// Rust tests that run inside a browser.
    Browser,
    /// The built page, driven through a real browser.
    EndToEnd,
    /// The built page in Chromium, Firefox and WebKit, and the Rust tests in Firefox.
    Engines,
}

/// The result of one suite.
#[derive(Debug)]
pub(crate) struct SuiteResult {
    pub(crate) suite: Suite,
    pub(crate) counts: Counts,
    pub(crate) took: Duration,
    /// Why the suite failed, other than by failed tests.
    pub(crate) broken: Option<String>,
}

impl Suite {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Browser => "browser",
            Self::EndToEnd => "e2e",
            Self::Engines => "engines",
        }
    }

    /// Runs the suite. An error is part of the result.
    pub(crate) fn run(self, runner_args: &[&str]) -> SuiteResult {
        println!("\n== {} tests", self.name());
        let start = Instant::now();
        let mut counts = Counts::default();
        let result = match self {
            Self::Native => native(runner_args, &mut counts),
            Self::Browser => in_browser(runner_args, &mut counts),
            Self::EndToEnd => end_to_end(runner_args, &mut counts),
            Self::Engines => in_engines(runner_args, &mut counts),
        };
        let mut broken = result.err().map(|error| error.to_string());
        if broken.is_none() && counts.passed + counts.failed == 0 && runner_args.is_empty() {
            broken = Some("no test ran".to_owned());
        }
        if broken.is_some() {
            // A run that ended early must not look like one without failures.
            counts.failed = counts.failed.max(1);
        }
        SuiteResult { suite: self, counts, took: start.elapsed(), broken }
    }
}

impl SuiteResult {
    pub(crate) fn passed(&self) -> bool {
        self.counts.failed == 0 && self.broken.is_none()
    }

    /// `412 passed, 0 failed`, and the number of ignored tests if there are any.
    pub(crate) fn summary(&self) -> String {
        let Counts { passed, failed, ignored } = self.counts;
        let ignored = if ignored > 0 { format!(", {ignored} ignored") } else { String::new() };
        format!("{passed} passed, {failed} failed{ignored}")
    }
}

/// The task `test`.
pub(crate) fn test(args: &[&str]) -> Result<ExitCode> {
    let split = args.iter().position(|arg| *arg == "--").unwrap_or(args.len());
    let runner_args = args.get(split + 1..).unwrap_or_default();
    let results: Vec<SuiteResult> =
        chosen(&args[..split])?.into_iter().map(|suite| suite.run(runner_args)).collect();
    println!();
    results.iter().for_each(print_result);
    Ok(print_total(&results))
}

/// One line for a suite: `native   412 passed, 0 failed  38 s`.
fn print_result(result: &SuiteResult) {
    let (name, took) = (result.suite.name(), result.took.as_secs());
    println!("{name:<8} {}  {took} s", result.summary());
    if let Some(why) = &result.broken {
        println!("         {why}");
    }
}

/// Prints the last line of a run. Programs read it too: its form is fixed.
pub(crate) fn print_total(results: &[SuiteResult]) -> ExitCode {
    let passed: u64 = results.iter().map(|result| result.counts.passed).sum();
    let failed: u64 = results.iter().map(|result| result.counts.failed).sum();
    println!("{passed} passed, {failed} failed");
    if results.iter().all(SuiteResult::passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn chosen(names: &[&str]) -> Result<Vec<Suite>> {
    if names.is_empty() {
        return Ok(USUAL.to_vec());
    }
    let by_name = |name: &&str| {
        let all = USUAL.into_iter().chain([Suite::Engines]);
        let known = all.into_iter().find(|suite| suite.name() == *name);
        known.ok_or_else(|| {
            format!("no suite {name:?}: there are native, browser, e2e and engines").into()
        })
    };
    names.iter().map(by_name).collect()
}

fn native(runner_args: &[&str], counts: &mut Counts) -> Result<()> {
    // Without it, the tests that use it say so and pass.
    if browser::is_debian() && process::find_program("etcdctl").is_none() {
        println!("A cluster of servers is tested with etcd's own client; a few seconds, once.");
        browser::apt_install(&["etcd-client"])?;
    }
    let mut all = workspace::cargo();
    all.args(["test", "--workspace", "--no-fail-fast", "--"]).args(runner_args);
    // In a run of its own: the others test the code as it is delivered.
    let mut bugs = workspace::cargo();
    bugs.args([
        "test",
        "--package=helios-raft-core",
        "--features=bugs",
        "--test=bugs",
        "--no-fail-fast",
    ]);
    bugs.arg("--").args(runner_args);
    // Whole clusters with planted bugs, for the same reason in a run of their own. These tests have
    // `bugs` in their names or in that of their module.
    let mut switched = workspace::cargo();
    switched.arg("test").args(workspace::with_bugs()).args(["--no-fail-fast", "bugs"]);
    switched.arg("--").args(runner_args);
    let results = [&mut all, &mut bugs, &mut switched].map(|command| count(command, counts));
    results.into_iter().collect()
}

fn in_browser(runner_args: &[&str], counts: &mut Counts) -> Result<()> {
    let selection = workspace::browser_test_selection(&workspace::packages()?);
    if selection.is_empty() {
        return Ok(());
    }
    let mut command = browser_tests(&selection)?;
    count(command.arg("--").args(runner_args), counts)
}

/// The task `bench`: the same campaign of the fuzzer, natively and in a browser.
pub(crate) fn bench() -> Result<ExitCode> {
    process::run(workspace::cargo().args(["bench", "--package=raft-fuzz"]))?;
    let selection = ["--package=raft-fuzz", "--test=browser", "--release"].map(str::to_owned);
    let mut command = browser_tests(&selection)?;
    process::run(command.args(["--", "--nocapture", "speed"]))?;
    Ok(ExitCode::SUCCESS)
}

/// The task `spec`: the tests of the specification, which tell what they look at.
pub(crate) fn specification() -> Result<ExitCode> {
    let mut command = workspace::cargo();
    command.args(["test", "--package=raft-spec", "--release", "--"]);
    process::run(command.args(["--nocapture", "--include-ignored"]))?;
    Ok(ExitCode::SUCCESS)
}

/// `cargo test` for these targets in a browser.
fn browser_tests(selection: &[String]) -> Result<Command> {
    let browser = browser::ensure()?;
    let mut command = tests_in(&Toolbox::for_browser_tests()?, selection);
    command
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser::write_capabilities(&browser)?)
        .env("CHROMEDRIVER", &browser.driver);
    Ok(command)
}

/// `cargo test` for these targets in the browser whose driver the environment will name.
fn tests_in(toolbox: &Toolbox, selection: &[String]) -> Command {
    let default = |name: &str, value: &str| {
        (name.to_owned(), env::var(name).unwrap_or_else(|_| value.to_owned()))
    };
    let mut command = toolbox.command("cargo");
    command
        .args(["test", "--no-fail-fast", "--target", WASM_TARGET])
        .args(selection)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        // In seconds. The defaults of 20 and 5 are too short on a loaded machine.
        .envs([default("WASM_BINDGEN_TEST_TIMEOUT", "300")])
        .envs([default("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")]);
    command
}

/// The Rust tests in Firefox, and the page in three engines.
fn in_engines(runner_args: &[&str], counts: &mut Counts) -> Result<()> {
    let browser = browser::ensure()?;
    let engines = browser::ensure_engines()?;
    npm::ensure()?;
    page::build()?;
    let mut node = match process::find_program("xvfb-run") {
        // WebKit needs a display.
        Some(display) => {
            let mut command = Command::new(display);
            command.args(["-a", "node"]);
            command
        }
        None => Command::new("node"),
    };
    node.current_dir(workspace::root().join("tests/engines"))
        .args(["--test", "--test-reporter=spec"])
        .args(runner_args)
        .arg("engines.mjs")
        .env("CHROME", &browser.chromium)
        .env("FIREFOX", &engines.firefox);
    let in_page = count(&mut node, counts);
    let selection = workspace::browser_test_selection(&workspace::packages()?);
    let toolbox = Toolbox::for_firefox_tests()?;
    let mut rust = tests_in(&toolbox, &selection);
    rust.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser::write_firefox_capabilities(&engines)?)
        .env("GECKODRIVER", toolbox.program("geckodriver")?)
        .arg("--")
        .args(runner_args);
    in_page.and(count(&mut rust, counts))
}

fn end_to_end(runner_args: &[&str], counts: &mut Counts) -> Result<()> {
    let browser = browser::ensure()?;
    npm::ensure()?;
    page::build()?;
    let specs = specs()?;
    if specs.is_empty() {
        return Ok(());
    }
    let mut node = Command::new("node");
    node.current_dir(npm::folder())
        // Two files at a time: each waits much of its time for a browser.
        .args(["--test", "--test-concurrency=2", "--test-reporter=spec"])
        // In milliseconds, for one file: a test that hangs must not stop the whole run.
        .args(npm::node_limits_tests().then_some("--test-timeout=600000"))
        .args(runner_args)
        .args(specs)
        .env("CHROME", &browser.chromium);
    count(&mut node, counts)
}

/// The files of end-to-end tests, in the order of their names.
fn specs() -> Result<Vec<PathBuf>> {
    let mut specs = Vec::new();
    for entry in fs::read_dir(npm::folder())? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".spec.mjs") {
            specs.push(path);
        }
    }
    specs.sort();
    Ok(specs)
}

fn count(command: &mut Command, counts: &mut Counts) -> Result<()> {
    let status = process::run_watching(command, |line| counts.read(line))?;
    // Failed tests explain a bad exit. Without them, the run itself ended early.
    if status.success() || counts.failed > 0 {
        Ok(())
    } else {
        Err(process::ended_badly(command, status))
    }
}
