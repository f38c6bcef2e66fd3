//! The sequence diagram of a run: lanes of nodes and clients, and what happens on and between them.
//!
//! A [`Diagram`] is made from the events of a run, in order, and from nothing else. Each
//! [`Item`] has the event that began it, the event that ended it and its cause, so a reader can go
//! from the diagram to the events and back. The items of a stretch of time are found without a look
//! at all others, so a page may draw a window of a long run.
//!
//! An item that is routine without news is [noise](Item::is_noise). Nothing is left out of the
//! diagram: a [`DiagramFilter`] decides what is shown. [`Diagram::past_of`] and
//! [`Diagram::future_of`] follow causes in both directions. [`Diagram::operation_events`] follows
//! one operation through requests, entries, writes and the answer.
//!
//! [`Diagram::judge_operations`] says whether the answers that the clients got have an order, and
//! if not, which operations contradict each other. [`Diagram::export`] writes a part of the diagram
//! as SVG, Mermaid, PlantUML or plain text.
//!
//! ```
//! use raft_core::Instant;
//! use raft_diagram::{Diagram, DiagramFilter, DiagramFormat, Selection};
//! use raft_sim::{Setup, World};
//!
//! let mut world = World::new(Setup { nodes: 3, seed: 8, ..Setup::default() })?;
//! let mut diagram = Diagram::new();
//! world.events().iter().try_for_each(|event| diagram.observe(event))?;
//! while world.leader().is_none() {
//!     world.step();
//!     world.events().iter().try_for_each(|event| diagram.observe(event))?;
//! }
//! let selection = Selection {
//!     from: Instant(0),
//!     until: world.now(),
//!     filter: DiagramFilter::default(),
//!     verdict: None,
//! };
//! let text = diagram.export(DiagramFormat::Mermaid, &selection)?;
//! assert!(text.starts_with("sequenceDiagram"));
//! assert!(text.contains("becomes leader of term 1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod causes;
mod diagram;
mod export;
mod filter;
mod followed;
mod item;
mod label;
mod lane;
mod layer;
mod news;
mod observe;
#[cfg(test)]
mod tests;
mod verdict;

pub use causes::EventSet;
pub use diagram::{Diagram, DiagramFull, MAX_EVENTS};
pub use export::{DiagramFormat, ExportError, Selection, svg_style};
pub use filter::DiagramFilter;
pub use item::{
    ClientArrow, ClientOperation, DiskWrite, Fate, FaultLine, Item, ItemKind, LanePoint,
    MessageArrow, OperationResult, PointTopic, WriteResult,
};
pub use label::message_label;
pub use lane::{AxisPoint, EdgeStretch, Lane, LaneId};
pub use layer::Layer;
pub use verdict::{Contradicting, OperationsVerdict};
