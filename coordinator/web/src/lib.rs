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
//! | [`action`] | an action of a viewer | what the coordinator did, once per key |
//! | [`access`] | a request | who asks, or a refusal |
//! | [`sampler`] | the database, every two seconds | one sample of the fleet for all viewers |
//! | [`state`] | | what every handler needs |
//! | [`problem`] | an error | an RFC 9457 problem |
//! | [`operations`] | a request that changes something | what the coordinator did |
//! | [`tls`] | files of a certificate | the certificate, read again when it changes |
//! | [`assets`] | the style sheet, scripts and icon | files with their hash in the path |
//! | [`settings`] | the table `[web]` of the settings file | checked settings |

pub mod server;
pub mod page;
pub mod api;
pub mod action;
pub mod access;
pub mod sampler;
pub mod state;
pub mod problem;
pub mod operations;
pub mod tls;
pub mod assets;
pub mod settings;
