//! Building the page, and preparing it for publishing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::Result;
use crate::toolbox::{Toolbox, tools_folder};
use crate::{parts, process, workspace};

/// The wasm-opt of this version reads the output of current Rust; that of distributions is older.
const BINARYEN_VERSION: &str = "132.0.0";

/// The most that the first screen may take after gzip, in bytes: what was measured, and a little.
const FIRST_SCREEN_LIMIT: u64 = 1_500_000;

/// Prints the gzip and brotli sizes of the files in its arguments, one line each.
const COMPRESSED_SIZES: &str = "
const { readFileSync } = require('node:fs'), zlib = require('node:zlib');
for (const path of process.argv.slice(1)) {
  const bytes = readFileSync(path);
  console.log(zlib.gzipSync(bytes, { level: 9 }).length, zlib.brotliCompressSync(bytes).length);
}";

/// The folder that the page is built into.
pub(crate) fn dist_folder() -> PathBuf {
    workspace::root().join("dist")
}

/// Builds the page into `dist/`, after installing the tools that are missing.
pub(crate) fn build() -> Result<()> {
    build_with(None)
}

fn build_with(wasm_opt: Option<&Path>) -> Result<()> {
    let toolbox = Toolbox::for_page()?;
    println!("Building the page: minutes the first time, seconds when nothing changed.");
    let mut trunk = toolbox.command("trunk");
    trunk.args(["build", "--release"]);
    if let Some(program) = wasm_opt {
        trunk.env(parts::WASM_OPT, program);
    }
    process::run(&mut trunk)
}

/// The task `dist`: builds the page as it is published, and prints the sizes.
pub(crate) fn dist() -> Result<ExitCode> {
    let is_minimal = build_to_publish()?;
    let first = print_sizes()?;
    if is_minimal && first > FIRST_SCREEN_LIMIT {
        return Err(format!(
            "the first screen takes {first} bytes after gzip, more than {FIRST_SCREEN_LIMIT}"
        )
        .into());
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the page, and has wasm-opt make it smaller if there is npm. Whether it did.
pub(crate) fn build_to_publish() -> Result<bool> {
    let program = wasm_opt()?;
    build_with(program.as_deref())?;
    if program.is_none() {
        println!("The page is complete, but not minimal: npm is missing, which installs wasm-opt.");
    }
    Ok(program.is_some())
}

/// Installs wasm-opt with npm; `None` on a machine without npm.
fn wasm_opt() -> Result<Option<PathBuf>> {
    if process::find_program("npm").is_none() {
        return Ok(None);
    }
    let folder = tools_folder()?.join(format!("binaryen-{BINARYEN_VERSION}"));
    let program = folder.join("node_modules/.bin/wasm-opt");
    if !program.is_file() {
        println!("Installing binaryen {BINARYEN_VERSION} for wasm-opt; about a minute, once.");
        fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        process::run(npm.arg(format!("binaryen@{BINARYEN_VERSION}")))?;
    }
    Ok(Some(program))
}

/// Whether a file of the page loads only when it is needed.
fn is_later(name: &str) -> bool {
    let begins = [
        "split_",
        "chunk_",
        "worker.js",
        "embed.js",
        "sw.js",
        "version.json",
        "icon-",
        "manifest.",
    ];
    let is_part = |file: &str| begins.iter().any(|begin| file.starts_with(begin));
    ["/lessons/", "/scenarios/"].iter().any(|folder| name.contains(folder))
        || name.rsplit('/').next().is_some_and(is_part)
}

/// Prints the sizes of the page's files. Returns what the first screen takes after gzip, in bytes;
/// 0 if nothing could measure it.
fn print_sizes() -> Result<u64> {
    let files = files_in(&dist_folder())?;
    let compressed = compressed_sizes(&files);
    println!("\n{:>10} {:>10} {:>10}  file", "bytes", "gzip", "brotli");
    let (mut total, mut first) = ([0; 3], [0; 3]);
    for (index, file) in files.iter().enumerate() {
        let [gzip, brotli] = compressed.get(index).copied().unwrap_or_default();
        let sizes = [fs::metadata(file)?.len(), gzip, brotli];
        let name = file.strip_prefix(dist_folder())?.display().to_string();
        for column in 0..3 {
            total[column] += sizes[column];
            first[column] += if is_later(&name) { 0 } else { sizes[column] };
        }
        print_row(sizes, &name);
    }
    print_row(total, "in all");
    print_row(first, "for the first screen");
    Ok(first[1])
}

fn print_row(sizes: [u64; 3], name: &str) {
    // Zero means "not measured": no compressed file is empty.
    let cell = |size: u64| if size == 0 { "-".to_owned() } else { size.to_string() };
    println!("{:>10} {:>10} {:>10}  {name}", sizes[0], cell(sizes[1]), cell(sizes[2]));
}

/// The gzip and brotli sizes of the files; empty without Node, which measures them.
fn compressed_sizes(files: &[PathBuf]) -> Vec<[u64; 2]> {
    let mut node = Command::new("node");
    let Ok(text) = process::capture(node.args(["-e", COMPRESSED_SIZES, "--"]).args(files)) else {
        return Vec::new();
    };
    let sizes = |line: &str| {
        let (gzip, brotli) = line.split_once(' ')?;
        Some([gzip.parse().ok()?, brotli.parse().ok()?])
    };
    text.lines().filter_map(sizes).collect()
}

/// All files below a folder, in the order of their paths.
pub(crate) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_in(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::is_later;

    #[test]
    fn parts_and_texts_load_later() {
        for name in [
            "web-1f/lessons/a.helios",
            "web-1f/worker.js",
            "web-1f/split_jobs.wasm",
            "web-1f/chunk_3.wasm",
            "sw.js",
        ] {
            assert!(is_later(name), "{name}");
        }
        for name in ["index.html", "web-1f/web_bg.wasm", "tape-8f.css"] {
            assert!(!is_later(name), "{name}");
        }
    }
}
