//! The source definition language: from the words of an author to requests and typed rows.
//!
//! Pure: no network, no database, no runtime. Imports go down this table only.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`expect`] | rows, and what was known before | whether they can be true |
//! | [`source`] | a definition | conversations: requests, one after the other, and the tasks of further steps |
//! | [`extract`] | a body | rows |
//! | [`definition`] | the text of a definition | its words |
//! | [`storable`] | rows | whether they can be stored |
//! | [`rows`] | | what an answer says, typed |
//! | [`response`] | the head of an answer | the class of its status, its pause |
//! | [`mask`] | texts | texts without secrets |
//! | [`wording`] | errors of libraries | our words for them |

pub mod wording;
pub mod mask;
pub mod response;
pub mod rows;
pub mod storable;
pub mod definition;
pub mod extract;
pub mod source;
pub mod expect;
