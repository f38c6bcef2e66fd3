//! The tools that this repository needs. Each is pinned to one version and installed into a folder
//! of its own, so that no program of the user is replaced.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Result;
use crate::{process, workspace};

/// The target that the page is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
const TRUNK_VERSION: &str = "0.21.14";
const WASM_SPLIT_VERSION: &str = "0.2.4";
const GECKODRIVER_VERSION: &str = "0.37.1";
const CARGO_MUTANTS_VERSION: &str = "27.1.0";

/// A search path with all tools of a task on it.
#[derive(Debug)]
pub(crate) struct Toolbox {
    path: OsString,
}

/// A program that `cargo install` builds.
struct Tool {
    package: &'static str,
    /// The programs that we call.
    programs: &'static [&'static str],
    /// With these arguments the first program reports its version. Empty: it does not, and only
    /// one in the folder of that version counts.
    version_args: &'static [&'static str],
    version: String,
    install_args: &'static [&'static str],
    why: &'static str,
    duration: &'static str,
}

impl Toolbox {
    /// The tools that build the page.
    pub(crate) fn for_page() -> Result<Self> {
        Self::with(Some(WASM_TARGET), vec![trunk(), wasm_bindgen()?, wasm_split()])
    }

    /// The tools that run Rust tests in a browser.
    pub(crate) fn for_browser_tests() -> Result<Self> {
        Self::with(Some(WASM_TARGET), vec![wasm_bindgen()?])
    }

    /// The tools that run Rust tests in Firefox.
    pub(crate) fn for_firefox_tests() -> Result<Self> {
        Self::with(Some(WASM_TARGET), vec![wasm_bindgen()?, geckodriver()])
    }

    /// The path of a program of the toolbox.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        process::find_program_in(&self.path, name)
            .ok_or_else(|| format!("{name} is missing").into())
    }

    /// The tool that plants mutants.
    pub(crate) fn for_mutants() -> Result<Self> {
        Self::with(None, vec![cargo_mutants()])
    }

    /// A command that finds the tools.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(workspace::root()).env("PATH", &self.path);
        // Trunk 0.21 does not start with NO_COLOR=1: it reads that as a malformed option.
        command.env_remove("NO_COLOR");
        command
    }

    fn with(target: Option<&str>, tools: Vec<Tool>) -> Result<Self> {
        let mut toolbox = Self { path: env::var_os("PATH").unwrap_or_default() };
        let mut missing = Vec::new();
        for tool in tools {
            if toolbox.has(&tool) {
                continue;
            }
            toolbox.prepend(&tool)?;
            if !toolbox.has(&tool) {
                missing.push(tool);
            }
        }
        let target = match target {
            Some(target) if !has_target(target)? => Some(target),
            _ => None,
        };
        announce(target, &missing)?;
        if let Some(target) = target {
            add_target(target)?;
        }
        for tool in &missing {
            toolbox.install(tool)?;
        }
        Ok(toolbox)
    }

    /// Whether the tool is on the search path, in the right version.
    fn has(&self, tool: &Tool) -> bool {
        let first = tool.programs[0];
        let all_there =
            tool.programs.iter().all(|name| process::find_program_in(&self.path, name).is_some());
        if tool.version_args.is_empty() {
            let folder = tool.folder().map(|folder| folder.join("bin"));
            return folder.is_ok_and(|folder| {
                process::find_program_in(folder.as_os_str(), first).is_some()
                    && env::split_paths(&self.path).any(|part| part == folder)
            });
        }
        let version = || {
            let output =
                self.command(first).args(tool.version_args).stderr(Stdio::null()).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.split_whitespace().nth(1).map(str::to_owned)
        };
        all_there && version().as_deref() == Some(&tool.version)
    }

    fn prepend(&mut self, tool: &Tool) -> Result<()> {
        let folders = [tool.folder()?.join("bin")];
        self.path = env::join_paths(folders.into_iter().chain(env::split_paths(&self.path)))?;
        Ok(())
    }

    fn install(&self, tool: &Tool) -> Result<()> {
        let mut command = Command::new("cargo");
        command
            .args(["install", tool.package, "--version", &tool.version])
            .args(tool.install_args)
            .arg("--root")
            .arg(tool.folder()?);
        process::run(&mut command)?;
        if self.has(tool) {
            return Ok(());
        }
        Err(format!(
            "{} is installed, but `{} {}` does not print {}",
            tool.package,
            tool.programs[0],
            tool.version_args.join(" "),
            tool.version
        )
        .into())
    }
}

impl Tool {
    fn folder(&self) -> Result<PathBuf> {
        Ok(tools_folder()?.join(format!("{}-{}", self.package, self.version)))
    }
}

/// Installs a target of Rust if it is missing.
pub(crate) fn ensure_target(target: &str) -> Result<()> {
    if has_target(target)? { Ok(()) } else { add_target(target) }
}

/// The folder for the tools of this repository.
pub(crate) fn tools_folder() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("HELIOS_TOOLS") {
        return Ok(folder.into());
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?;
        Some(PathBuf::from(home).join(".cache"))
    });
    let cache = cache.ok_or("HOME is not set: set HELIOS_TOOLS to a folder for the tools")?;
    Ok(cache.join("helios-tools"))
}

fn trunk() -> Tool {
    Tool {
        package: "trunk",
        programs: &["trunk"],
        version_args: &["--version"],
        version: TRUNK_VERSION.to_owned(),
        // The default features are an update check and TLS; we use neither.
        install_args: &["--locked", "--no-default-features"],
        why: "puts the page together",
        duration: "about 5 minutes on 2 cores",
    }
}

fn wasm_bindgen() -> Result<Tool> {
    // The command must have the version of the crate, which is in the lock file.
    let lock = fs::read_to_string(workspace::root().join("Cargo.lock"))?;
    let version = workspace::locked_version(&lock, "wasm-bindgen")
        .ok_or("Cargo.lock does not name wasm-bindgen")?;
    Ok(Tool {
        package: "wasm-bindgen-cli",
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        version_args: &["--version"],
        version,
        // Not --locked: its lock file has a version that the registry no longer serves.
        install_args: &[],
        why: "connects WebAssembly with JavaScript",
        duration: "about 2 minutes on 2 cores",
    })
}

fn wasm_split() -> Tool {
    Tool {
        package: "wasm_split_cli_support",
        programs: &["wasm-split-cli"],
        version_args: &[],
        version: WASM_SPLIT_VERSION.to_owned(),
        install_args: &["--locked", "--features", "build-binary"],
        why: "divides the page's program into parts",
        duration: "about 1 minute on 2 cores",
    }
}

fn geckodriver() -> Tool {
    Tool {
        package: "geckodriver",
        programs: &["geckodriver"],
        version_args: &["--version"],
        version: GECKODRIVER_VERSION.to_owned(),
        install_args: &["--locked"],
        why: "starts Firefox for tests",
        duration: "about 3 minutes on 2 cores",
    }
}

fn cargo_mutants() -> Tool {
    Tool {
        package: "cargo-mutants",
        programs: &["cargo-mutants"],
        version_args: &["mutants", "--version"],
        version: CARGO_MUTANTS_VERSION.to_owned(),
        install_args: &["--locked"],
        why: "changes one rule at a time, to see whether a test notices",
        duration: "about 1 minute on 2 cores",
    }
}

fn announce(target: Option<&str>, missing: &[Tool]) -> Result<()> {
    if target.is_none() && missing.is_empty() {
        return Ok(());
    }
    println!("These tools are not on this machine yet:");
    if let Some(target) = target {
        println!("  - {target}, a target of Rust: compiles the page; a few seconds");
    }
    for Tool { package, version, why, duration, .. } in missing {
        println!("  - {package} {version}: {why}; {duration}");
    }
    if !missing.is_empty() {
        println!("Tools go to {}; they are installed once.", tools_folder()?.display());
    }
    Ok(())
}

fn has_target(target: &str) -> Result<bool> {
    let mut command = Command::new("rustc");
    command.current_dir(workspace::root()).args(["--print", "target-libdir", "--target"]);
    let folder = process::capture(command.arg(target))?;
    Ok(PathBuf::from(folder.trim()).is_dir())
}

fn add_target(target: &str) -> Result<()> {
    if process::find_program("rustup").is_none() {
        return Err(format!(
            "this Rust cannot compile for {target}, and rustup, which adds targets, is missing.\n\
             Install the target with the package manager that installed Rust, or install Rust \
             from https://rustup.rs"
        )
        .into());
    }
    let mut command = Command::new("rustup");
    process::run(command.current_dir(workspace::root()).args(["target", "add", target]))
}
