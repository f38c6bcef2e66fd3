//! A diagram, or a part of it, as text in one of four formats.

mod mermaid;
mod plain;
mod plantuml;
mod rows;
mod sequence;
mod svg;

use std::collections::BTreeSet;
use std::fmt;

use raft_core::Instant;
use raft_sim::{EventNumber, Words};

use crate::diagram::Diagram;
use crate::filter::DiagramFilter;
use crate::item::{Item, ItemKind};
use crate::lane::{AxisPoint, LaneId};
use crate::verdict::{Contradicting, OperationsVerdict};

/// The colours, fonts and classes of a picture whose root has the class `helios-diagram`: a `style`
/// element, and the heads of arrows.
pub fn svg_style() -> String {
    svg::style()
}

/// The formats of an export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiagramFormat {
    /// A picture that a browser shows, with its own colours for light and dark.
    Svg,
    /// Mermaid's `sequenceDiagram`, as in Markdown files and bug reports.
    Mermaid,
    /// PlantUML's sequence diagram.
    PlantUml,
    /// Lanes as columns of characters.
    Text,
}

impl DiagramFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Svg, Self::Mermaid, Self::PlantUml, Self::Text];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Mermaid => "mermaid",
            Self::PlantUml => "plantuml",
            Self::Text => "txt",
        }
    }

    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The most items of an export. With more, the programs that draw it become slow or refuse.
    pub fn most_items(self) -> usize {
        match self {
            Self::Svg | Self::Text => 20_000,
            Self::Mermaid => 1_000,
            Self::PlantUml => 2_000,
        }
    }

    /// The most characters of an export; `None`: no limit.
    pub fn most_characters(self) -> Option<usize> {
        match self {
            // The default of Mermaid's `maxTextSize`, which the sites that draw it use.
            Self::Mermaid => Some(50_000),
            Self::Svg | Self::PlantUml | Self::Text => None,
        }
    }
}

/// What is exported.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The earliest time.
    pub from: Instant,
    /// The latest time. What lasts longer is drawn as still under way.
    pub until: Instant,
    /// Which items.
    pub filter: DiagramFilter,
    /// The verdict on the operations, if it is to be drawn.
    pub verdict: Option<OperationsVerdict>,
}

/// Why there is no export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportError {
    /// Nothing is selected.
    Nothing,
    /// There are too many items for the format.
    TooManyItems {
        /// The number of items.
        items: usize,
        /// The limit.
        most: usize,
    },
    /// The text is too long for the programs that draw it.
    TooLong {
        /// The number of characters.
        characters: usize,
        /// The limit.
        most: usize,
    },
}

/// The selected part of a diagram.
struct Picture<'a> {
    diagram: &'a Diagram,
    /// The first and the last event of the time that is drawn.
    range: (AxisPoint, AxisPoint),
    items: Vec<&'a Item>,
    lanes: Vec<LaneId>,
    contradiction: Option<&'a Contradicting>,
    ending: Option<&'a (AxisPoint, Words)>,
}

impl Diagram {
    /// The selected part as text.
    ///
    /// # Errors
    /// [`ExportError`], which says how to select less, or more.
    pub fn export(
        &self,
        format: DiagramFormat,
        selection: &Selection,
    ) -> Result<String, ExportError> {
        let picture = Picture::of(self, selection).ok_or(ExportError::Nothing)?;
        let (items, most) = (picture.items.len(), format.most_items());
        if items > most {
            return Err(ExportError::TooManyItems { items, most });
        }
        let text = match format {
            DiagramFormat::Svg => svg::svg(&picture),
            DiagramFormat::Mermaid => sequence::sequence(&picture, &mermaid::MERMAID),
            DiagramFormat::PlantUml => sequence::sequence(&picture, &plantuml::PLANTUML),
            DiagramFormat::Text => plain::plain(&picture),
        };
        match format.most_characters() {
            Some(most) if text.chars().count() > most => {
                Err(ExportError::TooLong { characters: text.chars().count(), most })
            }
            Some(_) | None => Ok(text),
        }
    }
}

impl<'a> Picture<'a> {
    fn of(diagram: &'a Diagram, selection: &'a Selection) -> Option<Self> {
        let Selection { from, until, filter, verdict } = selection;
        let items: Vec<&Item> = diagram.shown_between(*from, *until, filter).collect();
        let (first, last) = diagram.events_between(*from, *until)?;
        let range = (diagram.point_of(first)?, diagram.point_of(last)?);
        let ending = diagram.ending().filter(|(at, _)| at.event <= last);
        if items.is_empty() && ending.is_none() {
            return None;
        }
        let used: BTreeSet<LaneId> = items.iter().flat_map(|item| item.lanes()).collect();
        let is_drawn = |lane: &LaneId| match lane {
            LaneId::Node(_) => true,
            LaneId::Client(_) => used.contains(lane),
        };
        let is_chosen = |lane: &LaneId| filter.lanes.as_ref().is_none_or(|l| l.contains(lane));
        let lanes = diagram.lanes().filter(|lane| lane.since.event <= last).map(|lane| lane.id);
        let lanes: Vec<LaneId> = lanes.filter(is_drawn).filter(is_chosen).collect();
        if lanes.is_empty() {
            return None;
        }
        let contradiction = match verdict {
            Some(OperationsVerdict::Contradiction(found)) => Some(found),
            Some(OperationsVerdict::Linearizable | OperationsVerdict::Unknown(_)) | None => None,
        };
        Some(Self { diagram, range, items, lanes, contradiction, ending })
    }

    fn starts_inside(&self, item: &Item) -> bool {
        item.began.event >= self.range.0.event
    }

    /// The end of the item, if it is in the range.
    fn end_inside(&self, item: &Item) -> Option<AxisPoint> {
        item.ended.filter(|ended| ended.event <= self.range.1.event)
    }

    fn contradicts(&self, item: &Item) -> bool {
        let is_operation = matches!(item.kind, ItemKind::Operation(_));
        let marked = self.contradiction.map(|found| &found.operations);
        is_operation && marked.is_some_and(|marked| marked.contains(&item.began.event))
    }

    /// The sentence about the contradiction, and its place: where the last marked operation ends.
    fn verdict_line(&self) -> Option<(AxisPoint, &'a Words)> {
        let found = self.contradiction?;
        let ends = found.operations.iter().filter_map(|event| self.operation_end(*event));
        let at = ends.max_by_key(|at| at.event)?;
        let (first, last) = self.range;
        (first.event <= at.event && at.event <= last.event).then_some((at, &found.sentence))
    }

    fn operation_end(&self, invoked: EventNumber) -> Option<AxisPoint> {
        self.diagram.item_of(invoked)?.ended
    }

    /// The places of the drawn lanes that a fault concerns, the first and the last one.
    fn across(&self, nodes: &[raft_core::NodeId]) -> (usize, usize) {
        let is_concerned = |lane: &LaneId| match lane {
            LaneId::Node(node) => nodes.is_empty() || nodes.contains(node),
            LaneId::Client(_) => false,
        };
        let places: Vec<usize> =
            (0..self.lanes.len()).filter(|place| is_concerned(&self.lanes[*place])).collect();
        let last = self.lanes.len() - 1;
        (places.first().copied().unwrap_or(0), places.last().copied().unwrap_or(last))
    }

    fn place(&self, lane: LaneId) -> Option<usize> {
        self.lanes.iter().position(|drawn| *drawn == lane)
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => {
                write!(f, "nothing to draw: nothing that is selected happens in that time")
            }
            Self::TooManyItems { items, most } => write!(
                f,
                "{items} items, and this format has at most {most}: choose a shorter time, fewer \
                 nodes, or only what one event caused"
            ),
            Self::TooLong { characters, most } => write!(
                f,
                "{characters} characters, and this format has at most {most}: choose a shorter \
                 time, fewer nodes, or only what one event caused"
            ),
        }
    }
}

impl std::error::Error for ExportError {}
