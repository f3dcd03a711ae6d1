//! The settings of the programs: how they are loaded, and the sections that all of them share.
//!
//! Takes defaults, a file, the environment and flags; the later one wins. A variable has the
//! prefix `FULLHOUSE_` and `__` between section and key, as in `FULLHOUSE_DATABASE__URL`.
//! Settings that parse but cannot work are refused at start, with the reason.

mod database;
mod load;
mod secrets;

pub mod logging;

pub use database::{DatabaseSettings, DatabaseUrl};
pub use load::{ConfigError, Override, load};
pub use logging::{LogFormat, LogLevel, LogSettings};
pub use secrets::SecretSettings;

/// Returns the name of this host: from the kernel, or else from `HOSTNAME`.
#[must_use]
pub fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "agent".to_owned())
}
