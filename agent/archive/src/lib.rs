//! The archive of answers' bodies: content-addressed, compressed with zstd, in a directory or an
//! S3-compatible store.
//!
//! Takes bodies without secrets, gives their hashes, which the history stores (`job.body_hash`).
//! A body is stored once however often it comes. Names are made of hashes only, so no text of a
//! source or a user reaches a path.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`location`] | an address in the settings | a directory or a bucket |
//! | [`settings`] | the section `[archive]` | what is archived, and for how long |
//! | [`hash`] | a body | its name |
//! | [`archive`] | a body or a hash | the stored body |

pub mod location;
pub mod settings;
pub mod hash;
pub mod archive;

pub use archive::{Archive, ArchiveError, PackedBody};
pub use hash::BodyHash;
pub use location::{Location, LocationError, StoreOptions};
pub use settings::ArchiveSettings;
