//! The specification within the bounds of a family, as the checker sees it.

use std::fs;
use std::path::{Path, PathBuf};

use tla_checker::checker::{CheckResult, CheckStats, check};
use tla_checker::load::prepare_from_path;

/// The folder of the specification.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec")
}

/// The names of the families: each is a file beside the specification.
pub(crate) fn families() -> Vec<String> {
    let files = fs::read_dir(folder()).expect("a folder").flatten().map(|file| file.path());
    let is_family = |file: &PathBuf| file.extension().is_some_and(|end| end == "cfg");
    let stem = |file: PathBuf| Some(file.file_stem()?.to_str()?.to_owned());
    let mut names: Vec<String> = files.filter(is_family).filter_map(stem).collect();
    names.sort();
    names
}

/// Looks at all runs of a family, of the specification in a folder.
pub(crate) fn look_at_all(folder: &Path, family: &str) -> Result<CheckStats, String> {
    let family = self::folder().join(family).with_extension("cfg");
    let prepared = prepare_from_path(&folder.join("Model.tla"), Some(&family), &[]);
    let mut prepared = prepared.map_err(|error| error.to_string())?;
    if let Some(warning) = prepared.warnings.first() {
        return Err(format!("{warning:?}"));
    }
    // A run of a family comes to an end.
    prepared.checker_config.allow_deadlock = true;
    match check(&prepared.spec, &prepared.domains, &prepared.checker_config) {
        CheckResult::Ok(stats) => Ok(stats),
        CheckResult::InvariantViolation(found, _) => {
            let names = &prepared.spec.invariant_names;
            let name = names.get(found.violated_invariant).cloned().flatten();
            Err(format!("{} is broken", name.unwrap_or_default()))
        }
        CheckResult::PropertyViolation(found, _) => Err(format!("{} is broken", found.property)),
        other => Err(format!("{other:?}")),
    }
}
