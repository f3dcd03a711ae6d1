//! Regions: where events are sent to and received from as files, and what of it is known.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`declare`] | what an operator declares | a region with its key |
//! | [`link`] | a region | its lease, and how its last try ended |
//! | [`pseudonym`] | a key and the id of a user | what a region knows the user by |
//! | [`sent`] | written files | what the manifest lists, what is due |
//! | [`erased`] | erased users | what regions are to be told, which files are written again |
//! | [`received`] | received files | which of them were applied |

pub mod declare;
pub mod link;
pub mod pseudonym;
pub mod sent;
pub mod erased;
pub mod received;
