//! What the paper says and shows of these ranges (§9.3, Figure 16).

use raft_sim::DelayRange;

use crate::dial::Case;
use crate::dials::ELECTION;

/// A range of election timeouts of the paper's figure.
struct PaperRange {
    /// In ms.
    range: (u64, u64),
    /// The share of trials without a split vote, in %, read off the figure: the height at which the
    /// curve is flat before the second timeouts. Empty if none can be read.
    without_split: &'static str,
    /// The figures in the text, in ms; empty if there are none.
    text: &'static str,
}

const RANGES: [PaperRange; 6] = [
    PaperRange { range: (150, 150), without_split: "", text: "over 10000" },
    PaperRange { range: (150, 151), without_split: "2.5", text: "" },
    PaperRange { range: (150, 155), without_split: "29", text: "p50 287" },
    PaperRange { range: (150, 175), without_split: "84", text: "" },
    PaperRange { range: (150, 200), without_split: "93", text: "max 513" },
    PaperRange { range: (12, 24), without_split: "", text: "mean 35 max 152" },
];

/// The paper's share without a split vote, and its text, for a range that is in the figure.
pub(super) fn words(case: &Case) -> Vec<String> {
    let own = case.delay(&ELECTION);
    let is_own = |range: &&PaperRange| DelayRange::millis(range.range.0, range.range.1) == own;
    let found = RANGES.iter().find(is_own);
    let text = |pick: fn(&PaperRange) -> &'static str| found.map_or("", pick).to_owned();
    vec![text(|range| range.without_split), text(|range| range.text)]
}
