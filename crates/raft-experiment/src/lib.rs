//! Measurements of a simulated Raft cluster, which runs the real core: trials, statistics, charts.
//!
//! An [`Experiment`] has [`Dial`]s. A dial may have several values; each combination of values is a
//! [`Case`], which becomes a row of the table and a curve of the chart. An [`ExperimentRequest`]
//! names an experiment, dials, a seed and a number of trials. An [`ExperimentPlan`] is a request
//! whose bounds were checked. [`Trials`] runs it in slices.
//!
//! A trial is a pure function of the request and of its place. So workers can run any places of the
//! same plan, and their [`TrialResults`] merge to the same [`ExperimentReport`], which has the
//! table, the CSV and the [`Chart`]s.
//!
//! All times are virtual. This crate reads no clock, touches no file and starts no thread.
#![forbid(unsafe_code)]

mod availability;
mod chart;
mod cluster;
mod commit_latency;
mod dial;
mod dials;
mod disk_latency;
mod election_timeouts;
mod experiment;
mod pre_vote;
mod report;
mod sample;
mod service;
mod throughput;
mod trials;

pub use chart::{Chart, ChartAxis, ChartCurve};
pub use dial::{Case, Dial, DialError, Dials, MAX_CASES, MAX_TRIALS};
pub use experiment::Experiment;
pub use report::{ExperimentReport, ExperimentTable, TableColumn, TableRow};
pub use trials::{
    ExperimentPlan, ExperimentRequest, NotMeasured, TrialOutcome, TrialProgress, TrialResults,
    Trials,
};
