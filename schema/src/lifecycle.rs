//! The later life of stored rows: sealing, partitions, export.

pub mod seal;
pub mod partition;
pub mod export;
