//! Components that take properties only: no contexts.

mod action_button;
mod border;
mod dial;
mod dialog;
mod fact_list;
mod icon;
mod legend;
mod link_line;
mod log_cell;
mod menu;
mod message_glyph;
mod node_glyph;
mod node_labels;
mod panel;
mod partition_rays;
mod said;
mod search_field;
mod virtual_list;

pub(crate) use action_button::ActionButton;
pub(crate) use border::{Border, BorderPlace, MovableBorder, use_border};
pub(crate) use dial::Dial;
pub(crate) use dialog::Dialog;
pub(crate) use fact_list::{Fact, FactList};
pub(crate) use icon::{Icon, IconName};
pub(crate) use legend::Legend;
pub(crate) use link_line::LinkLine;
pub(crate) use log_cell::{LogCell, LogCellView};
pub(crate) use menu::{Menu, MenuItem};
pub(crate) use message_glyph::MessageGlyph;
pub(crate) use node_glyph::NodeGlyph;
use node_labels::NodeLabels;
pub(crate) use panel::Panel;
pub(crate) use partition_rays::PartitionRays;
pub(crate) use said::{Click, diagrammed, said, walk};
pub(crate) use search_field::SearchField;
pub(crate) use virtual_list::VirtualList;
