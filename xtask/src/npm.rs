//! The npm packages of the end-to-end tests.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::{browser, process, workspace};

/// `node --test` and what the tests import need this or a newer one.
const OLDEST_NODE: u32 = 18;

/// The folder of the end-to-end tests.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("tests/e2e")
}

/// Brings Node where that is possible, and the packages that the lock file names.
pub(crate) fn ensure() -> Result<()> {
    ensure_node()?;
    let lock = fs::read_to_string(folder().join("package-lock.json"))?;
    // What was installed last; `npm ci` starts from nothing, so it is worth to skip it.
    let installed = folder().join("node_modules/.helios-lock");
    if fs::read_to_string(&installed).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder());
    // Browsers come from the system: Playwright's own download is of no use here.
    process::run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    fs::write(installed, lock)?;
    Ok(())
}

fn ensure_node() -> Result<()> {
    if has_node() {
        return Ok(());
    }
    if browser::is_debian() && process::find_program("node").is_none() {
        println!("The end-to-end tests are driven by Node; about a minute, once.");
        browser::apt_install(&["nodejs", "npm"])?;
    }
    if has_node() {
        return Ok(());
    }
    Err(format!(
        "the end-to-end tests need Node {OLDEST_NODE} or newer, and npm: https://nodejs.org"
    )
    .into())
}

fn has_node() -> bool {
    let programs = ["node", "npm"].iter().all(|name| process::find_program(name).is_some());
    programs
        && process::capture(Command::new("node").arg("--version"))
            .is_ok_and(|text| major(&text).is_some_and(|major| major >= OLDEST_NODE))
}

/// The first number of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_of_node_is_its_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20.1"), None);
    }
}
