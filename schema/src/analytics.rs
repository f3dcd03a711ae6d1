//! What is derived from stored rows and asked of them.

pub mod rollup;
pub mod mapping;
pub mod materialise;
pub mod refresh;
pub mod story;
pub mod sales;
