//! Every form of the language, one line each, from the table.

use crate::language::{
    ALL_HOLD, CONDITIONS, CONSOLE, Form, PAPER, PARTS, QUESTIONS, TOPICS, Word, cluster_settings,
};
use crate::statement::Statement;

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
    let words = TOPICS.iter().flat_map(|topic| topic.iter());
    words.flat_map(of_statement).chain(lines(PARTS)).collect()
}

/// The same for the commands that only a console has.
pub fn console_help() -> Vec<HelpLine> {
    CONSOLE.iter().flat_map(|word| lines(word.forms)).collect()
}

/// The forms of a statement, or of a command of a console; none if no such word begins one.
pub fn help_of(name: &str) -> Vec<HelpLine> {
    let statements = TOPICS.iter().flat_map(|topic| topic.iter());
    let statements = statements.filter(|word| word.name == name).flat_map(of_statement);
    let commands = CONSOLE.iter().filter(|word| word.name == name);
    statements.chain(commands.flat_map(|word| lines(word.forms))).collect()
}

/// The forms of a statement, with its settings or conditions.
fn of_statement(word: &Word<Statement>) -> Vec<HelpLine> {
    let mut found: Vec<HelpLine> = lines(word.forms).collect();
    match word.name {
        "cluster" => found.extend(settings()),
        "expect" => {
            let forms = CONDITIONS.iter().flat_map(|condition| condition.forms);
            let forms = forms.chain([&ALL_HOLD]);
            found.extend(forms.map(|(form, meaning)| HelpLine::new(format!("  {form}"), meaning)));
        }
        "why" => found.extend(QUESTIONS.iter().flat_map(|question| lines(question.forms))),
        _ => {}
    }
    found
}

fn lines(forms: &'static [Form]) -> impl Iterator<Item = HelpLine> {
    forms.iter().map(|(form, meaning)| HelpLine::new(*form, meaning))
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
