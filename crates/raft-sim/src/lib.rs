//! The simulated world: clock, network, disks, clients, faults, journal.
