//! Events that apps, devices and services send: who may send, what is stored, what is counted.
//!
//! Modules stand in the order in which an event passes through them. Each event is stored once:
//! [`store::store`] says which were duplicates.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`client`] | a name | a sender of events with its time zone |
//! | [`key`] | a hash | who sends, and what the key may do |
//! | [`schema`] | a JSON Schema | the versions of an event's schema |
//! | [`identity`] | names, users and places as received | their numbers |
//! | [`store`] | checked events | stored events, counts and days of users |
//! | [`reject`] | events that cannot be stored | rows for a person |
//! | [`replay`] | rejected events that are checked again | stored events, or new reasons |
//! | [`intake`] | what came with a key | counts for operators |
//! | [`fold`] | counts of stored events | totals |
//! | [`seal`] | events of days that are over | blocks, column by column |
//! | [`erasure`] | a user | events that no longer say who it was |
//! | [`region`] | events as files | what was sent to other databases and received from them |
//! | [`experiment`] | exposures and what users did | sums over the users of each variation |

pub mod client;
pub mod key;
pub mod schema;
pub mod identity;
pub mod store;
pub mod reject;
pub mod replay;
pub mod intake;
pub mod fold;
pub mod seal;
pub mod erasure;
pub mod region;
pub mod experiment;
