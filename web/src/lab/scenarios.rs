//! The scenarios of the folder `scenarios/`, as the build found them.

/// A story to play: a script of the command language.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Scenario {
    /// The file's name without its ending.
    pub(crate) name: &'static str,
    /// Its first comment line.
    pub(crate) title: &'static str,
    /// The comment lines after that, up to the first line that is none.
    pub(crate) story: &'static str,
    /// The script.
    pub(crate) text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));
