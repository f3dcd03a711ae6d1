//! Refreshes materialised views. Any number of coordinators may: each skips what another has
//! taken.

use std::time::Duration;

use sqlx::PgPool;

use super::BackgroundPass;
use crate::{keep::refresh_due, metrics::Metrics};

/// Refreshes the materialised views that are due.
#[derive(Debug)]
pub struct ViewRefresh {
    /// The name of this coordinator, for people.
    pub name: String,
    /// Where refreshes are counted.
    pub metrics: Metrics,
}

impl BackgroundPass for ViewRefresh {
    type Report = ();
    type Error = sqlx::Error;
    const NAME: &'static str = "view_refresh";
    const EVERY: Duration = Duration::from_secs(10);

    async fn pass(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        refresh_due(db, &self.name, &self.metrics).await
    }
}
