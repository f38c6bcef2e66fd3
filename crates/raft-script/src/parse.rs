//! Text to statements.

use crate::command::ConsoleInput;
use crate::condition::Condition;
use crate::error::ParseError;
use crate::language::{Cursor, Parsed};
use crate::lesson::LessonStatement;
use crate::limits::{MAX_LINE_BYTES, MAX_SCENES, MAX_SCRIPT_BYTES, MAX_STATEMENTS};
use crate::statement::{Script, SourceLine, Statement};
use crate::token::tokens;

/// Reads a script.
///
/// # Errors
/// The first place that is no statement, a statement where it must not stand, or a
/// [limit](crate::limits) that is broken.
pub fn parse(text: &str) -> Result<Script, ParseError> {
    if text.len() > MAX_SCRIPT_BYTES {
        let found = format!("{} bytes", text.len());
        return Err(ParseError::whole(
            1,
            found,
            format!("a script of at most {MAX_SCRIPT_BYTES} bytes"),
        ));
    }
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut script = Script::default();
    for (place, line) in text.lines().enumerate() {
        let number = place + 1;
        let statement = parse_line(line).map_err(|error| error.in_line(number))?;
        if script.statements.len() >= MAX_STATEMENTS {
            let expected = format!("at most {MAX_STATEMENTS} statements");
            return Err(ParseError::new(number, line, (0, line.len()), expected));
        }
        let note = note(line, statement.is_some());
        script.statements.extend(note.map(|statement| SourceLine { number, statement }));
        let Some(statement) = statement else { continue };
        check_place(&statement, &script).map_err(|expected| {
            ParseError::new(number, line, (0, line.trim_end().len()), expected)
        })?;
        script.statements.push(SourceLine { number, statement });
    }
    Ok(script)
}

/// Reads one line of a script; `None` if it is blank or a comment.
///
/// # Errors
/// As for [`parse`], in line 1.
pub fn parse_line(text: &str) -> Result<Option<Statement>, ParseError> {
    line_with(text, |cursor| cursor.statement())
}

/// Reads one line of a console; `None` if it is blank or a comment.
///
/// # Errors
/// As for [`parse`], in line 1.
pub fn parse_input(text: &str) -> Result<Option<ConsoleInput>, ParseError> {
    line_with(text, |cursor| cursor.input())
}

fn line_with<T>(
    text: &str,
    read: fn(&mut Cursor<'_>) -> Parsed<T>,
) -> Result<Option<T>, ParseError> {
    if text.len() > MAX_LINE_BYTES {
        let found = format!("{} bytes", text.len());
        return Err(ParseError::whole(
            1,
            found,
            format!("a line of at most {MAX_LINE_BYTES} bytes"),
        ));
    }
    let mut cursor = Cursor::new(text)?;
    if cursor.is_at_end() {
        return Ok(None);
    }
    let found = read(&mut cursor)?;
    cursor.end()?;
    Ok(Some(found))
}

/// Reads a condition, as it is after `expect`, without `within`.
///
/// # Errors
/// As for [`parse`], in line 1.
pub fn parse_condition(text: &str) -> Result<Condition, ParseError> {
    let mut cursor = Cursor::new(text)?;
    let condition = cursor.condition()?;
    cursor.end()?;
    Ok(condition)
}

/// The comment of a line, or the whole of a line that is blank.
fn note(line: &str, has_statement: bool) -> Option<Statement> {
    let text = match has_statement {
        false => line.trim(),
        true if !line.contains('#') => return None,
        true => {
            let tokens = tokens(line).ok()?;
            line[tokens.last()?.end..].trim()
        }
    };
    (!has_statement || !text.is_empty()).then(|| Statement::Note(text.to_owned()))
}

/// `cluster` comes first, and `node` and `disk` with contents right after it: later the world
/// exists already.
fn check_place(statement: &Statement, before: &Script) -> Result<(), String> {
    let all_before = |fits: fn(&Statement) -> bool| {
        before.statements.iter().all(|line| line.statement.is_note() || fits(&line.statement))
    };
    if matches!(statement, Statement::Cluster(_)) && !all_before(|_| false) {
        return Err("`cluster` as the first statement only".to_owned());
    }
    if statement.is_opening() && !all_before(Statement::is_opening) {
        let is_disk = matches!(statement, Statement::DiskContents { .. });
        let expected = if is_disk {
            "what disks hold before every statement but `cluster`"
        } else {
            "`node` before every statement but `cluster`; later, `restart 3 batch=1` does the same"
        };
        return Err(expected.to_owned());
    }
    let Statement::Lesson(lesson) = statement else { return Ok(()) };
    if matches!(lesson, LessonStatement::Title(_)) && !all_before(Statement::is_opening) {
        return Err("`lesson` before every statement but those that make the world".to_owned());
    }
    check_place_in_lesson(lesson, before)
}

fn check_place_in_lesson(lesson: &LessonStatement, before: &Script) -> Result<(), String> {
    let spoken = before.statements.iter().rev().filter(|line| !line.statement.is_note());
    let mut last = spoken.enumerate();
    let found = last.find_map(|(place, line)| Some((place == 0, line.statement.lesson()?)));
    if let LessonStatement::Scene { title, after } = lesson {
        let titles = || {
            let lessons = before.statements.iter().filter_map(|line| line.statement.lesson());
            lessons.filter_map(LessonStatement::scene_title)
        };
        let is_before = |title: &str| titles().any(|other| other == title);
        if titles().count() >= MAX_SCENES {
            return Err(format!("at most {MAX_SCENES} scenes"));
        }
        if is_before(title) {
            return Err("a title that no other scene has".to_owned());
        }
        if after.as_ref().is_some_and(|after| !is_before(after)) {
            return Err("the title of an earlier scene after `after`".to_owned());
        }
    }
    lesson.check_place(found.map(|(_, last)| last), found.is_some_and(|(is_next, _)| is_next))
}

#[cfg(test)]
mod tests;
