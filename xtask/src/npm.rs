//! The npm packages of the end-to-end tests.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::{browser, process, workspace};

/// The oldest Node with `node --test` and the modules that the tests import.
const OLDEST_NODE: u32 = 18;

/// The folder of the end-to-end tests.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("tests/e2e")
}

/// Installs the packages of the lock file, and on Debian also Node.
pub(crate) fn ensure() -> Result<()> {
    ensure_node()?;
    let lock = fs::read_to_string(folder().join("package-lock.json"))?;
    // The lock file of the last install. `npm ci` always installs everything, so skip it if it can
    // be.
    let installed = folder().join("node_modules/.helios-lock");
    if fs::read_to_string(&installed).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder());
    // The tests use the system's browser, not one that Playwright downloads.
    process::run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    fs::write(installed, lock)?;
    Ok(())
}

/// Whether this `node --test` has a limit for the time of one file.
pub(crate) fn node_limits_tests() -> bool {
    node_version().is_some_and(|version| version >= (20, 11))
}

/// Node and npm; on Debian they are installed.
pub(crate) fn ensure_node() -> Result<()> {
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
    let needed = format!(
        "the end-to-end tests need Node {OLDEST_NODE} or newer, and npm: https://nodejs.org"
    );
    Err(needed.into())
}

fn has_node() -> bool {
    process::find_program("npm").is_some()
        && node_version().is_some_and(|(major, _)| major >= OLDEST_NODE)
}

fn node_version() -> Option<(u32, u32)> {
    process::find_program("node")?;
    parse_version(&process::capture(Command::new("node").arg("--version")).ok()?)
}

/// The first two numbers of `v20.20.2`.
fn parse_version(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn the_version_of_node_is_its_first_two_numbers() {
        assert_eq!(parse_version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(parse_version("20.1"), None);
    }
}
