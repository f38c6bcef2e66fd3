//! The sequence diagram of a run: lanes, messages, writes, operations and faults over time.
#![forbid(unsafe_code)]

mod causes;
mod diagram;
mod export;
mod filter;
mod item;
mod label;
mod lane;
mod news;
mod observe;
#[cfg(test)]
mod tests;
mod verdict;

pub use causes::EventSet;
pub use diagram::{Diagram, DiagramFull, MAX_EVENTS};
pub use export::{DiagramFormat, ExportError, Selection};
pub use filter::DiagramFilter;
pub use item::{
    ClientArrow, ClientOperation, DiskWrite, Fate, FaultLine, Item, ItemKind, LanePoint,
    MessageArrow, OperationResult, PointTopic, WriteResult,
};
pub use label::message_label;
pub use lane::{AxisPoint, EdgeStretch, Lane, LaneId};
pub use verdict::{Contradicting, OperationsVerdict};
