//! The task `parts`, which Trunk calls at the end of each build of the page: divides the program
//! into the module that the first screen needs and parts that load later.
//!
//! Functions marked with `wasm_split` in `web/` are where a part begins: what only they reach goes
//! with them. The tool that finds that out needs the module as the linker wrote it. So Trunk's own
//! result is replaced: a folder with all modules and their JavaScript, and with what the program
//! loads by name. Then the page is made ready for its service worker ([`offline`]).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::offline::{self, PROGRAM};
use crate::page::files_in;
use crate::toolbox::{Toolbox, WASM_TARGET};
use crate::{Result, process, workspace};

/// What the program loads by name: in its folder, so that a page which runs finds those of its own
/// version.
const LOADED_BY_NAME: [&str; 4] = ["worker.js", "embed.js", "lessons", "scenarios"];

/// Divides the program of the page in the folder that Trunk prepares.
pub(crate) fn parts() -> Result<ExitCode> {
    let page = PathBuf::from(variable("TRUNK_STAGING_DIR")?);
    // The profile that `index.html` names for a release.
    let profile = if variable("TRUNK_PROFILE")? == "release" { "page" } else { "debug" };
    let target = workspace::target_dir();
    let linked = target.join(WASM_TARGET).join(profile).join(format!("{PROGRAM}.wasm"));
    let program = target.join("parts");
    divide(&linked, &program)?;
    replace_program(&page, &program)?;
    offline::finish(&page)?;
    Ok(ExitCode::SUCCESS)
}

fn variable(name: &str) -> Result<String> {
    env::var(name).map_err(|_| format!("Trunk calls this task, and sets {name}").into())
}

/// Writes the modules of a linked program, and their JavaScript, into an empty folder.
fn divide(linked: &Path, folder: &Path) -> Result<()> {
    let toolbox = Toolbox::for_page()?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut split = toolbox.command("wasm-split-cli");
    process::run(split.arg(linked).arg(folder).args(["--target", "web", "--out-name", PROGRAM]))?;
    let main = folder.join(format!("{PROGRAM}.wasm"));
    let mut bindgen = toolbox.command("wasm-bindgen");
    // The parts share the table of functions with the main module: it must stay an export.
    bindgen.args(["--target", "web", "--no-typescript", "--keep-lld-exports"]);
    // The names of functions are a fifth of the module, and nobody reads them.
    bindgen.args(["--remove-name-section", "--out-dir"]).arg(folder);
    process::run(bindgen.arg(&main))?;
    fs::remove_file(main)?;
    Ok(())
}

/// Puts the folder of a divided program in the place of the program that Trunk put into the page.
fn replace_program(page: &Path, program: &Path) -> Result<()> {
    let index = page.join("index.html");
    let text = fs::read_to_string(&index)?;
    let old = trunks_name(&text).ok_or("index.html does not load the program")?.to_owned();
    // Not its last name: that is the hash of all that is in it.
    let new = format!("{PROGRAM}-parts");
    let folder = page.join(&new);
    fs::create_dir_all(&folder)?;
    for name in LOADED_BY_NAME {
        fs::rename(page.join(name), folder.join(name))?;
    }
    for file in files_in(program)? {
        fs::copy(&file, folder.join(file.file_name().expect("a file has a name")))?;
    }
    for name in [format!("{old}.js"), format!("{old}_bg.wasm")] {
        fs::remove_file(page.join(name))?;
    }
    let text = text
        .replace(&format!("./{old}.js"), &format!("./{new}/{PROGRAM}.js"))
        .replace(&format!("./{old}_bg.wasm"), &format!("./{new}/{PROGRAM}_bg.wasm"));
    fs::write(index, text)?;
    Ok(())
}

/// The name that Trunk gave the program: `web-` and a hash.
fn trunks_name(index: &str) -> Option<&str> {
    let begin = index.find(&format!("./{PROGRAM}-"))? + "./".len();
    let rest = &index[begin..];
    rest.find(".js").map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::{LOADED_BY_NAME, replace_program, trunks_name};
    use std::fs;

    const INDEX: &str = "import init from './web-1f.js'; init('./web-1f_bg.wasm')";

    #[test]
    fn the_name_that_trunk_gave_is_found() {
        assert_eq!(trunks_name(INDEX), Some("web-1f"));
        assert_eq!(trunks_name("<body></body>"), None);
    }

    #[test]
    fn a_page_loads_the_divided_program() {
        let folder = std::env::temp_dir().join(format!("helios-parts-{}", std::process::id()));
        let (page, program) = (folder.join("page"), folder.join("program"));
        fs::create_dir_all(&page).unwrap();
        fs::create_dir_all(&program).unwrap();
        fs::write(page.join("index.html"), INDEX).unwrap();
        fs::write(page.join("web-1f.js"), "whole").unwrap();
        fs::write(page.join("web-1f_bg.wasm"), "whole").unwrap();
        for name in LOADED_BY_NAME {
            fs::write(page.join(name), name).unwrap();
        }
        fs::write(program.join("web.js"), "main").unwrap();
        fs::write(program.join("split_panels.wasm"), "a part").unwrap();
        replace_program(&page, &program).unwrap();
        let text = fs::read_to_string(page.join("index.html")).unwrap();
        assert_eq!(text, "import init from './web-parts/web.js'; init('./web-parts/web_bg.wasm')");
        let program = page.join("web-parts");
        assert_eq!(fs::read_to_string(program.join("web.js")).unwrap(), "main");
        assert!(program.join("split_panels.wasm").exists());
        assert!(LOADED_BY_NAME.iter().all(|name| program.join(name).exists()));
        assert!(!page.join("web-1f.js").exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
