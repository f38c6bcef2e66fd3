//! The picture of the cluster in plain values: places, shapes, colours and words, and the canvases
//! that draw what moves.

pub(crate) mod canvas;
mod display_role;
mod geometry;
mod lease;
mod message_style;
mod nodes_and_links;
mod sheet;
mod term_colour;
mod ticks;

pub(crate) use display_role::DisplayRole;
pub(crate) use geometry::{
    LARGEST, Lane, Point, Ring, Room, TIMER_GAP, nearest, part_passed, polygon,
};
pub(crate) use lease::lease_left;
pub(crate) use message_style::{COMMON_LOOKS, MessageStyle};
pub(crate) use nodes_and_links::{LinkPicture, NodePicture, is_parted};
pub(crate) use sheet::{ArrowEnd, LaneChoice, LanePlace, Mark, Sheet};
pub(crate) use term_colour::{TERM_COLOURS, term_class};
pub(crate) use ticks::ticks;
