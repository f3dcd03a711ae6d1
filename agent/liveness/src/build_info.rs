//! Which version of a program runs, as a metric.

use prometheus::{IntGaugeVec, Opts, Registry};

/// `fullhouse_build_info{version}`: the version of the program that runs; always 1. This registers it.
///
/// # Errors
///
/// If the registry has it already.
pub fn register(registry: &Registry) -> prometheus::Result<()> {
    let info = IntGaugeVec::new(
        Opts::new("fullhouse_build_info", "The version that runs; always 1."),
        &["version"],
    )?;
    info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    registry.register(Box::new(info))
}
