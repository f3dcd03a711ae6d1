//! Answers in quarantine beside the last good one.

use chrono::{DateTime, Utc};
use schema::reading::{
    Reader,
    source_answer::{GoodAnswer, HeldAnswer, held_body, last_good},
};

use super::{address, format, time_text::TimeText};
use crate::{
    body::{self, ShownBody},
    diagnosis,
    problem::WebError,
    state::WebState,
};

pub(super) struct HeldRow {
    pub(super) job_id: i64,
    pub(super) at: TimeText,
    pub(super) step: String,
    pub(super) reason: String,
    pub(super) diagnosis: Option<&'static str>,
    pub(super) size: String,
    pub(super) href: String,
    pub(super) is_current: bool,
}

/// An answer in quarantine beside the last good one.
pub(super) struct Compared {
    pub(super) job_id: i64,
    pub(super) step: String,
    pub(super) reason: String,
    pub(super) content_type: String,
    pub(super) url: String,
    pub(super) size: String,
    pub(super) body: ShownBody,
    pub(super) good: Option<GoodRow>,
}

pub(super) struct GoodRow {
    pub(super) job_id: i64,
    pub(super) at: TimeText,
    pub(super) url: String,
    pub(super) size: String,
    pub(super) rows: String,
    pub(super) version: i32,
    pub(super) body: Option<ShownBody>,
}

pub(super) fn held_row(
    answer: &HeldAnswer,
    source: &str,
    chosen: Option<i64>,
    now: DateTime<Utc>,
) -> HeldRow {
    HeldRow {
        job_id: answer.job_id,
        at: TimeText::ago(&answer.at, &now),
        step: answer.step.clone(),
        reason: answer.reason.clone(),
        diagnosis: diagnosis::name(&answer.reason),
        size: format::bytes(i64::from(answer.body_bytes)),
        href: format!(
            "sources/{}?answer={}#answers",
            address::encode(source),
            answer.job_id
        ),
        is_current: chosen == Some(answer.job_id),
    }
}

pub(super) async fn compare(
    state: &WebState,
    db: &mut Reader,
    source: &str,
    job_id: i64,
    now: DateTime<Utc>,
) -> Result<Option<Compared>, WebError> {
    let Some(answer) = held_body(db, job_id)
        .await?
        .filter(|answer| answer.source == source)
    else {
        return Ok(None);
    };
    let good = last_good(db, answer.task_id, answer.at).await?;
    let good_body = match good.as_ref().and_then(|good| good.body_hash.clone()) {
        None => None,
        // A body that cannot be read must not hide the rest.
        Some(hash) => state.operations.archived_body(hash).await.ok().flatten(),
    };
    Ok(Some(Compared {
        job_id,
        step: answer.step,
        reason: answer.reason,
        content_type: answer.content_type.unwrap_or_default(),
        url: answer.url.unwrap_or_default(),
        size: format::bytes(i64::from(answer.body_bytes)),
        body: body::of_gzip(&answer.body, answer.body_bytes),
        good: good.map(|good| good_row(&good, good_body.as_deref(), now)),
    }))
}

pub(super) fn good_row(good: &GoodAnswer, archived: Option<&[u8]>, now: DateTime<Utc>) -> GoodRow {
    GoodRow {
        job_id: good.job_id,
        at: TimeText::ago(&good.finished_at, &now),
        url: good.request_url.clone().unwrap_or_default(),
        size: good
            .response_bytes
            .map_or_else(|| "–".to_owned(), |bytes| format::bytes(i64::from(bytes))),
        rows: good
            .row_count
            .map_or_else(|| "–".to_owned(), |rows| format::grouped(i64::from(rows))),
        version: good.definition_version,
        body: archived.map(body::of_bytes),
    }
}
