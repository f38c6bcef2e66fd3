//! The verdict on each property of a recorded run, in plain values.

use raft_check::Property;
use raft_sim::Words;
use serde::{Deserialize, Serialize};

use crate::judge::TraceVerdict;

/// The verdict on a property of a recorded run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JudgedProperty {
    /// Its name.
    pub name: String,
    /// Its section of the paper.
    pub section: String,
    /// The property as a sentence.
    pub meaning: String,
    /// The verdict.
    pub verdict: PropertyVerdict,
}

/// What can be said of a property.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PropertyVerdict {
    /// No step contradicts it.
    Holds,
    /// A step contradicts it; how, in a sentence.
    Broken(Words),
    /// The record does not tell what it needs; why, in words.
    NotJudged(String),
}

impl TraceVerdict {
    /// The verdict on each property, in the order of the table of raft-check.
    pub fn properties(&self) -> Vec<JudgedProperty> {
        let property = |property: &&Property| JudgedProperty {
            name: property.name.to_owned(),
            section: property.section.to_owned(),
            meaning: property.meaning.to_owned(),
            verdict: self.on(property),
        };
        Property::all().iter().map(property).collect()
    }

    fn on(&self, property: &Property) -> PropertyVerdict {
        let broken = self.broken.as_ref().filter(|it| it.property.name == property.name);
        if let Some(broken) = broken {
            return PropertyVerdict::Broken(broken.sentence.clone());
        }
        let not_judged = self.not_judged.iter().find(|(it, _)| it.name == property.name);
        not_judged.map_or(PropertyVerdict::Holds, |(_, reason)| {
            PropertyVerdict::NotJudged(reason.clone())
        })
    }
}
