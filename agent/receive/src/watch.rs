//! Looks at the database again and again: whether it answers, its clock, the origins of public keys.
//!
//! Gives the answer of `/ready`, and writes what was noted of keys.

use std::{convert::Infallible, sync::Arc, time::Duration};

use liveness::stall::{Facts, StallWatch, judge};
use schema::{
    connect::is_outage,
    migrate::{self, SchemaError},
};
use tokio::{sync::watch, time};
use tracing::{info, warn};

use crate::{cors::Origins, database::Database, usage::Usage};

/// Time between two looks.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Waits for the database and checks its schema.
async fn check_schema(database: &Database) -> Result<(), SchemaError> {
    loop {
        match migrate::check(database.pool()).await {
            Err(SchemaError::Database(error)) if is_outage(&error) => {
                time::sleep(WATCH_INTERVAL).await;
            }
            checked => return checked,
        }
    }
}

/// What is looked at again and again.
pub(crate) struct Watch {
    pub(crate) database: Database,
    pub(crate) origins: Arc<Origins>,
    pub(crate) usage: Arc<Usage>,
    pub(crate) stall: StallWatch,
    pub(crate) state: watch::Sender<Option<&'static str>>,
}

impl Watch {
    /// Ends only if the database has another schema.
    pub(crate) async fn run(self) -> Result<Infallible, SchemaError> {
        check_schema(&self.database).await?;
        let mut has_failed = false;
        loop {
            match self.look().await {
                Ok(()) => {
                    if has_failed {
                        info!("the database is back");
                    }
                    has_failed = false;
                    self.state.send_replace(None);
                }
                Err(error) => {
                    if !has_failed {
                        warn!(%error, "the database does not answer; requests are answered 503 meanwhile");
                    }
                    has_failed = true;
                    self.state
                        .send_replace(Some("the database does not answer"));
                }
            }
            let facts = Facts {
                failures: self.database.activities.failures(),
                ..Facts::default()
            };
            self.stall.update(judge(&facts));
            time::sleep(WATCH_INTERVAL).await;
        }
    }

    async fn look(&self) -> Result<(), sqlx::Error> {
        self.database.read_clock().await?;
        self.origins.read(&self.database).await?;
        self.usage.flush(&self.database).await
    }
}
