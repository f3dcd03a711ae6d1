//! What every handler needs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use schema::reading::ReadError;
use sqlx::PgPool;
use telemetry::TelemetrySettings;

use crate::{operations::Operations, overview::Overview, sampler::Sampler, settings::WebSettings};

/// The shared state of the server; cloning it is cheap.
#[derive(Clone)]
pub struct WebState {
    /// Connections for reads and for actions; no other work of the coordinator uses them.
    pub db: PgPool,
    /// The settings.
    pub settings: Arc<WebSettings>,
    /// Where traces of jobs are found.
    pub telemetry: TelemetrySettings,
    /// The present state of the fleet.
    pub sampler: Sampler,
    /// What is read for all viewers together.
    pub overview: Arc<Overview>,
    /// What only the coordinator can do.
    pub operations: Arc<dyn Operations>,
}

impl WebState {
    /// Returns the time of the database's clock: that of the last sample, and its age.
    ///
    /// # Errors
    ///
    /// If there is no sample and the database does not answer.
    pub async fn now(&self) -> Result<DateTime<Utc>, ReadError> {
        let now = self.sampler.now(&self.db).await?;
        Ok(now.sample.at + now.age)
    }
}
