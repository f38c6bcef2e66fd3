//! The one command language: parse, print, execute.
#![forbid(unsafe_code)]

mod complete;
mod error;
mod help;
pub mod limits;
mod outcome;
mod parse;
mod print;
mod run;
mod session;
mod statement;
#[cfg(test)]
mod strategies;
mod token;

pub use complete::{Completion, complete};
pub use error::ParseError;
pub use help::HELP;
pub use outcome::{ExecError, Failure, Reply};
pub use parse::{parse, parse_line};
pub use run::{RunReport, run};
pub use session::{Goal, Journaled, Session, Started, Stepped};
pub use statement::{
    Comparison, Condition, DiskContents, Ends, Line, Moment, Nodes, Quantity, Run, Script,
    Selector, Statement,
};
