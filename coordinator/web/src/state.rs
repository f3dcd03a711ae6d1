//! What every handler needs.

use std::sync::Arc;

use sqlx::PgPool;

use crate::{operations::Operations, sampler::Sampler, settings::WebSettings};

/// The shared state of the server; cloning it is cheap.
#[derive(Clone)]
pub struct WebState {
    /// Connections for reads and for actions; no other work of the coordinator uses them.
    pub db: PgPool,
    /// The settings.
    pub settings: Arc<WebSettings>,
    /// The present state of the fleet.
    pub sampler: Sampler,
    /// What only the coordinator can do.
    pub operations: Arc<dyn Operations>,
}
