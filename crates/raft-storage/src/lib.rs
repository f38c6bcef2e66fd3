//! What a node keeps on disk: record format, checksums, recovery.
