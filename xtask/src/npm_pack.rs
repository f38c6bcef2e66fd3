//! The task `npm-pack`: the npm package `helios-lab`, with the element and the built page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::page::files_in;
use crate::{Result, npm, page, process, workspace};

/// The sources of the package.
const SOURCES: &str = "web/npm";

/// The folder of the page in the package.
const LAB: &str = "lab";

/// Builds the page as it is published, unless a built one is given, and packs the package.
pub(crate) fn npm_pack(built: Option<&Path>) -> Result<ExitCode> {
    npm::ensure_node()?;
    let page = match built {
        Some(page) => page.to_path_buf(),
        None => {
            page::build_to_publish()?;
            page::dist_folder()
        }
    };
    let package = package(&page)?;
    process::run(
        Command::new("npm").args(["pack", "--pack-destination", ".."]).current_dir(package),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Puts the package together in the target folder, and returns where it is.
fn package(page: &Path) -> Result<PathBuf> {
    let package = workspace::target_dir().join("npm/package");
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    copy(&workspace::root().join(SOURCES), &package)?;
    copy(page, &package.join(LAB))?;
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(workspace::root().join(license), package.join(license))?;
    }
    Ok(package)
}

/// Copies all files of a folder.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in files_in(from)? {
        let copy = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(copy.parent().expect("a file is in a folder"))?;
        fs::copy(file, copy)?;
    }
    Ok(())
}
