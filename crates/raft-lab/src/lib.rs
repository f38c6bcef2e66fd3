//! One session in a page: world, journal, durable mirror, pacing.
//!
//! A [`Lab`] owns a [`raft_script::Session`] and lets virtual time follow real time: the page calls
//! [`Lab::tick`] once a frame and draws [`Lab::frame`]. Every action of a person is a line of the
//! command language ([`Lab::exec`]). A durable lab also stores every simulated disk in the
//! browser's IndexedDB ([`Mirror`]), and shows and tells nothing that the browser has not stored
//! ([`Lab::is_storing`]).
//!
//! Everything but IndexedDB and the JavaScript API is plain Rust and is tested natively.
//!
//! ```
//! use std::time::Duration;
//!
//! use raft_lab::{ExecStatus, Lab};
//! use raft_sim::Setup;
//!
//! let mut lab = Lab::scratch(Setup::default())?;
//! lab.set_speed(f64::INFINITY);
//! assert_eq!(lab.exec("run until leader"), ExecStatus::Waiting);
//! while lab.pacing().running {
//!     lab.tick(Duration::from_millis(16), Duration::from_millis(8));
//! }
//! assert!(lab.frame().view.headline.to_string().starts_with("Node "));
//! # Ok::<(), raft_lab::LabError>(())
//! ```
#![forbid(unsafe_code)]

mod changes;
mod comparison;
mod console;
mod diagram;
mod disk_history;
mod explanation;
#[cfg(test)]
mod fake;
mod follow;
mod frame;
mod headline;
#[cfg(target_arch = "wasm32")]
mod idb;
#[cfg(target_arch = "wasm32")]
mod js;
mod lab;
mod lesson;
mod link;
mod members;
mod mirror;
mod new_lab;
mod operations;
mod pacing;
mod recorded;
mod recording;
mod rules_off;
mod snapshot;
mod stored;
mod tape;
mod timing;
mod view;

pub use changes::{ChangesView, EntryChange, FactChange, NodeChanges, ValueChange};
pub use comparison::{ComparisonView, DifferenceView, FirstDifference};
pub use console::{ConsoleKind, ConsoleLine};
pub use diagram::{
    DiagramView, DiagramWindow, FateView, ItemDetails, ItemShape, ItemView, LaneView, Related,
    ShownItem, StretchView, VerdictView,
};
pub use explanation::{CauseView, ExplanationView, ReasonView};
pub use follow::{Caption, FollowMessage, Follower, MAX_FOLLOW_BYTES, Presented, SILENCE_MS};
pub use frame::{BranchView, DurableState, EarlierRunView, Frame, LabView, TimeView};
#[cfg(target_arch = "wasm32")]
pub use idb::{OpenError, Opened};
#[cfg(target_arch = "wasm32")]
pub use js::{OnChange, SharedLab, install};
pub use lab::{
    BreakpointView, Crossroads, EntryMoment, ExecResult, ExecStatus, Lab, LabError, RealClock,
    Restoration, StatementView, Subscriber, Subscription,
};
pub use lesson::{ChoiceView, GoalView, InsteadView, LessonTurn, LessonView, PointView, TaskView};
pub use link::{
    LinkError, LinkSummary, LinkedPage, MAX_LINK_BYTES, MAX_LINK_LENGTH, MAX_LINK_TITLE,
    MomentLink, fragment_of, packed_of,
};
pub use members::MemberRole;
pub use mirror::{Backend, Done, Lost, Mirror, Wake};
pub use new_lab::NewLab;
pub use operations::{ClientAnswer, FailedAttempt};
pub use pacing::{DEFAULT_SPEED, MAX_FRAME, MIN_SPEED, Pacing};
pub use raft_core::{Instant, LogIndex, LogPosition, NodeId, ProgressKind, RoleKind, Term};
pub use raft_diagram::{DiagramFormat, LaneId, Layer, PointTopic, WriteResult};
pub use raft_kv::{ClientId, Sequence};
pub use raft_script::{Suggestion, console_help, help};
pub use raft_sim::{
    EventNumber, LatencyShape, MAX_NODES, Mention, MessageId, MessageKind, NodeState, Part,
    ReadPolicy, Setup, Words,
};
pub use raft_trace::{
    JudgedProperty, PassedOver, PropertyVerdict, RecordedRun, RunForm, TraceError, TraceSource,
    TraceStep,
};
pub use recorded::{Missed, Recorded, RecordedNode, RunVerdict, Watched};
pub use recording::{RecordedChoice, RecordedStep, RecordedStepView, RecordingView};
pub use rules_off::{Rule, challenge, mended, rules};
pub use snapshot::MomentPicture;
pub use stored::{
    CLUSTER_KEY, EARLIER_RUNS_KEY, NodeRecovery, RUN_KEY, RecoveredDisk, RecoveryReport,
    cluster_line, earlier_runs, earlier_runs_as_bytes, next_run,
};
pub use tape::{AskView, BandView, FaultView, JumpTo, MarkView, OperationView, TapeView};
pub use timing::TightTiming;
pub use view::{
    AnswerView, ClientView, CoreView, DiskDetails, DiskView, EntryView, EventRowView, EventView,
    EventsView, LeaseView, LinkView, LogView, LogsView, LostMessageView, MembershipView,
    MessageDetails, MessageLook, MessageView, NodeView, PartitionView, PeerView, PropertyView,
    RecordGroup, RecordView, RecoveryView, RedirectView, Standing, StartView, StoreView,
    StoresView, VIEW_VERSION, View, ViewWindow, ViolationView, VoteView, WriteView, through,
};
