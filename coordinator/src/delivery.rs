//! Deliveries: what data sets publish, at places outside.
//!
//! A destination is always given a whole build, which replaces what it has of the day. Rows travel as a
//! stream, so memory does not depend on their number, but for mails, which are bounded.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`settings`] | the section `[deliveries]` | the destinations |
//! | [`failure`] | what a destination answered | why it did not take a build, and whether others may be taken |
//! | [`content_id`] | what a document or a mail is of | its id |
//! | [`csv_text`] | rows | the text of a CSV file |
//! | [`csv_file`] | rows | a file in a directory, replaced as a whole |
//! | [`mail`] | rows | a mail with a CSV file |
//! | [`elasticsearch`] | rows | documents of an index |
//! | [`run`] | a delivery that is due | the build at its destination, or nothing of it where it is gone |

pub mod settings;
pub mod failure;
pub mod content_id;
pub mod csv_text;
pub mod csv_file;
pub mod mail;
pub mod elasticsearch;
pub mod run;
