//! Loads: data sets whose rows come from files, such as the daily exports of another system.
//!
//! Files are foreign: nothing of them is evaluated, everything of them is bounded. A file is read as a
//! stream, in memory that does not depend on its size. Each value is mapped to a typed text in Rust, and
//! travels as a value of a parameter.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`settings`] | the section `[loads]` | the places that may be read |
//! | [`pattern`] | a pattern of paths | the paths of a day |
//! | [`declaration`] | the table `[files]` of a data set | where its files are, and its columns |
//! | [`place`] | a place and a pattern | the files of each day, and their bytes |
//! | [`unpack`] | bytes as they arrive | unpacked bytes, at most so many |
//! | [`lines`] | unpacked bytes | lines, of at most so many bytes |
//! | [`json`] | a line of JSON | the value of a key or a pointer |
//! | [`typed`] | a line whose values carry their type | the same |
//! | [`csv`](mod@csv) | unpacked bytes | rows of fields |
//! | [`value`] | a value and a column | the text of its type, or why not |
//! | [`tree`] | the text of any JSON | whether the database stores it |
//! | [`wording`] | a value | how reasons show it |
//! | [`read`] | a file | batches of rows, and rows that could not be mapped |
//! | [`build`] | a build that was claimed | its rows in the table, or why not |

pub mod settings;
pub mod pattern;
pub mod declaration;
pub mod wording;
pub mod tree;
pub mod value;
pub mod place;
pub mod unpack;
pub mod lines;
pub mod json;
pub mod typed;
pub mod csv;
pub mod read;
pub mod build;
