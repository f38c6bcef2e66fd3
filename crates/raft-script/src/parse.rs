//! Text to statements.

use crate::error::ParseError;
use crate::language::Cursor;
use crate::limits::{MAX_LINE_BYTES, MAX_SCRIPT_BYTES, MAX_STATEMENTS};
use crate::statement::{Script, SourceLine, Statement};

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
    let mut script = Script::default();
    for (place, line) in text.lines().enumerate() {
        let number = place + 1;
        let Some(statement) = parse_line(line).map_err(|error| error.in_line(number))? else {
            continue;
        };
        if script.statements.len() == MAX_STATEMENTS {
            let expected = format!("at most {MAX_STATEMENTS} statements");
            return Err(ParseError::new(number, line, (0, line.len()), expected));
        }
        check_place(&statement, &script).map_err(|expected| {
            ParseError::new(number, line, (0, line.trim_end().len()), expected)
        })?;
        script.statements.push(SourceLine { number, statement });
    }
    Ok(script)
}

/// Reads one line; `None` if it is blank or a comment.
///
/// # Errors
/// As for [`parse`], in line 1.
pub fn parse_line(text: &str) -> Result<Option<Statement>, ParseError> {
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
    let statement = cursor.statement()?;
    cursor.end()?;
    Ok(Some(statement))
}

/// `cluster` comes first and `disk` with contents right after it: later the world exists already.
fn check_place(statement: &Statement, before: &Script) -> Result<(), String> {
    match statement {
        Statement::Cluster(_) if !before.statements.is_empty() => {
            Err("`cluster` as the first statement only".to_owned())
        }
        Statement::DiskContents { .. } => {
            let is_opening = |line: &SourceLine| {
                matches!(line.statement, Statement::Cluster(_) | Statement::DiskContents { .. })
            };
            if before.statements.iter().all(is_opening) {
                Ok(())
            } else {
                Err("what disks hold before every statement but `cluster`".to_owned())
            }
        }
        Statement::Cluster(_)
        | Statement::Run(_)
        | Statement::Step(_)
        | Statement::At { .. }
        | Statement::Order(_)
        | Statement::Expect { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests;
