//! Every statement against its own real database.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod access;
mod versions;
mod repeatable;
mod background;
mod cap;
mod catalogue;
mod film_facts;
mod comments;
mod connect;
mod finish;
mod history;
mod failing;
mod http_api;
mod judged;
mod fixture;
mod leader;
mod fence;
mod mapping;
mod given_up;
mod limit;
mod materialise;
mod plans;
mod showtime_reads;
mod showtime_plans;
mod reading;
mod queue;
mod seal;
mod refresh;
mod seats;
mod admission;
mod partition;
mod change;
mod task;
mod rollup;
mod export;
