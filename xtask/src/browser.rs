//! Browsers and their drivers: how they are found, and on Debian installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::Result;
use crate::{process, workspace};

/// A browser and its driver, both of the same version.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

const CHROMIUM_NAMES: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const HOW_TO_INSTALL: &str = "\
The tests in a browser need Chromium (or Chrome) and the chromedriver of the same version.
  Fedora: dnf install chromium chromedriver    Arch: pacman -S chromium
  macOS:  brew install --cask chromium chromedriver
  elsewhere: https://googlechromelabs.github.io/chrome-for-testing
If they are not on the PATH, set CHROME and CHROMEDRIVER to the two programs.";

/// Finds the browser, and installs it on Debian if it is missing.
pub(crate) fn ensure() -> Result<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if !is_debian() {
        return Err(HOW_TO_INSTALL.into());
    }
    println!("The tests in a browser need Chromium and its driver; about a minute, once.");
    apt_install(&["chromium", "chromium-driver", "fonts-dejavu-core"])?;
    find().ok_or_else(|| HOW_TO_INSTALL.into())
}

/// What the tests of engines need beside Chromium.
#[derive(Debug)]
pub(crate) struct Engines {
    pub(crate) firefox: PathBuf,
}

/// Finds Firefox, and installs it on Debian with WebKit if it is missing.
pub(crate) fn ensure_engines() -> Result<Engines> {
    let find = || {
        let programs = ["firefox-esr", "firefox"];
        chosen("FIREFOX").or_else(|| programs.iter().find_map(|name| process::find_program(name)))
    };
    let is_complete = || process::find_program("WebKitWebDriver").is_some() && find().is_some();
    if is_debian() && !is_complete() {
        println!("The tests of engines need Firefox and WebKit; about a minute, once.");
        apt_install(&["firefox-esr", "webkit2gtk-driver", "xvfb", "xauth"])?;
    }
    let firefox = find().ok_or("the tests of engines need Firefox: set FIREFOX to its program")?;
    Ok(Engines { firefox })
}

/// Writes the file that tells `wasm-bindgen-test-runner` how to start Firefox.
pub(crate) fn write_firefox_capabilities(engines: &Engines) -> Result<PathBuf> {
    // Firefox asks a person whether a page may keep its data; without one it would wait for ever.
    let prefs = json!({
        "dom.storageManager.prompt.testing": true,
        "dom.storageManager.prompt.testing.allow": true,
    });
    let options = json!({ "binary": engines.firefox, "args": ["-headless"], "prefs": prefs });
    let path = workspace::target_dir().join("webdriver-firefox.json");
    fs::create_dir_all(workspace::target_dir())?;
    fs::write(&path, json!({ "moz:firefoxOptions": options }).to_string())?;
    Ok(path)
}

/// Installs Debian packages, with sudo unless the user is root.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    process::run(apt()?.arg("update"))?;
    process::run(apt()?.args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// Whether `apt-get` can install Chromium. Not on Ubuntu: its `chromium` is a stub that needs snap.
pub(crate) fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=debian") && process::find_program("apt-get").is_some()
}

/// Writes the file that tells `wasm-bindgen-test-runner` how to start the browser.
pub(crate) fn write_capabilities(browser: &Browser) -> Result<PathBuf> {
    let capabilities = json!({
        "goog:chromeOptions": {
            "binary": browser.chromium,
            "args": [
                "--headless=new",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        }
    });
    let path = workspace::target_dir().join("webdriver.json");
    fs::create_dir_all(workspace::target_dir())?;
    fs::write(&path, capabilities.to_string())?;
    Ok(path)
}

/// The program that a variable of the environment names.
fn chosen(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

fn find() -> Option<Browser> {
    let on_mac = || {
        let path = Path::new("/Applications/Chromium.app/Contents/MacOS/Chromium");
        path.is_file().then(|| path.to_path_buf())
    };
    let chromium = chosen("CHROME")
        .or_else(|| CHROMIUM_NAMES.iter().find_map(|name| process::find_program(name)))
        .or_else(on_mac)?;
    let driver = chosen("CHROMEDRIVER").or_else(|| process::find_program("chromedriver"))?;
    Some(Browser { chromium, driver })
}

fn apt() -> Result<Command> {
    let as_root = process::capture(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if as_root {
        Command::new("apt-get")
    } else if process::find_program("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    } else {
        return Err(format!(
            "packages cannot be installed without root or sudo.\n{HOW_TO_INSTALL}"
        )
        .into());
    };
    command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    Ok(command)
}
