//! The task `parts`, which Trunk calls at the end of each build of the page: divides the program
//! into the module that the first screen needs and parts that load later, and makes one file of all
//! style sheets.
//!
//! Functions marked with `wasm_split` in `web/` are where a part begins: what only they reach goes
//! with them. The tool that finds that out needs the module as the linker wrote it. So Trunk's own
//! result is replaced: a folder with all modules and their JavaScript, and with what the program
//! loads by name. `web/start.js` starts it, in the place of Trunk's script. Then the page is made
//! ready for its service worker ([`offline`]).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::offline::{self, PROGRAM};
use crate::page::files_in;
use crate::toolbox::{Toolbox, WASM_TARGET};
use crate::{Result, process, workspace};

/// What the program loads by name: in its folder, so that a page which runs finds those of its own
/// version.
const LOADED_BY_NAME: [&str; 4] = ["worker.js", "embed.js", "lessons", "scenarios"];

/// Names wasm-opt, if it shall make the modules small.
pub(crate) const WASM_OPT: &str = "HELIOS_WASM_OPT";

/// How wasm-opt does that. The parts no longer say which features of WebAssembly they use: these
/// are the ones of Rust's target.
const WASM_OPT_ARGUMENTS: [&str; 11] = [
    "-Oz",
    "--strip-debug",
    "--strip-producers",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Divides the program of the page in the folder that Trunk prepares.
pub(crate) fn parts() -> Result<ExitCode> {
    let page = PathBuf::from(variable("TRUNK_STAGING_DIR")?);
    // The profile that `index.html` names for a release.
    let profile = if variable("TRUNK_PROFILE")? == "release" { "page" } else { "debug" };
    let target = workspace::target_dir();
    let linked = target.join(WASM_TARGET).join(profile).join(format!("{PROGRAM}.wasm"));
    let program = target.join("parts");
    divide(&linked, &program)?;
    if let Some(wasm_opt) = env::var_os(WASM_OPT) {
        optimize(Path::new(&wasm_opt), &program)?;
    }
    let index = page.join("index.html");
    let text = fs::read_to_string(&index)?;
    let text = replace_program(&text, &page, &program)?;
    let text = join_styles(&text, &page)?;
    fs::write(index, text)?;
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

fn optimize(wasm_opt: &Path, program: &Path) -> Result<()> {
    for wasm in files_in(program)? {
        if wasm.extension().is_some_and(|extension| extension == "wasm") {
            let mut optimizer = Command::new(wasm_opt);
            process::run(optimizer.args(WASM_OPT_ARGUMENTS).arg(&wasm).arg("-o").arg(&wasm))?;
        }
    }
    Ok(())
}

/// Puts the folder of a divided program in the place of the program that Trunk put into the page.
/// Returns the text of `index.html`.
fn replace_program(index: &str, page: &Path, program: &Path) -> Result<String> {
    let old = trunks_name(index).ok_or("index.html does not load the program")?.to_owned();
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
    let bytes = fs::metadata(folder.join(format!("{PROGRAM}_bg.wasm")))?.len();
    let module = format!("href=\"./{new}/{PROGRAM}_bg.wasm\" data-bytes=\"{bytes}\"");
    Ok(without_trunks_script(index)
        .ok_or("index.html does not start the program")?
        .replace(&format!("./{old}.js"), &format!("./{new}/{PROGRAM}.js"))
        .replace(&format!("href=\"./{old}_bg.wasm\""), &module))
}

/// The page without the script with which Trunk starts the program.
fn without_trunks_script(index: &str) -> Option<String> {
    let inside = index.find("module_or_path")?;
    let begin = index[..inside].rfind("<script")?;
    let end = inside + index[inside..].find("</script>")? + "</script>".len();
    Some(format!("{}{}", &index[..begin], &index[end..]))
}

/// Makes one file of all style sheets, in their order: one request instead of many. Returns the
/// text of `index.html`.
fn join_styles(index: &str, page: &Path) -> Result<String> {
    const LINK: &str = "<link rel=\"stylesheet\" href=\"./";
    let (mut text, mut styles) = (String::new(), Vec::new());
    let mut pieces = index.split(LINK);
    let head = pieces.next().unwrap_or_default();
    for piece in pieces {
        let (name, rest) = piece.split_once("\"/>").ok_or("a link to a style sheet has no end")?;
        styles.extend(fs::read(page.join(name))?);
        fs::remove_file(page.join(name))?;
        text.push_str(rest);
    }
    let name = format!("style-{}.css", offline::short_hash(&styles));
    fs::write(page.join(&name), styles)?;
    Ok(format!("{head}{LINK}{name}\"/>{text}"))
}

/// The name that Trunk gave the program: `web-` and a hash.
fn trunks_name(index: &str) -> Option<&str> {
    let begin = index.find(&format!("./{PROGRAM}-"))? + "./".len();
    let rest = &index[begin..];
    rest.find(".js").map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::{LOADED_BY_NAME, join_styles, replace_program, trunks_name};
    use std::fs;
    use std::path::PathBuf;

    const INDEX: &str = "<head><link rel=\"stylesheet\" href=\"./a-1.css\"/>\n\
        <link rel=\"stylesheet\" href=\"./b-2.css\"/>\n\
        <script type=\"module\">import init from './web-1f.js';\n\
        await init({ module_or_path: './web-1f_bg.wasm' });</script>\n\
        <link rel=\"modulepreload\" href=\"./web-1f.js\">\n\
        <link rel=\"preload\" href=\"./web-1f_bg.wasm\" as=\"fetch\"></head>";

    #[test]
    fn the_name_that_trunk_gave_is_found() {
        assert_eq!(trunks_name(INDEX), Some("web-1f"));
        assert_eq!(trunks_name("<body></body>"), None);
    }

    /// A folder with a page as Trunk makes it, and one with a divided program.
    fn folders(name: &str) -> (PathBuf, PathBuf, PathBuf) {
        let folder = std::env::temp_dir().join(format!("helios-{name}-{}", std::process::id()));
        let (page, program) = (folder.join("page"), folder.join("program"));
        fs::create_dir_all(&page).unwrap();
        fs::create_dir_all(&program).unwrap();
        for name in ["web-1f.js", "web-1f_bg.wasm"] {
            fs::write(page.join(name), "whole").unwrap();
        }
        fs::write(page.join("a-1.css"), "a {}\n").unwrap();
        fs::write(page.join("b-2.css"), "b {}\n").unwrap();
        for name in LOADED_BY_NAME {
            fs::write(page.join(name), name).unwrap();
        }
        fs::write(program.join("web.js"), "main").unwrap();
        fs::write(program.join("web_bg.wasm"), "module").unwrap();
        fs::write(program.join("split_panels.wasm"), "a part").unwrap();
        (folder, page, program)
    }

    #[test]
    fn a_page_loads_the_divided_program() {
        let (folder, page, program) = folders("parts");
        let text = replace_program(INDEX, &page, &program).unwrap();
        assert!(text.contains("modulepreload\" href=\"./web-parts/web.js\""), "{text}");
        assert!(text.contains("href=\"./web-parts/web_bg.wasm\" data-bytes=\"6\" as"), "{text}");
        assert!(!text.contains("<script"), "{text}");
        assert!(!text.contains("web-1f"), "{text}");
        let program = page.join("web-parts");
        assert_eq!(fs::read_to_string(program.join("web.js")).unwrap(), "main");
        assert!(program.join("split_panels.wasm").exists());
        assert!(LOADED_BY_NAME.iter().all(|name| program.join(name).exists()));
        assert!(!page.join("web-1f.js").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn all_style_sheets_are_one_file_in_their_order() {
        let (folder, page, _) = folders("styles");
        let text = join_styles(INDEX, &page).unwrap();
        assert_eq!(text.matches("stylesheet").count(), 1, "{text}");
        let name = text.split("href=\"./").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(fs::read_to_string(page.join(name)).unwrap(), "a {}\nb {}\n");
        assert!(!page.join("a-1.css").exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
