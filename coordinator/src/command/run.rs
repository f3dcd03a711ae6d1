//! `coordinator run`: leads when it can, until SIGTERM or Ctrl-C.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use liveness::{
    activity::Activities,
    serve::{self, Probes},
    stall::StallWatch,
    watchdog::{ExitOnPanic, Watchdogs},
};
use prometheus::Registry;
use schema::{
    connect::{Connect, pool},
    migrate::{self, SchemaError},
};
use source_language::source::SecretRules;
use sqlx::PgPool;
use telemetry::{Service, Telemetry};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    background::{
        self, computed_columns::ComputedColumns, export::ExportSchedule, rescue::Rescuer,
        run_record::RunRecords, view_refresh::ViewRefresh,
    },
    config::{ExportSettings, Settings},
    lead::{LeadSettings, lead},
    metrics::Metrics,
    progress_watch::{LeaderView, ProgressWatch},
    web,
};

/// A loop without a sign of life for this long hangs.
const HUNG: Duration = Duration::from_mins(2);

/// Time for the last spans when the coordinator ends.
const LAST_SPANS_TIMEOUT: Duration = Duration::from_secs(2);

/// Wait of the rescue for its connection.
const RESCUE_WAIT: Duration = Duration::from_secs(5);

/// Runs until SIGTERM or Ctrl-C; definitions may name the secrets that `rules` allow.
///
/// # Errors
///
/// If the schema of the database does not fit, or the address to listen on is taken.
pub async fn run(db: PgPool, settings: &Settings, rules: SecretRules) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    tokio::spawn(cancel_on_signal(stop.clone()));
    if !wait_for_schema(&db, &stop).await? {
        return Ok(());
    }
    let registry = Registry::new();
    let metrics = Metrics::register(&registry)?;
    let watchdogs = Watchdogs::default();
    let watchdog = watchdogs.add("lead");
    let watch = ProgressWatch {
        activities: Activities::default(),
        leader: LeaderView::default(),
        stall: StallWatch::register(&registry)?,
    };
    let ready = watch.stall.clone();
    let probes = Probes {
        live: Arc::new(move || match watchdogs.expired(HUNG) {
            None => Ok(()),
            Some(part) => Err(format!("{part} hangs")),
        }),
        ready: Arc::new(move || ready.ready()),
        registry,
    };
    let listen = settings.coordinator.listen;
    let (address, server) = serve::start(listen, probes)
        .with_context(|| format!("cannot listen on coordinator.listen ({listen})"))?;
    info!(%address, name = settings.coordinator.name, "coordinator started");
    let serving = tokio::spawn(server);
    let web = serve_web(settings, rules, &stop)?;
    let service = Service {
        name: "coordinator",
        instance: settings.coordinator.name.clone(),
    };
    let telemetry = Telemetry::start(&settings.telemetry, &service, &metrics.telemetry)?;
    let guard = ExitOnPanic::new("lead");
    let coordinator = &settings.coordinator;
    let lead_settings = lead_settings(settings, telemetry.clone());
    let rescuing = rescue_pool(settings)?;
    tokio::spawn(watch.clone().run(rescuing.clone(), stop.clone()));
    let rescue = Rescuer::new(
        coordinator.rescue_after_outage,
        watch.activities.clone(),
        metrics.clone(),
    );
    let columns = ComputedColumns {
        metrics: metrics.clone(),
    };
    let views = ViewRefresh {
        name: coordinator.name.clone(),
        metrics: metrics.clone(),
    };
    let (of_db, of_passes) = (db.clone(), metrics.pass.clone());
    let records = RunRecords {
        db: db.clone(),
        coordinator: coordinator.name.clone(),
    };
    let passes = [
        tokio::spawn(background::run(
            rescue,
            rescuing,
            of_passes.clone(),
            records.clone(),
            stop.clone(),
        )),
        tokio::spawn(background::run(
            columns,
            of_db.clone(),
            of_passes.clone(),
            records.clone(),
            stop.clone(),
        )),
        tokio::spawn(background::run(
            views,
            of_db,
            of_passes,
            records,
            stop.clone(),
        )),
    ];
    Box::pin(lead(db, lead_settings, metrics, &watch, watchdog, stop)).await;
    drop(guard);
    for pass in passes {
        pass.abort();
    }
    serving.abort();
    telemetry.flush(LAST_SPANS_TIMEOUT).await;
    if let Some(web) = web {
        web.stop().await;
    }
    info!("coordinator stopped");
    Ok(())
}

/// What the leader needs of the settings.
fn lead_settings(settings: &Settings, telemetry: Telemetry) -> LeadSettings {
    let coordinator = &settings.coordinator;
    LeadSettings {
        name: coordinator.name.clone(),
        lease: coordinator.lease,
        tick: coordinator.tick,
        policy: coordinator.policy,
        seal_after: coordinator.seal_after,
        five_minutes_for: settings.events.five_minutes_for,
        forecast_every: settings.forecast.enabled.then_some(settings.forecast.every),
        export: schedule(&settings.export),
        regions: settings.regions.clone(),
        loads: settings.loads.clone(),
        deliveries: settings.deliveries.clone().with_reports(&settings.reports),
        archive: settings.archive.clone(),
        alerts: settings.alerts.clone(),
        reports: settings.reports.clone(),
        telemetry,
    }
}

/// Starts the HTTP API and the web page, where `web.listen` says so.
fn serve_web(
    settings: &Settings,
    rules: SecretRules,
    stop: &CancellationToken,
) -> anyhow::Result<Option<web::Serving>> {
    let Some(listen) = settings.web.listen else {
        return Ok(None);
    };
    let serving = web::serve(settings, listen, rules, stop.clone())
        .with_context(|| format!("cannot listen on web.listen ({listen})"))?;
    info!(address = %serving.address, "the web page is served");
    Ok(Some(serving))
}

/// Connections that no other work can hold: claims of dead pods are given back, and a stall is
/// noticed, whatever else waits for the database (invariants 2 and 13).
fn rescue_pool(settings: &Settings) -> Result<PgPool, sqlx::Error> {
    pool(&Connect {
        url: settings.database.url.expose(),
        application: &format!("rescue {}", settings.coordinator.name),
        most_connections: 2,
        wait: RESCUE_WAIT,
    })
}

/// The exports that the leader makes.
fn schedule(export: &ExportSettings) -> Option<ExportSchedule> {
    Some(ExportSchedule {
        to: export.to.as_deref()?.into(),
        store: export.store.clone(),
        every: export.every,
        data_sets: export.data_sets.clone(),
        snapshots_kept: export.snapshots_kept,
    })
}

/// Waits while the database is away; returns `false` if stopped meanwhile.
async fn wait_for_schema(db: &PgPool, stop: &CancellationToken) -> Result<bool, SchemaError> {
    let mut has_warned = false;
    loop {
        match migrate::check(db).await {
            Ok(()) => return Ok(true),
            Err(SchemaError::Database(error)) if schema::connect::is_outage(&error) => {
                if !has_warned {
                    warn!(%error, "the database does not answer, waiting for it");
                    has_warned = true;
                }
            }
            Err(misfit) => return Err(misfit),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(false),
            () = sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// Cancels `stop` at SIGTERM or Ctrl-C.
pub async fn cancel_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        warn!("signals cannot be caught; the process cannot stop cleanly");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    info!("a signal asked this process to stop");
    stop.cancel();
}
