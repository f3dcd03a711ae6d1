//! What becomes of stored rows: sealed, moved to partitions, exported.

pub mod seal;
pub mod partition;
pub mod export;
