//! The one command language: parse, print, execute.
//!
//! Everything that a person can do to a cluster is one [`Statement`], and every statement is one
//! line of text. The page's console, scenarios, share links, [`Session::export`] and
//! `helios run` all use it. [`help`] lists every form. `Display` and [`parse_line`] are inverses.
//!
//! [`Session`] carries out statements one step at a time, so that a page can pace it. [`run`]
//! carries out a whole script at full speed. Both check every property of the protocol after
//! every event.
//!
//! ```
//! let script = raft_script::parse(
//!     "cluster nodes=5 seed=8
//!      run until leader
//!      put x=1 via=leader
//!      at +500ms crash leader      # roles are those of the moment
//!      run until leader within 2s
//!      expect committed x=1
//!      restart all
//!      expect converged within 3s
//!      expect safe",
//! )?;
//! let report = raft_script::run(&script, &mut |event| println!("{event}"));
//! assert_eq!(report.failure, None);
//!
//! // What was done is a script again, and its run is the same run.
//! let exported = report.session.expect("the cluster could be set up").export();
//! let again = raft_script::run(&raft_script::parse(&exported)?, &mut |_| {});
//! assert_eq!(again.trace_hash, report.trace_hash);
//! # Ok::<(), raft_script::ParseError>(())
//! ```
//!
//! A script is untrusted input: [`limits`] are stated and enforced, and nothing here touches a
//! file, a clock or the network.
#![forbid(unsafe_code)]

mod branches;
mod capacity;
mod command;
mod complete;
mod condition;
mod error;
pub mod excerpt;
mod from_action;
mod help;
mod journal;
mod language;
mod lesson;
pub mod limits;
mod orders;
mod outcome;
mod parse;
mod past;
mod run;
mod session;
mod setting_value;
mod statement;
#[cfg(test)]
mod strategies;
mod token;
mod units;

pub use branches::{
    Branch, BranchId, Branches, Difference, Differing, Happened, KeptBranch, KeptLine, Mark,
    MarkKind, MarkedOperation, Place, Restoring, Seek, Unreachable,
};
pub use capacity::Capacity;
pub use command::{BranchName, Breakpoint, ConsoleCommand, ConsoleInput, Destination, Drawing};
pub use complete::{Suggestion, complete, complete_input};
pub use condition::{
    ClientCondition, ClusterCondition, Comparison, Condition, CountCondition, DataCondition,
    LeaderCondition, MemberCondition, NodeCondition, Occurrence, OrderState, PeerFact,
    PeerQuantity, PeerState, Quantity, Relation, Since,
};
pub use error::ParseError;
pub use help::{HelpLine, console_help, help, help_of};
pub use journal::{Journal, Journaled, Moment};
pub use language::record_name;
pub use lesson::{
    Goal as LessonGoal, Lesson, LessonChoice, LessonStatement, PanelName, Pointed, Scene, Task,
};
pub use orders::{GivenOrder, UnfulfilledOrder};
pub use outcome::{ExecError, FailedStatement, Reply, StatementError};
pub use parse::{parse, parse_condition, parse_input, parse_line};
pub use past::RetoldCores;
pub use raft_explain::{Cause, Explanation, Finding, Question, Unanswerable};
pub use run::{RunReport, run, run_leniently};
pub use session::{CoreCondition, Goal, Session, Started, Stepped, opening_statements};
pub use setting_value::{SettingValue, ValueKind, parse_values};
pub use statement::{
    DiskContents, Ends, Nodes, Order, Run, Script, Selector, SourceLine, Statement, When,
};
