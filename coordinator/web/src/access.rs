//! Who may use the API and the page, and for what.
//!
//! Every request passes [`guard::guard`] before it reaches its handler. Its rules, in order: the
//! route must stand in the table of [`routes`]; nothing is changed on a read-only server; a token,
//! or the setting `web.open_on_loopback`, says who asks ([`tokens`]); no other site may have sent
//! what changes something ([`origin`]); the viewer asks no more often than the settings allow
//! ([`rate`]); and its scope covers that of the route. A read whose client left is ended, in the
//! database too ([`client`]).
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`guard`] | a request | the request with its viewer, or a refusal |
//! | [`routes`] | method and pattern of a route | the scope that it needs |
//! | [`origin`] | headers of a request | whether another site sent it |
//! | [`rate`] | a viewer | whether it may ask again now |
//! | [`tokens`] | the text of a token | whose it is, from a cache of some seconds |
//! | [`client`] | a connection | whether the client still waits for the answer |
//! | [`viewer`] | | scopes, and who asks |

pub mod guard;
pub mod routes;
pub mod origin;
pub mod rate;
pub mod tokens;
pub mod client;
pub mod viewer;
