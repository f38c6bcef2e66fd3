//! The task `offline`, the end of each build of the page: what its service worker needs.
//!
//! The program's folder gets the name of its contents, and `version.json` lists all files with
//! their SHA-256. The version of the page is the hash of that list; `index.html` says it too. The
//! task can be repeated: after wasm-opt, names and list are those of the smaller modules.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::page::files_in;
use crate::{Result, icons};

/// The name of the program in `web/Cargo.toml`, with which its folder in the page begins.
pub(crate) const PROGRAM: &str = "web";

/// The list of files, which the service worker reads.
const LIST: &str = "version.json";

/// The part of `index.html` before the version.
const VERSION_BEGIN: &str = "<meta name=\"helios-version\" data-version=\"";

/// The letters of a hash in a name or a version.
const SHORT: usize = 16;

/// The task `offline` for the folder of a page.
pub(crate) fn offline(page: &Path) -> Result<ExitCode> {
    finish(page)?;
    Ok(ExitCode::SUCCESS)
}

/// Brings names, icons, version and list of a page up to date.
pub(crate) fn finish(page: &Path) -> Result<()> {
    icons::write(page)?;
    name_program(page)?;
    write_version(page)
}

/// Gives the program's folder the name of its contents.
fn name_program(page: &Path) -> Result<()> {
    let index = page.join("index.html");
    let text = fs::read_to_string(&index)?;
    let old = folder_of(&text).ok_or("index.html does not load the program")?;
    let new = format!("{PROGRAM}-{}", &hash_of_folder(&page.join(old))?[..SHORT]);
    if new != old {
        fs::rename(page.join(old), page.join(&new))?;
        fs::write(&index, text.replace(&format!("./{old}/"), &format!("./{new}/")))?;
    }
    Ok(())
}

/// The folder of the program that a page loads: `web-` and a hash.
fn folder_of(index: &str) -> Option<&str> {
    let begin = index.find(&format!("./{PROGRAM}-"))? + "./".len();
    index[begin..].split('/').next()
}

fn hash_of_folder(folder: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    for file in files_in(folder)? {
        hasher.update(file.strip_prefix(folder)?.to_string_lossy().as_bytes());
        hasher.update(hash(&fs::read(file)?));
    }
    Ok(hex(&hasher.finalize()))
}

/// Writes the version into `index.html`, and the version and the list into `version.json`.
fn write_version(page: &Path) -> Result<()> {
    let index = page.join("index.html");
    // The version is the hash of everything but itself.
    let text = with_version(&fs::read_to_string(&index)?, "")?;
    fs::write(&index, &text)?;
    let version = short_hash(Value::from(files_of(page)?).to_string().as_bytes());
    fs::write(&index, with_version(&text, &version)?)?;
    let list = json!({ "version": version, "files": files_of(page)? });
    fs::write(page.join(LIST), list.to_string())?;
    Ok(())
}

fn with_version(index: &str, version: &str) -> Result<String> {
    let (before, rest) = index.split_once(VERSION_BEGIN).ok_or("index.html has no version")?;
    let (_, after) = rest.split_once('"').ok_or("the version in index.html has no end")?;
    Ok(format!("{before}{VERSION_BEGIN}{version}\"{after}"))
}

/// All files of a page but its worker and the list, with their hashes.
fn files_of(page: &Path) -> Result<Map<String, Value>> {
    let mut files = Map::new();
    for file in files_in(page)? {
        let name = file.strip_prefix(page)?.to_string_lossy().replace('\\', "/");
        if ![LIST, "sw.js"].contains(&name.as_str()) {
            files.insert(name, hash(&fs::read(file)?).into());
        }
    }
    Ok(files)
}

/// The hash of a content, short enough for a name.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    hash(bytes)[..SHORT].to_owned()
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{LIST, SHORT, Value, finish, folder_of, hash};
    use std::fs;
    use std::path::PathBuf;

    /// A small page in a folder of its own.
    fn page(name: &str) -> PathBuf {
        let id = std::process::id();
        let folder = std::env::temp_dir().join(format!("helios-offline-{name}-{id}"));
        fs::create_dir_all(folder.join("web-1f")).unwrap();
        let index = "<meta name=\"helios-version\" data-version=\"\" />import './web-1f/web.js'";
        fs::write(folder.join("index.html"), index).unwrap();
        fs::write(folder.join("web-1f/web.js"), "main").unwrap();
        fs::write(folder.join("sw.js"), "go();").unwrap();
        folder
    }

    fn read(page: &std::path::Path, name: &str) -> String {
        fs::read_to_string(page.join(name)).unwrap()
    }

    #[test]
    fn the_list_has_every_file_and_the_program_the_name_of_its_contents() {
        let page = page("list");
        finish(&page).unwrap();
        let index = read(&page, "index.html");
        let program = folder_of(&index).unwrap();
        assert_ne!(program, "web-1f");
        assert_eq!(read(&page, &format!("{program}/web.js")), "main");
        let list: Value = serde_json::from_str(&read(&page, LIST)).unwrap();
        let names: Vec<_> = list["files"].as_object().unwrap().keys().cloned().collect();
        let in_program = format!("{program}/web.js");
        let all = ["icon-192.png", "icon-512.png", "icon.svg", "index.html", &in_program];
        assert_eq!(names, all);
        assert_eq!(list["files"]["index.html"], hash(index.as_bytes()));
        let version = index.split("data-version=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(list["version"], version);
        assert_eq!(version.len(), SHORT);
        fs::remove_dir_all(page).unwrap();
    }

    #[test]
    fn a_build_that_is_the_same_has_the_same_version_and_another_one_has_not() {
        let page = page("same");
        finish(&page).unwrap();
        let (index, list) = (read(&page, "index.html"), read(&page, LIST));
        finish(&page).unwrap();
        assert_eq!((read(&page, "index.html"), read(&page, LIST)), (index.clone(), list));
        let program = folder_of(&index).unwrap().to_owned();
        fs::write(page.join(&program).join("web.js"), "mean").unwrap();
        finish(&page).unwrap();
        let next = read(&page, "index.html");
        assert_ne!(next, index);
        assert_ne!(folder_of(&next).unwrap(), program);
        assert!(!page.join(program).exists());
        fs::remove_dir_all(page).unwrap();
    }
}
