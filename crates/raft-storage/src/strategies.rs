//! Made-up disks.
