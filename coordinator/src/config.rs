//! The settings of a coordinator.
//!
//! They come from the same file and the same environment as a pod's: see
//! [`settings`]. What parses but cannot work is refused at start.

use std::{net::SocketAddr, time::Duration};

use body_archive::ArchiveSettings;
use fleet_web::settings::WebSettings;
use serde::Deserialize;
use settings::{ConfigError, DatabaseSettings, LogSettings, SecretSettings};
use telemetry::TelemetrySettings;

use crate::{
    alert::settings::AlertSettings,
    delivery::settings::DeliverySettings,
    export::{order::SNAPSHOTS_KEPT, place::StoreOptions, table::DataSet},
    load::settings::LoadSettings,
    policy::Policy,
    regions::settings::RegionSettings,
    report::settings::ReportSettings,
};

/// The settings of a coordinator.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The database of the fleet.
    pub database: DatabaseSettings,
    /// The coordinator itself.
    pub coordinator: CoordinatorSettings,
    /// The archive of answers' bodies: where it is, and how long bodies are kept.
    pub archive: ArchiveSettings,
    /// The exports that the leader makes.
    pub export: ExportSettings,
    /// The stores of regions.
    pub regions: RegionSettings,
    /// The places whose files data sets may read.
    pub loads: LoadSettings,
    /// The places that data sets may be delivered to.
    pub deliveries: DeliverySettings,
    /// What is kept of events.
    pub events: EventSettings,
    /// The forecasts that the leader makes.
    pub forecast: ForecastSettings,
    /// Who is notified of alerts, and how.
    pub alerts: AlertSettings,
    /// Who gets reports, and when.
    pub reports: ReportSettings,
    /// The HTTP API and the web page.
    pub web: WebSettings,
    /// The secrets that definitions may name.
    pub secrets: SecretSettings,
    /// Format and level of the log.
    pub log: LogSettings,
    /// Where traces are sent.
    pub telemetry: TelemetrySettings,
}

/// `[coordinator]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoordinatorSettings {
    /// Name in the database and in logs; the host's name by default.
    pub name: String,
    /// How long a leader may be silent before another takes over, 1 s to 5 min,
    /// default `10s`. If it is short, a brief delay changes the leader; no task is
    /// queued while there is no leader.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// Time between two ticks, 5 ms to 5 s, default `50ms`. A task starts up to this
    /// much late; a short time costs the database.
    #[serde(with = "humantime_serde")]
    pub tick: Duration,
    /// How long the database must have answered before a silent pod counts as dead,
    /// 0 s to 10 min, default `10s`. If it is too short, an outage of the database
    /// costs the jobs that ran through it.
    #[serde(with = "humantime_serde")]
    pub rescue_after_outage: Duration,
    /// How it is decided when a task is due: `freshness` (default) looks at the seats of
    /// showtimes by the sales that a look is expected to show, `interval` at the fixed
    /// `every` of the step.
    pub policy: Policy,
    /// How long after its start and its last snapshot a showtime is sealed, 1 h to 1 year,
    /// default `24h`. Short ones seal again what comes late; long ones keep six times the
    /// space for as long.
    #[serde(with = "humantime_serde")]
    pub seal_after: Duration,
    /// Address of `/live`, `/ready` and `/metrics`, default `127.0.0.1:9000`.
    /// With port 0 the system chooses one, and the log says which.
    pub listen: SocketAddr,
}

impl Default for CoordinatorSettings {
    fn default() -> Self {
        Self {
            name: settings::host_name(),
            lease: Duration::from_secs(10),
            tick: Duration::from_millis(50),
            rescue_after_outage: Duration::from_secs(10),
            policy: Policy::default(),
            seal_after: Duration::from_hours(24),
            listen: SocketAddr::from(([127, 0, 0, 1], 9000)),
        }
    }
}

/// `[forecast]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForecastSettings {
    /// Whether the leader forecasts admissions, default `true`.
    pub enabled: bool,
    /// Time between two origins of forecasts, 1 h to 7 days, default `24h`. Each origin stores a
    /// row for each showtime that is listed; short ones cost space, and see sales sooner.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
}

impl Default for ForecastSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            every: Duration::from_hours(24),
        }
    }
}

/// `[events]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventSettings {
    /// How long counts of events are kept in spans of five minutes, 1 day to 10 years, default
    /// `90d`; counts by the hour are kept. A year costs about 100,000 rows for each name of an event.
    #[serde(with = "humantime_serde")]
    pub five_minutes_for: Duration,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self {
            five_minutes_for: Duration::from_hours(90 * 24),
        }
    }
}

/// `[export]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExportSettings {
    /// Where the leader exports complete days to as Parquet: a directory, or
    /// `s3://bucket/prefix`. None by default: nothing is exported then unless by command.
    /// While it is set, retention drops nothing that was not exported; see the table
    /// `partition_reader`.
    pub to: Option<String>,
    /// Time between two exports, 1 min to 1 day, default `1h`. A day is exported when it is
    /// complete, and again where something came late or codes mean something else; short
    /// ones write a day again for each of these.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// What is exported, all by default: `showtimes`, `seat-records`, `snapshots`,
    /// `jobs`, `prices`, `events`.
    pub data_sets: Vec<DataSet>,
    /// How long readers of its tables can go back to rows before a change, 1 h to 1 year, default `7days`;
    /// of events half a day at most. Replaced files stay as long.
    #[serde(with = "humantime_serde")]
    pub snapshots_kept: Duration,
    /// Settings of an S3-compatible store by the names of its library, such as `endpoint`,
    /// `region`, `access_key_id`, `secret_access_key`, `allow_http`; what is not here is taken
    /// from the environment (`AWS_ENDPOINT` …) or the machine's role. Never logged.
    pub store: StoreOptions,
}

impl Default for ExportSettings {
    fn default() -> Self {
        Self {
            to: None,
            every: Duration::from_hours(1),
            data_sets: DataSet::ALL.to_vec(),
            snapshots_kept: SNAPSHOTS_KEPT,
            store: StoreOptions::default(),
        }
    }
}

impl Settings {
    /// Refuses what parses but cannot work.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Refused`], whose sentence names the setting and the way out.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.database.check()?;
        self.web
            .check()
            .map_err(|sentence| ConfigError::Refused { sentence })?;
        let coordinator = &self.coordinator;
        let bounds = [
            (
                "lease",
                coordinator.lease,
                Duration::from_secs(1),
                Duration::from_mins(5),
            ),
            (
                "tick",
                coordinator.tick,
                Duration::from_millis(5),
                Duration::from_secs(5),
            ),
            (
                "rescue_after_outage",
                coordinator.rescue_after_outage,
                Duration::ZERO,
                Duration::from_mins(10),
            ),
            (
                "seal_after",
                coordinator.seal_after,
                Duration::from_hours(1),
                Duration::from_hours(24 * 366),
            ),
        ];
        for (name, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(ConfigError::Refused {
                    sentence: format!(
                        "coordinator.{name} ({value:?}) must be {least:?} to {most:?}"
                    ),
                });
            }
        }
        self.archive.check().map_err(ConfigError::refused)?;
        self.telemetry.check().map_err(ConfigError::refused)?;
        self.alerts.check().map_err(ConfigError::refused)?;
        self.reports.check().map_err(ConfigError::refused)?;
        self.loads
            .check()
            .map_err(|sentence| ConfigError::Refused { sentence })?;
        self.deliveries
            .check(&self.reports)
            .map_err(|sentence| ConfigError::Refused { sentence })?;
        let every = self.export.every;
        if !(Duration::from_mins(1)..=Duration::from_hours(24)).contains(&every) {
            return Err(ConfigError::Refused {
                sentence: format!("export.every ({every:?}) must be 1 min to 1 day"),
            });
        }
        let kept = self.export.snapshots_kept;
        if !(Duration::from_hours(1)..=Duration::from_hours(24 * 366)).contains(&kept) {
            return Err(ConfigError::Refused {
                sentence: format!("export.snapshots_kept ({kept:?}) must be 1 h to 1 year"),
            });
        }
        let five_minutes_for = self.events.five_minutes_for;
        if !(Duration::from_hours(24)..=Duration::from_hours(24 * 3_653))
            .contains(&five_minutes_for)
        {
            return Err(ConfigError::Refused {
                sentence: format!(
                    "events.five_minutes_for ({five_minutes_for:?}) must be 1 day to 10 years"
                ),
            });
        }
        let every = self.forecast.every;
        if !(Duration::from_hours(1)..=Duration::from_hours(24 * 7)).contains(&every) {
            return Err(ConfigError::Refused {
                sentence: format!("forecast.every ({every:?}) must be 1 h to 7 days"),
            });
        }
        if coordinator.tick * 10 > coordinator.lease {
            return Err(ConfigError::Refused {
                sentence: format!(
                    "coordinator.tick ({:?}) must be at most a tenth of coordinator.lease ({:?}), \
                     or a slow tick loses the leadership",
                    coordinator.tick, coordinator.lease
                ),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn settings(coordinator: CoordinatorSettings) -> Settings {
        Settings {
            secrets: SecretSettings::default(),
            database: serde_json::from_str(r#"{"url": "postgres://host/db"}"#).unwrap(),
            coordinator,
            archive: ArchiveSettings::default(),
            export: ExportSettings::default(),
            regions: RegionSettings::default(),
            loads: LoadSettings::default(),
            deliveries: DeliverySettings::default(),
            events: EventSettings::default(),
            forecast: ForecastSettings::default(),
            alerts: AlertSettings::default(),
            reports: ReportSettings::default(),
            web: WebSettings::default(),
            log: LogSettings::default(),
            telemetry: TelemetrySettings::default(),
        }
    }

    #[test]
    fn the_defaults_work_once_a_database_is_named() {
        settings(CoordinatorSettings::default()).check().unwrap();
    }

    #[test]
    fn a_tick_that_would_lose_the_lease_is_refused() {
        let refusal = settings(CoordinatorSettings {
            tick: Duration::from_secs(2),
            ..CoordinatorSettings::default()
        })
        .check()
        .unwrap_err()
        .to_string();
        assert!(
            refusal.contains("a tenth of coordinator.lease"),
            "{refusal}"
        );
    }
}
