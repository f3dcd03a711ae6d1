//! The leader's loop: election and ticks. A coordinator that does not lead waits for its turn.
//! Background work is in [`background`].
//!
//! If the database is away, the loop waits and tries again; if the leadership is
//! lost, the schedule is forgotten; if the process dies, another takes over when
//! the lease has run out, and rebuilds the schedule from the database.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use body_archive::ArchiveSettings;
use liveness::watchdog::Watchdog;
use schema::{
    connect::DatabaseFault,
    leader::{self, Term},
};
use sqlx::PgPool;
use telemetry::Telemetry;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{debug, info, warn};
use uuid::Uuid;

use crate::{
    alert::{check::Audience, deliver, settings::AlertSettings},
    background::{
        self,
        alerts::AlertWatch,
        anomalies::AnomalySearch,
        archive::ArchivePruning,
        data_sets::DataSetBuilder,
        deliveries::Deliverer,
        event_sealing::EventSealer,
        events::EventUpkeep,
        export::{ExportSchedule, Exporter},
        failure_log::FailureLog,
        forecasts::Forecasting,
        loads::FileListing,
        messages::MessageSender,
        partitions::PartitionCreation,
        quarantine::QuarantinePruning,
        regions::Regions,
        reports::Reporting,
        retirement::PartitionRetirement,
        rollups::RollupRefresh,
        run_record::RunRecords,
        sealing::Sealer,
        throughput::ThroughputCount,
        venues::VenueMatching,
        works::WorkMatching,
    },
    delivery::settings::DeliverySettings,
    load::settings::LoadSettings,
    metrics::Metrics,
    policy::Policy,
    progress_watch::ProgressWatch,
    regions::settings::RegionSettings,
    report::settings::ReportSettings,
    tick::Leadership,
};

/// How the leader leads.
#[derive(Debug, Clone)]
pub struct LeadSettings {
    /// Name of this process, for people.
    pub name: String,
    /// How long a leader may be silent before another takes over.
    pub lease: Duration,
    /// Time between two ticks.
    pub tick: Duration,
    /// How it is decided when a task is due.
    pub policy: Policy,
    /// How long after its start and its last snapshot a showtime is sealed.
    pub seal_after: Duration,
    /// How long counts of events are kept in spans of five minutes.
    pub five_minutes_for: Duration,
    /// Time between two origins of forecasts; `None` if it makes none.
    pub forecast_every: Option<Duration>,
    /// The exports that the leader makes, if any.
    pub export: Option<ExportSchedule>,
    /// The stores of regions.
    pub regions: RegionSettings,
    /// The places whose files data sets may read.
    pub loads: LoadSettings,
    /// Where data sets are delivered to.
    pub deliveries: DeliverySettings,
    /// The archive of answers' bodies.
    pub archive: ArchiveSettings,
    /// Who is notified of alerts.
    pub alerts: AlertSettings,
    /// Who gets reports.
    pub reports: ReportSettings,
    /// Where traces go.
    pub telemetry: Telemetry,
}

/// Time between two feeds of the watchdog while a schedule is read.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// The shortest wait after a turn that failed.
const FAILED_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// Name of the work of the leader's loop in a warning.
pub const SCHEDULE: &str = "schedule tasks";

/// Leads when it can, until `stop`; `watchdog` is fed as long as the loop turns.
pub async fn lead(
    db: PgPool,
    settings: LeadSettings,
    metrics: Metrics,
    watch: &ProgressWatch,
    watchdog: Watchdog,
    stop: CancellationToken,
) {
    let mut coordinator = Coordinator {
        holder: Uuid::new_v4(),
        db,
        settings,
        metrics,
        leadership: None,
        background: None,
        renewed: None,
        failures: FailureLog::default(),
        watch: watch.clone(),
        watchdog,
    };
    let mut ticks = interval(coordinator.settings.tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => {}
        }
        coordinator.watchdog.feed();
        let pause = coordinator.turn().await;
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(pause) => {}
        }
    }
    coordinator.resign().await;
}

struct Coordinator {
    holder: Uuid,
    db: PgPool,
    settings: LeadSettings,
    metrics: Metrics,
    leadership: Option<Leadership>,
    /// Stops the background work of the leader when the leadership is over.
    background: Option<DropGuard>,
    renewed: Option<Instant>,
    failures: FailureLog,
    watch: ProgressWatch,
    watchdog: Watchdog,
}

impl Coordinator {
    /// One turn of the loop; returns how long to wait beyond the tick.
    async fn turn(&mut self) -> Duration {
        let watch = self.watch.clone();
        let ended = watch.activities.note(SCHEDULE, self.beat()).await;
        let leadership = self.leadership.as_ref();
        watch.leader.note(
            leadership.map(Leadership::term),
            leadership.map_or(0, Leadership::ready),
        );
        match ended {
            Ok(pause) => {
                if let Some(failures) = self.failures.succeeded() {
                    info!(failures, "the database answers again");
                }
                pause
            }
            Err(error) => {
                self.note_failure(&error);
                self.settings.tick.max(FAILED_AGAIN_AFTER)
            }
        }
    }

    fn note_failure(&mut self, error: &sqlx::Error) {
        let class = DatabaseFault::of(error);
        if class.is_of_server()
            && let Some(leadership) = &mut self.leadership
        {
            leadership.database_lost();
        }
        if !self.failures.failed(class.label()) {
            return;
        }
        let error = error as &dyn Error;
        match class {
            DatabaseFault::Unreachable => warn!(
                error,
                "the database does not answer; the leader tries again"
            ),
            DatabaseFault::Unwritable => warn!(
                error,
                "the database takes no writes; the leader tries again"
            ),
            DatabaseFault::Transient | DatabaseFault::Refused => {
                warn!(
                    error,
                    "the database refuses a statement of the leader; it tries again"
                );
            }
        }
    }

    async fn beat(&mut self) -> Result<Duration, sqlx::Error> {
        if self.is_renewal_due() {
            self.renew().await?;
        }
        let Some(leadership) = &mut self.leadership else {
            // Not more often than the lease asks for.
            return Ok(self.settings.lease / 10);
        };
        leadership.tick(&self.db, &self.metrics).await?;
        Ok(Duration::ZERO)
    }

    fn is_renewal_due(&self) -> bool {
        self.renewed.is_none_or(|renewed| {
            self.leadership.is_none() || renewed.elapsed() > self.settings.lease / 3
        })
    }

    async fn renew(&mut self) -> Result<(), sqlx::Error> {
        let term = self.ask_to_lead().await?;
        self.renewed = Some(Instant::now());
        match (term, &self.leadership) {
            (Some(term), Some(leadership)) if leadership.term() == term => {}
            (Some(term), _) => self.take_over(term).await?,
            (None, Some(_)) => {
                warn!("another coordinator leads now");
                self.step_down();
            }
            (None, None) => debug!("another coordinator leads"),
        }
        Ok(())
    }

    async fn ask_to_lead(&self) -> Result<Option<Term>, sqlx::Error> {
        let LeadSettings { name, lease, .. } = &self.settings;
        leader::lead(&self.db, self.holder, name, *lease).await
    }

    async fn take_over(&mut self, term: Term) -> Result<(), sqlx::Error> {
        let began = Instant::now();
        // A schedule may take longer to read than the lease lasts: without renewals another
        // would take over meanwhile, and so in turn.
        let mut renewals = interval(self.settings.lease / 3);
        renewals.reset();
        // Nor does it hang meanwhile; a statement that does is ended by the database.
        let mut beats = interval(BEAT_EVERY);
        let rebuilding = Leadership::take_over(&self.db, term, self.settings.policy);
        tokio::pin!(rebuilding);
        let leadership = loop {
            tokio::select! {
                rebuilt = &mut rebuilding => break rebuilt?,
                _ = beats.tick() => self.watchdog.feed(),
                _ = renewals.tick() => {
                    if self.ask_to_lead().await? != Some(term) {
                        return Ok(());
                    }
                }
            }
        };
        info!(
            epoch = term.epoch,
            tasks = leadership.counts().tasks,
            outstanding = leadership.counts().outstanding,
            took = ?began.elapsed(),
            "this coordinator leads"
        );
        self.metrics.observe_leadership(Some(term.epoch));
        let telemetry = self.settings.telemetry.clone();
        self.leadership = Some(leadership.with_telemetry(telemetry));
        self.background = Some(self.start_background());
        Ok(())
    }

    /// Starts the background work of the leader; it ends when the guard is dropped.
    fn start_background(&self) -> DropGuard {
        let stop = CancellationToken::new();
        let metrics = &self.metrics;
        self.spawn(PartitionCreation, &stop);
        self.spawn(QuarantinePruning, &stop);
        self.spawn(ThroughputCount, &stop);
        self.spawn(Reporting::new(self.settings.reports.clone()), &stop);
        let five_minutes_for = self.settings.five_minutes_for;
        self.spawn(EventUpkeep::new(five_minutes_for, stop.clone()), &stop);
        if self.settings.archive.to.is_some() {
            let archive = self.settings.archive.clone();
            self.spawn(ArchivePruning::new(archive), &stop);
        }
        self.spawn(WorkMatching::new(stop.clone()), &stop);
        self.spawn(VenueMatching::new(stop.clone()), &stop);
        if let Some(every) = self.settings.forecast_every {
            self.spawn(Forecasting::new(every, stop.clone()), &stop);
        }
        let refresh = RollupRefresh::new(metrics.rollup.clone(), stop.clone());
        self.spawn(refresh, &stop);
        let builder = DataSetBuilder {
            name: self.settings.name.clone(),
            loads: self.settings.loads.clone(),
            metrics: metrics.data_set.clone(),
            stop: stop.clone(),
        };
        self.spawn(builder, &stop);
        let listing = FileListing {
            settings: self.settings.loads.clone(),
            stop: stop.clone(),
        };
        self.spawn(listing, &stop);
        let deliverer = Deliverer::new(&self.settings.deliveries, &metrics.data_set, &stop);
        self.spawn(deliverer, &stop);
        self.spawn(AnomalySearch::new(stop.clone()), &stop);
        let quiet = self.settings.seal_after;
        self.spawn(Sealer::new(quiet, metrics.clone(), stop.clone()), &stop);
        let event_sealer = EventSealer {
            metrics: metrics.clone(),
            stop: stop.clone(),
        };
        self.spawn(event_sealer, &stop);
        let retirement = PartitionRetirement {
            metrics: metrics.clone(),
            stop: stop.clone(),
        };
        self.spawn(retirement, &stop);
        if let Some(schedule) = self.settings.export.clone() {
            self.spawn(
                Exporter::new(schedule, metrics.export.clone(), stop.clone()),
                &stop,
            );
        }
        let regions = self.settings.regions.clone();
        self.spawn(Regions::new(regions, stop.clone()), &stop);
        self.start_alerts(&stop);
        stop.drop_guard()
    }

    /// Starts to look at conditions, and to send messages about them.
    fn start_alerts(&self, stop: &CancellationToken) {
        let settings = &self.settings.alerts;
        let shown = self.metrics.alert.show();
        let watch = AlertWatch::new(Audience::of(settings), shown, stop.clone());
        self.spawn(watch, stop);
        match deliver::client() {
            Ok(client) => self.spawn(MessageSender::new(settings, client), stop),
            Err(error) => warn!(
                error = &error as &dyn Error,
                "no messages are sent: the HTTP client cannot be set up"
            ),
        }
    }

    fn spawn(&self, pass: impl background::BackgroundPass + 'static, stop: &CancellationToken) {
        let metrics = self.metrics.pass.clone();
        tokio::spawn(background::run(
            pass,
            self.db.clone(),
            metrics,
            self.records(),
            stop.clone(),
        ));
    }

    fn records(&self) -> RunRecords {
        RunRecords {
            db: self.db.clone(),
            coordinator: self.settings.name.clone(),
        }
    }

    fn step_down(&mut self) {
        self.leadership = None;
        self.background = None;
        self.metrics.observe_leadership(None);
    }

    async fn resign(&mut self) {
        self.background = None;
        let Some(leadership) = &mut self.leadership else {
            return;
        };
        let farewell = async {
            leadership.hand_over(&self.db).await?;
            leader::resign(&self.db, leadership.term()).await
        };
        match timeout(Duration::from_secs(5), farewell).await {
            Ok(Ok(())) => info!("resigned, another coordinator may lead at once"),
            Ok(Err(error)) => warn!(error = &error as &dyn Error, "left without resigning"),
            Err(_) => warn!("left without resigning: the database does not answer"),
        }
    }
}
