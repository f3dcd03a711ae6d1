//! From the bodies of answers to rows, through definitions as authors write them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod reading;

mod words;
mod hostile;
mod shipped;
mod listed;
mod formats;
