//! Requests to sources: what sends them, and what bounds them.
//!
//! A pod and the tools of source authors fetch alike. What an answer says is none of this
//! package's business.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`limit`] | a permit | leave to send |
//! | [`user_agent`] | who asks | what a source sees of it |
//! | [`memory_budget`] | what answers want | leave to take it |
//! | [`unpack`] | a packed body | its bytes |
//! | `client` | a request | an answer |

pub mod limit;
pub mod memory_budget;
pub mod unpack;
mod user_agent;

mod client;

pub use client::{Bounds, Fetched, Fetcher, FetcherError, LookedUp, Lookup, Opened, Phases};
pub use user_agent::user_agent;
