//! The scenarios of the folder `scenarios/`, read by the build script.

/// A script of the command language with a title and a story.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Scenario {
    /// The file's name without its ending.
    pub(crate) name: &'static str,
    /// Its first comment line.
    pub(crate) title: &'static str,
    /// The comment lines after the title.
    pub(crate) story: &'static str,
    /// The script.
    pub(crate) text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));
