//! Settings of the programs: how they are loaded, and the sections that all of them share.
//!
//! Later wins: the defaults here, the file, the environment (`FULLHOUSE_` and
//! `__` between section and key, as in `FULLHOUSE_DATABASE__URL`), the flags.
//! What parses but cannot work is refused at start, in a sentence.

mod database;
mod load;
mod secrets;

pub mod logging;

pub use database::{Database, DatabaseUrl};
pub use load::{ConfigError, Override, load};
pub use logging::{Log, LogFormat, LogLevel};
pub use secrets::Secrets;

/// The name of this host as the kernel knows it, or as the platform says.
#[must_use]
pub fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "agent".to_owned())
}
