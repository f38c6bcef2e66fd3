//! Every form of the language, one line each, from the table.

use crate::language::{CONDITIONS, PAPER, PARTS, QUESTIONS, TOPICS, cluster_settings};

/// A line of the help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HelpLine {
    /// A form of a statement, or of a part of one. What may be left out is in square brackets.
    /// Settings and conditions are indented below their statement.
    pub form: String,
    /// Its meaning.
    pub meaning: &'static str,
}

impl HelpLine {
    fn new(form: impl Into<String>, meaning: &'static str) -> Self {
        Self { form: form.into(), meaning }
    }
}

/// Every statement, setting and condition: its form, and its meaning.
pub fn help() -> Vec<HelpLine> {
    let mut lines = Vec::new();
    for word in TOPICS.iter().flat_map(|topic| topic.iter()) {
        lines.extend(word.forms.iter().map(|(form, meaning)| HelpLine::new(*form, meaning)));
        match word.name {
            "cluster" => lines.extend(settings()),
            "expect" => {
                let forms = CONDITIONS.iter().flat_map(|condition| condition.forms);
                lines.extend(
                    forms.map(|(form, meaning)| HelpLine::new(format!("  {form}"), meaning)),
                );
            }
            "why" => {
                let forms = QUESTIONS.iter().flat_map(|question| question.forms);
                lines.extend(forms.map(|(form, meaning)| HelpLine::new(*form, meaning)));
            }
            _ => {}
        }
    }
    lines.extend(PARTS.iter().map(|(form, meaning)| HelpLine::new(*form, meaning)));
    lines
}

fn settings() -> impl Iterator<Item = HelpLine> {
    let indented = |form: String, meaning| HelpLine::new(format!("        [{form}]"), meaning);
    let told = cluster_settings().filter(|setting| !setting.example.is_empty());
    let settings =
        told.filter(|setting| !matches!(setting.name, "nodes" | "seed")).map(move |setting| {
            indented(format!("{}={}", setting.name, setting.example), setting.help)
        });
    std::iter::once(indented(PAPER.0.to_owned(), PAPER.1)).chain(settings)
}

#[cfg(test)]
mod tests;
