//! The one command language: parse, print, execute.
#![forbid(unsafe_code)]

mod error;
pub mod limits;
mod parse;
mod print;
mod statement;
mod token;

pub use error::ParseError;
pub use parse::{parse, parse_line};
pub use statement::{
    Comparison, Condition, DiskContents, Ends, Line, Moment, Nodes, Quantity, Run, Script,
    Selector, Statement,
};
