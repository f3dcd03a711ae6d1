//! Actions of a viewer, by the API or by a form of the page.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use schema::idempotency::{self, Begun};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::{
    access::viewer::Viewer,
    operations::{Action, Actor, Done, How},
    problem::WebError,
    state::WebState,
};

/// Letters of a key at most.
const MAX_KEY_LETTERS: usize = 200;
/// Letters of a reason at most.
pub const MAX_REASON_LETTERS: usize = 500;

/// What an action did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outcome {
    /// What happened, a sentence each.
    pub result: Vec<String>,
    /// Number of its row in the audit; none if nothing was changed.
    pub audit_id: Option<i64>,
    /// The key that was made; only where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_key: Option<MadeEventKey>,
}

/// A key with which a client sends events.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeEventKey {
    /// Its number.
    pub key_id: i32,
    /// Its text, which is stored nowhere: only the first answer to a request has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "fhe_…")]
    pub key: Option<String>,
}

impl Outcome {
    fn of(done: &Done, has_key: bool) -> Self {
        Self {
            result: done.sentences.clone(),
            audit_id: done.audit_id,
            made_key: done.made_key.as_ref().map(|made| MadeEventKey {
                key_id: made.key_id,
                key: has_key.then(|| made.secret.expose().to_owned()),
            }),
        }
    }
}

/// Carries out an action of a viewer.
///
/// # Errors
///
/// If the action is refused, or the database does not answer.
pub async fn perform(
    state: &WebState,
    viewer: &Viewer,
    how: How,
    reason: Option<String>,
    action: Action,
) -> Result<Done, WebError> {
    if texts(&action).any(|text| text.contains('\0')) {
        return Err(WebError::Unprocessable(
            "a text contains a zero byte, which cannot be stored".to_owned(),
        ));
    }
    let actor = Actor {
        how,
        who: viewer.who.clone(),
        reason: reason.map(checked_reason).transpose()?,
    };
    let done = state.operations.act(actor, action).await?;
    state.overview.forget().await;
    Ok(done)
}

/// The texts that a person gave for an action.
fn texts(action: &Action) -> impl Iterator<Item = &str> {
    let (name, others): (&str, Vec<&str>) = match action {
        Action::PauseSource { source }
        | Action::ResumeSource { source }
        | Action::RollBack { source, .. } => (source, Vec::new()),
        Action::AcceptAnswers { source, step } => (source, step.as_deref().into_iter().collect()),
        Action::RequestTask { task, .. } => (task, Vec::new()),
        Action::MapCodes { source, codes } => (
            source,
            codes.iter().map(|(code, _)| code.as_str()).collect(),
        ),
        Action::MapAttributes { source, meanings } => (
            source,
            meanings.iter().map(|(code, _)| code.as_str()).collect(),
        ),
        Action::DecidePair { films, .. } => (&films.0, vec![&films.1]),
        Action::Weigh { name, .. } | Action::BuildDataSet { name, .. } => (name, Vec::new()),
        Action::ApplyDefinition { text, .. } => (text, Vec::new()),
        Action::DecideAnomaly { .. } => ("", Vec::new()),
        Action::Event(action) => ("", action.texts()),
        Action::Alert(action) => ("", action.texts()),
    };
    std::iter::once(name).chain(others)
}

/// A reason that can be stored.
fn checked_reason(reason: String) -> Result<String, WebError> {
    let letters = reason.chars().count();
    if reason.trim().is_empty() || letters > MAX_REASON_LETTERS || reason.contains('\0') {
        return Err(WebError::Unprocessable(format!(
            "the reason must be 1 to {MAX_REASON_LETTERS} letters, without zero bytes"
        )));
    }
    Ok(reason)
}

/// Carries out an action of the API once for each `Idempotency-Key`: the same request again gets
/// the same answer, and another one with that key is refused.
///
/// # Errors
///
/// As [`perform`], and if the key is in use or cannot be used.
pub async fn perform_once(
    request: &HttpRequest,
    state: &Data<WebState>,
    viewer: &Viewer,
    body: &impl Serialize,
    reason: String,
    action: Action,
) -> Result<HttpResponse, WebError> {
    let act = async || perform(state, viewer, How::Api, Some(reason), action).await;
    let Some(key) = key(request)? else {
        return Ok(json(200, text(&act().await?, true)?));
    };
    let actor = viewer.key();
    let hash = hash(request, body)?;
    match idempotency::begin(&state.db, &actor, &key, &hash).await? {
        Begun::New => {}
        Begun::Other => {
            return Err(WebError::Unprocessable(
                "this Idempotency-Key belongs to another request; choose a new one".to_owned(),
            ));
        }
        Begun::UnderWay => {
            return Err(WebError::Conflict(
                "a request with this Idempotency-Key is under way; retry in a second".to_owned(),
            ));
        }
        Begun::Answered { status, body } => {
            let mut answer = json(status, body);
            let name = actix_web::http::header::HeaderName::from_static("idempotency-replayed");
            let value = actix_web::http::header::HeaderValue::from_static("true");
            answer.headers_mut().insert(name, value);
            return Ok(answer);
        }
    }
    match act().await {
        Ok(done) => {
            // What is stored has no secret.
            let kept = text(&done, false)?;
            idempotency::finish(&state.db, &actor, &key, 200, &kept).await?;
            Ok(json(200, text(&done, true)?))
        }
        Err(error) => {
            // Nothing was done. If this fails, too, the row ends by itself after a minute.
            let _ = idempotency::forget(&state.db, &actor, &key).await;
            Err(error)
        }
    }
}

/// The body that says what was done, with or without the text of a key that was made.
fn text(done: &Done, has_key: bool) -> Result<String, WebError> {
    let outcome = Outcome::of(done, has_key);
    serde_json::to_string(&outcome).map_err(|error| WebError::Internal(error.into()))
}

fn json(status: u16, text: String) -> HttpResponse {
    let status =
        actix_web::http::StatusCode::from_u16(status).unwrap_or(actix_web::http::StatusCode::OK);
    HttpResponse::build(status)
        .content_type("application/json")
        .body(text)
}

/// The header `Idempotency-Key`.
fn key(request: &HttpRequest) -> Result<Option<String>, WebError> {
    let Some(value) = request.headers().get("Idempotency-Key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > MAX_KEY_LETTERS {
        return Err(WebError::BadRequest(format!(
            "Idempotency-Key must be 1 to {MAX_KEY_LETTERS} printable ASCII letters"
        )));
    }
    Ok(Some(key.to_owned()))
}

fn hash(request: &HttpRequest, body: &impl Serialize) -> Result<[u8; 32], WebError> {
    let body = serde_json::to_vec(body).map_err(|error| WebError::Internal(error.into()))?;
    let mut hasher = Sha256::new();
    for part in [
        request.method().as_str().as_bytes(),
        request.path().as_bytes(),
        &body,
    ] {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    Ok(hasher.finalize().into())
}
