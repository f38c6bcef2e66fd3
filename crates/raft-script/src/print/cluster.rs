//! `cluster` as text: what differs from the defaults.

use std::fmt;

use raft_sim::{DelayRange, Setup};

use super::values::{Delay, Percent, Size, Time};
use super::write_list;

pub(super) fn write_cluster(f: &mut fmt::Formatter<'_>, setup: &Setup) -> fmt::Result {
    let default = Setup::default();
    write!(f, "cluster nodes={} seed={}", setup.nodes, setup.seed)?;
    write_protocol(f, setup, &default)?;
    write_bugs(f, setup)?;
    if setup.settings.heartbeat_interval != default.settings.heartbeat_interval {
        write!(f, " heartbeat={}", Time(setup.settings.heartbeat_interval))?;
    }
    let election = |setup: &Setup| DelayRange {
        min: setup.settings.election_timeout_min,
        max: setup.settings.election_timeout_max,
    };
    if election(setup) != election(&default) {
        write!(f, " election={}", Delay(election(setup)))?;
    }
    write_sizes(f, setup, &default)?;
    if setup.link_latency != default.link_latency {
        write!(f, " latency={}", Delay(setup.link_latency))?;
    }
    if setup.link_shape != default.link_shape {
        write!(f, " shape={}", setup.link_shape)?;
    }
    if setup.disk_latency != default.disk_latency {
        write!(f, " disk={}", Delay(setup.disk_latency))?;
    }
    if setup.disk_shape != default.disk_shape {
        write!(f, " disk-shape={}", setup.disk_shape)?;
    }
    if setup.client_timeout != default.client_timeout {
        write!(f, " timeout={}", Time(setup.client_timeout))?;
    }
    if setup.client_patience != default.client_patience {
        write!(f, " patience={}", Time(setup.client_patience))?;
    }
    if setup.run != default.run {
        write!(f, " run={}", setup.run)?;
    }
    if !setup.down.is_empty() {
        f.write_str(" down=")?;
        write_list(f, &setup.down, ",")?;
    }
    Ok(())
}

/// What of the protocol is on.
fn write_protocol(f: &mut fmt::Formatter<'_>, setup: &Setup, default: &Setup) -> fmt::Result {
    let optional = [
        ("pre-vote", setup.settings.pre_vote, default.settings.pre_vote),
        ("check-quorum", setup.settings.check_quorum, default.settings.check_quorum),
        ("lease", setup.settings.lease_reads, default.settings.lease_reads),
    ];
    if optional.iter().any(|(_, is_on, _)| *is_on) {
        for (name, is_on, by_default) in optional {
            write_switch(f, name, is_on, by_default)?;
        }
    } else {
        f.write_str(" paper")?;
    }
    if setup.settings.max_clock_drift_ppm != default.settings.max_clock_drift_ppm {
        write!(f, " drift={}", Percent(setup.settings.max_clock_drift_ppm))?;
    }
    write_switch(f, "forward", setup.settings.forward_proposals, default.settings.forward_proposals)
}

fn write_switch(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    is_on: bool,
    by_default: bool,
) -> fmt::Result {
    match is_on {
        _ if is_on == by_default => Ok(()),
        true => write!(f, " {name}=on"),
        false => write!(f, " {name}=off"),
    }
}

/// Rules that are switched off.
#[cfg(feature = "bugs")]
fn write_bugs(f: &mut fmt::Formatter<'_>, setup: &Setup) -> fmt::Result {
    let bugs: Vec<_> = setup.bugs.iter().collect();
    if bugs.is_empty() {
        return Ok(());
    }
    f.write_str(" bugs=")?;
    write_list(f, &bugs, ",")
}

#[cfg(not(feature = "bugs"))]
#[expect(clippy::unnecessary_wraps, reason = "the other one can fail")]
fn write_bugs(_: &mut fmt::Formatter<'_>, _: &Setup) -> fmt::Result {
    Ok(())
}

/// How much goes into a message, and when there is too much.
fn write_sizes(f: &mut fmt::Formatter<'_>, setup: &Setup, default: &Setup) -> fmt::Result {
    if setup.settings.max_batch_entries != default.settings.max_batch_entries {
        write!(f, " batch={}", setup.settings.max_batch_entries)?;
    }
    if setup.settings.max_in_flight != default.settings.max_in_flight {
        write!(f, " window={}", setup.settings.max_in_flight)?;
    }
    if setup.settings.max_uncommitted_bytes != default.settings.max_uncommitted_bytes {
        write!(f, " uncommitted={}", Size(setup.settings.max_uncommitted_bytes))?;
    }
    if setup.settings.snapshot_threshold != default.settings.snapshot_threshold {
        write!(f, " snapshot={}", setup.settings.snapshot_threshold)?;
    }
    if setup.settings.snapshot_chunk_bytes != default.settings.snapshot_chunk_bytes {
        write!(f, " chunk={}", Size(setup.settings.snapshot_chunk_bytes as u64))?;
    }
    Ok(())
}
