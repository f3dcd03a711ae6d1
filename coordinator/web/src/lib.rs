//! The web server of a coordinator: a JSON API under `/v1/`, and a web page for people.
//!
//! Any coordinator serves both, leader or not. All numbers come from the database through
//! [`schema::reading`]; what only a coordinator can do (apply a definition, run the doctor) it
//! gives to this package as [`operations::Operations`].
//!
//! Modules stand from the listener down; each imports only modules that stand below it.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`server`] | settings, a pool of connections | a listener that serves both |
//! | [`page`] | a request of a browser | HTML that is complete without script |
//! | [`api`] | a request of a program | JSON, and the OpenAPI document |
//! | [`search`] | a text of a person | what it may name |
//! | [`diagnosis`] | a reason or class of an error | what it means, for a person |
//! | [`difference`] | two texts | the lines that differ |
//! | [`body`] | a stored body | text that can be read |
//! | [`sale`] | a showtime | the states of its seats over time |
//! | [`action`] | an action of a viewer | what the coordinator did, once per key |
//! | [`access`] | a request | who asks, or a refusal |
//! | [`state`] | | what every handler needs |
//! | [`overview`] | the database, when it is looked at | sources and sizes, once for all viewers |
//! | [`sampler`] | the database, every two seconds | one sample of the fleet for all viewers |
//! | [`cached`] | a read | its result, until it is too old |
//! | `recent_jobs` | the jobs of the last seconds | those of the last minutes |
//! | [`event_query`] | the query of an address | what is asked of received events and their users |
//! | [`filter`] | the query of an address | a checked filter |
//! | [`problem`] | an error | an RFC 9457 problem |
//! | [`operations`] | a request that changes something | what the coordinator did |
//! | [`tls`] | files of a certificate | the certificate, read again when it changes |
//! | [`assets`] | the style sheet, scripts and icon | files with their hash in the path |
//! | [`compression`] | an answer | the same in fewer bytes |
//! | `number` | a count or a value | the same as another kind of number |
//! | [`settings`] | the table `[web]` of the settings file | checked settings |

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::float_cmp,
        clippy::type_complexity
    )
)]

pub mod server;
pub mod page;
pub mod api;
pub mod search;
pub mod diagnosis;
pub mod difference;
pub mod body;
pub mod sale;
pub mod action;
pub mod access;
pub mod state;
pub mod overview;
pub mod sampler;
pub mod cached;
mod recent_jobs;
pub mod event_query;
pub mod filter;
pub mod problem;
pub mod operations;
pub mod tls;
pub mod assets;
pub mod compression;
mod number;
pub mod settings;
