//! Stores how the health of sources changed.

use schema::{
    enums::Health,
    health::{self, Judged, UNMAPPED_CODES},
};
use sqlx::PgPool;
use tracing::{info, warn};

use super::Leadership;
use crate::{
    health::{HealthChange, HealthReason},
    schedule::Effects,
};

/// Codes that a reason names at most.
const MAX_CODES_NAMED: usize = 8;

/// Returns a sentence that names unmapped codes, and how to map them.
fn unmapped_codes_reason(source: &str, codes: &[String]) -> String {
    let named: Vec<String> = codes
        .iter()
        .take(MAX_CODES_NAMED)
        .map(|code| format!("`{code}`"))
        .collect();
    format!(
        "{UNMAPPED_CODES}: {}; `coordinator source map {source} CODE=STATUS` maps them",
        named.join(", ")
    )
}

impl Leadership {
    /// Stores the changes of health; those of a step in order.
    pub(super) async fn write_health(
        &mut self,
        db: &PgPool,
        effects: &mut Effects,
    ) -> Result<(), sqlx::Error> {
        let mut failed = None;
        for (step_id, mut changes) in std::mem::take(&mut effects.health) {
            while let Some(change) = changes.front() {
                if let Err(error) = self.write_change(db, step_id, change).await {
                    failed = Some(error);
                    effects.health.push((step_id, changes));
                    break;
                }
                changes.pop_front();
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn write_change(
        &mut self,
        db: &PgPool,
        step_id: i32,
        change: &HealthChange,
    ) -> Result<(), sqlx::Error> {
        let Some(step) = self.schedule.known_step(step_id).cloned() else {
            return Ok(());
        };
        let reason = match &change.why {
            None => None,
            Some(HealthReason::Answers(reason)) => Some(reason.clone()),
            Some(HealthReason::Gaps(missing)) => Some(format!(
                "its answers are partial, so that nothing that is absent from them counts as \
                 gone: {missing} rows could not be read by job {}, whose log names them",
                change.job_id
            )),
            Some(HealthReason::Codes) => {
                let codes = health::unmapped_codes(db, step.source_id).await?;
                if codes.is_empty() {
                    self.schedule.codes_are_mapped(step_id);
                    return Ok(());
                }
                Some(unmapped_codes_reason(&step.source, &codes))
            }
        };
        let judged = Judged {
            step_id,
            job_id: change.job_id,
            health: change.health,
            reason,
        };
        if !health::store(db, self.term, &judged).await? {
            return Ok(());
        }
        let reason = judged
            .reason
            .as_deref()
            .unwrap_or("its answers can be used");
        let (source, step, job) = (&step.source, &step.name, judged.job_id);
        let health = judged.health.label();
        if judged.health == Health::Quarantined {
            warn!(
                source,
                step, job, health, reason, "the health of a source fell"
            );
        } else {
            info!(
                source,
                step, job, health, reason, "the health of a source changed"
            );
        }
        Ok(())
    }
}
