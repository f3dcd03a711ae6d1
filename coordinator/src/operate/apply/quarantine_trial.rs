//! Tries a definition on the answers that the one in force could not use.

use std::collections::BTreeMap;

use fleet_web::operations::OperationError;
use jiff::Timestamp;
use schema::quarantine::{self, Body};
use serde_json::Value;
use source_language::{extract::Answer, source::Source, wording::with_causes};
use sqlx::PgPool;

use super::super::{quarantined::decompressed, report::invalid};

/// Answers of each step to try.
const TRIED: i64 = 5;

/// Tries the newest answers in quarantine, step by step.
///
/// Some of them no definition can read, such as a login page; so a step fails only if none
/// of its answers can be read.
///
/// # Errors
///
/// If there is a step of which none can be read; the message says why, and the way out.
pub(super) async fn reads_quarantine(db: &PgPool, source: &Source) -> Result<(), OperationError> {
    let name = &source.definition().name;
    let bodies = quarantine::bodies(db, name, None, TRIED).await?;
    let mut steps: BTreeMap<&str, (usize, Option<String>)> = BTreeMap::new();
    for body in &bodies {
        if !source.definition().steps.contains_key(&body.step) {
            continue;
        }
        let (read, refusal) = steps.entry(&body.step).or_default();
        match read_one(source, body).map_err(|error| invalid(format!("{error:#}")))? {
            Ok(()) => *read += 1,
            Err(why) => *refusal = Some(format!("job {}: {why}", body.job_id)),
        }
    }
    for (step, (read, refusal)) in steps {
        if let (0, Some(why)) = (read, refusal) {
            return Err(OperationError::Refused(format!(
                "{name}: this definition reads none of the answers to {step} that are in quarantine \
                 ({why}); see `coordinator source quarantine {name}`, or apply it all the same with --force"
            )));
        }
    }
    Ok(())
}

fn read_one(source: &Source, body: &Body) -> anyhow::Result<Result<(), String>> {
    let step = source.definition().steps.get(&body.step);
    if step.is_none_or(|step| !step.first.is_empty()) {
        // Answers of `first` are not kept, so an answer cannot be read alone.
        return Ok(Ok(()));
    }
    let bytes = decompressed(body)?;
    let Value::Object(params) = &body.params else {
        return Ok(Ok(()));
    };
    let answer = Answer {
        status: 200,
        content_type: body.content_type.as_deref(),
        body: &bytes,
        received_at: Timestamp::now(),
    };
    let read = source.extract(&body.step, params, &answer);
    Ok(read.map(|_| ()).map_err(|error| with_causes(&error)))
}
