//! The facts that alerts are made of: one read for each.
//!
//! Takes a fact and a limit; gives the subjects whose values pass it. Each read is bounded in rows and
//! cheap enough to be repeated every minute.

mod data;
mod database;
mod fleet;
mod sources;

use sqlx::PgConnection;

/// A subject whose value passes the limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// The subject, such as the name of a source.
    pub subject: String,
    /// The value, in the unit of the fact.
    pub value: f64,
    /// The evidence.
    pub details: Option<String>,
}

/// What can be read; the comment says what the value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Degraded steps of a source.
    SourceDegraded,
    /// Quarantined steps of a source.
    SourceQuarantined,
    /// Hours for which a source has been blocked.
    SourceBlocked,
    /// Jobs of a source that failed, while none succeeded.
    SourceFailing,
    /// Showtimes to come of a source that has too few.
    SourceEmpty,
    /// What a source would have, where that is over its cap.
    SourceOverCap,
    /// Codes of seats that nothing maps.
    SeatsUnmapped,
    /// Codes of attributes that nothing maps.
    AttributesUnmapped,
    /// Share of its rate that a limit key gets.
    LimitSlowed,
    /// Minutes until a limit key may send again.
    LimitPaused,
    /// Jobs of the last hour, over those of the same hour of the week before.
    ThroughputFallen,
    /// Terms of leaders that began within a quarter of an hour.
    LeaderChanging,
    /// Pods that report that they cannot go on.
    PodsStalled,
    /// Claims that were lost with their pods within ten minutes.
    LeasesExpired,
    /// Seconds since the lease of a pod ran out that nobody has ended.
    RescueStalled,
    /// Tasks that are isolated.
    TasksIsolated,
    /// Failures in a row of a background pass.
    PassFailing,
    /// Minutes for which a condition could not be looked at.
    CheckFailing,
    /// Minutes for which a message has waited for its receiver.
    ReceiverFailing,
    /// Hours since a rollup was set aside.
    RollupAside,
    /// Days for which a table has partitions.
    PartitionsMissing,
    /// Tables whose default partition has rows.
    PartitionDefault,
    /// Days for which a complete day has waited for its export.
    ExportBehind,
    /// Days of a data set that failed three times.
    DataSetFailed,
    /// Days of a data set that are not built although their deadline has passed.
    DataSetLate,
    /// Hours since the last forecasts.
    ForecastLate,
    /// Score of an anomaly that looks like a fault of the data.
    AnomalyOpen,
    /// Share of a client's events that was rejected.
    EventRejects,
    /// Hours since a client sent events.
    EventSilence,
    /// Minutes for which a region has lacked files.
    RegionGap,
    /// Hours since a region last sent or received all.
    RegionLate,
    /// Minutes since a transaction began.
    OldTransaction,
    /// Transactions since the oldest rows were frozen.
    Wraparound,
    /// Dead rows of a table, over the number at which vacuum is due.
    TableBloat,
    /// Bytes of the log that a replication slot holds back.
    SlotHoldsWal,
    /// Minutes for which the log cannot be archived.
    ArchiveFailing,
    /// Share of the connections that is used.
    ConnectionsScarce,
}

/// Reads the subjects for which a fact passes `threshold`.
///
/// # Errors
///
/// If the statement fails.
pub async fn read(
    db: &mut PgConnection,
    fact: Fact,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    match fact {
        Fact::SourceDegraded => sources::by_health(db, "degraded", threshold).await,
        Fact::SourceQuarantined => sources::by_health(db, "quarantined", threshold).await,
        Fact::SourceBlocked => sources::blocked(db, threshold).await,
        Fact::SourceFailing => sources::failing(db, threshold).await,
        Fact::SourceEmpty => sources::empty(db, threshold).await,
        Fact::SourceOverCap => sources::over_cap(db, threshold).await,
        Fact::SeatsUnmapped => sources::seats_unmapped(db, threshold).await,
        Fact::AttributesUnmapped => sources::attributes_unmapped(db, threshold).await,
        Fact::LimitSlowed => sources::limits_slowed(db, threshold).await,
        Fact::LimitPaused => sources::limits_paused(db, threshold).await,
        Fact::ThroughputFallen => fleet::throughput_fallen(db, threshold).await,
        Fact::LeaderChanging => fleet::leader_changing(db, threshold).await,
        Fact::PodsStalled => fleet::pods_stalled(db, threshold).await,
        Fact::LeasesExpired => fleet::leases_expired(db, threshold).await,
        Fact::RescueStalled => fleet::rescue_stalled(db, threshold).await,
        Fact::TasksIsolated => fleet::tasks_isolated(db, threshold).await,
        Fact::PassFailing => fleet::passes_failing(db, threshold).await,
        Fact::CheckFailing => fleet::checks_failing(db, threshold).await,
        Fact::ReceiverFailing => fleet::receivers_failing(db, threshold).await,
        Fact::RollupAside => data::rollups_aside(db, threshold).await,
        Fact::PartitionsMissing => data::partitions_missing(db, threshold).await,
        Fact::PartitionDefault => data::partition_defaults(db, threshold).await,
        Fact::ExportBehind => data::exports_behind(db, threshold).await,
        Fact::DataSetFailed => data::data_sets_failed(db, threshold).await,
        Fact::DataSetLate => data::data_sets_late(db, threshold).await,
        Fact::ForecastLate => data::forecasts_late(db, threshold).await,
        Fact::AnomalyOpen => data::anomalies_open(db, threshold).await,
        Fact::EventRejects => data::event_rejects(db, threshold).await,
        Fact::EventSilence => data::event_silence(db, threshold).await,
        Fact::RegionGap => data::region_gaps(db, threshold).await,
        Fact::RegionLate => data::regions_late(db, threshold).await,
        Fact::OldTransaction => database::old_transactions(db, threshold).await,
        Fact::Wraparound => database::wraparound(db, threshold).await,
        Fact::TableBloat => database::bloated_tables(db, threshold).await,
        Fact::SlotHoldsWal => database::slots_hold_wal(db, threshold).await,
        Fact::ArchiveFailing => database::archive_failing(db, threshold).await,
        Fact::ConnectionsScarce => database::connections_scarce(db, threshold).await,
    }
}
