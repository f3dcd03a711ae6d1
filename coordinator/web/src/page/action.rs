//! Forms of the pages that change something: each does it and goes back to the page it came from.
//!
//! A page has only to write the form, as in
//! `<form method="post" action="{{ frame.root }}sources/{{ name|urlencode }}/pause">` with a field
//! `reason`. Fields of the others:
//!
//! | form | fields |
//! |---|---|
//! | `sources/NAME/pause`, `resume` | `reason` |
//! | `sources/NAME/accept` | `step` (may be empty), `reason` |
//! | `sources/NAME/codes` | pairs of `code` and `status` (an empty one is left out), `reason` |
//! | `sources/NAME/attributes` | `code`, `kind`, `word`, `reason` |
//! | `sources/NAME/rollback` | `version` (may be empty), `reason` |
//! | `definitions` | `definition`, `force` (checkbox), `reason` |
//! | `tasks/TASK/run`, `cancel`, `retire`, `release` | `reason` |
//! | `film-pairs/A/B/same`, `different`, `undecided` | `reason` |
//! | `anomalies/NUMBER/accept`, `reject` | `reason` |
//! | `alert-silences` | `condition`, `subject`, `hours`, `reason` |
//! | `alert-silences/NUMBER/end` | `reason` |
//! | `data-sets/NAME/build` | `from`, `until` (may be empty), `reason` |
//! | `weights` | `kind`, `name`, `weight` (an empty one removes it), `reason` |
//!
//! The forms of events and experiments are in [`super::event_action`].
//!
//! A field `back` may name the page to go to, as a path below the root of the server.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::REFERER,
    web::{self, Data, Form, Path, ServiceConfig},
};
use schema::enums::{AttributeMeaning, RequestedAction, SeatStatus};

use super::notice;
use crate::{
    access::viewer::Viewer,
    action::perform,
    operations::{Action, How, PairVerdict, WeightKind},
    problem::WebError,
    state::WebState,
};

mod data_set;
mod anomaly;
mod silence;

pub(super) type FormFields = Form<Vec<(String, String)>>;

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig) {
    for what in [
        "pause",
        "resume",
        "accept",
        "codes",
        "attributes",
        "rollback",
    ] {
        service.route(
            &format!("/sources/{{source}}/{what}"),
            web::post().to(on_source),
        );
    }
    for what in ["run", "cancel", "retire", "release"] {
        service.route(&format!("/tasks/{{task}}/{what}"), web::post().to(on_task));
    }
    for what in ["same", "different", "undecided"] {
        service.route(
            &format!("/film-pairs/{{a}}/{{b}}/{what}"),
            web::post().to(on_pair),
        );
    }
    for what in ["accept", "reject"] {
        service.route(
            &format!("/anomalies/{{anomaly}}/{what}"),
            web::post().to(anomaly::decide),
        );
    }
    service.route("/definitions", web::post().to(apply));
    service.route(
        "/data-sets/{data_set}/build",
        web::post().to(data_set::build),
    );
    service.route("/weights", web::post().to(weigh));
    service.route("/alert-silences", web::post().to(silence::create));
    service.route(
        "/alert-silences/{silence}/end",
        web::post().to(silence::end),
    );
}

/// `POST /sources/{source}/…`.
///
/// # Errors
///
/// If a field cannot be used, or the action is refused.
pub async fn on_source(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    source: Path<String>,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let source = source.into_inner();
    let action = match last_segment(&request) {
        "pause" => Action::PauseSource { source },
        "resume" => Action::ResumeSource { source },
        "accept" => Action::AcceptAnswers {
            source,
            step: field(&fields, "step"),
        },
        "codes" => Action::MapCodes {
            source,
            codes: codes(&fields)?,
        },
        "attributes" => Action::MapAttributes {
            source,
            meanings: vec![attribute(&fields)?],
        },
        "rollback" => Action::RollBack {
            source,
            to: field(&fields, "version")
                .map(|version| number(&version, "version"))
                .transpose()?,
        },
        _ => return Err(WebError::no("action", request.path())),
    };
    act(&request, &state, &viewer, &fields, action).await
}

/// `POST /tasks/{task}/…`.
///
/// # Errors
///
/// If the action is refused.
pub async fn on_task(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    task: Path<String>,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let action = match last_segment(&request) {
        "run" => RequestedAction::Run,
        "cancel" => RequestedAction::Cancel,
        "retire" => RequestedAction::Retire,
        "release" => RequestedAction::Release,
        _ => return Err(WebError::no("action", request.path())),
    };
    let task = task.into_inner();
    let action = Action::RequestTask { task, action };
    act(&request, &state, &viewer, &fields, action).await
}

/// `POST /film-pairs/{a}/{b}/…`.
///
/// # Errors
///
/// If the action is refused.
pub async fn on_pair(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    films: Path<(String, String)>,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let verdict = match last_segment(&request) {
        "same" => PairVerdict::Same,
        "different" => PairVerdict::Different,
        "undecided" => PairVerdict::Undecided,
        _ => return Err(WebError::no("action", request.path())),
    };
    let films = films.into_inner();
    let action = Action::DecidePair { films, verdict };
    act(&request, &state, &viewer, &fields, action).await
}

/// `POST /definitions`.
///
/// # Errors
///
/// If the definition is refused.
pub async fn apply(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let action = Action::ApplyDefinition {
        text: field(&fields, "definition").unwrap_or_default(),
        is_forced: field(&fields, "force").is_some(),
    };
    act(&request, &state, &viewer, &fields, action).await
}

/// `POST /weights`.
///
/// # Errors
///
/// If a field cannot be used.
pub async fn weigh(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let kind = match field(&fields, "kind").as_deref() {
        Some("source") => WeightKind::Source,
        Some("territory") => WeightKind::Territory,
        Some("film") => WeightKind::Film,
        _ => {
            return Err(WebError::Unprocessable(
                "kind must be source, territory or film".to_owned(),
            ));
        }
    };
    let action = Action::Weigh {
        kind,
        name: field(&fields, "name").unwrap_or_default(),
        factor: field(&fields, "weight")
            .map(|weight| number(&weight, "weight"))
            .transpose()?,
    };
    act(&request, &state, &viewer, &fields, action).await
}

/// Carries out the action of a form, and goes back to the page it came from.
pub(super) async fn act(
    request: &HttpRequest,
    state: &WebState,
    viewer: &Viewer,
    fields: &FormFields,
    action: Action,
) -> Result<HttpResponse, WebError> {
    let reason = field(fields, "reason");
    let done = perform(state, viewer, How::Page, reason, action).await?;
    let depth = request.path().matches('/').count().saturating_sub(1);
    let back = field(fields, "back").map(|back| format!("{}{back}", up(depth)));
    let to = back
        .filter(|back| is_plain(back))
        .or_else(|| referring_path(request))
        .unwrap_or_else(|| up(depth));
    Ok(notice::go(&to, &done.sentences))
}

/// The way from a page to the root of the server.
fn up(depth: usize) -> String {
    if depth == 0 {
        "./".to_owned()
    } else {
        "../".repeat(depth)
    }
}

fn is_plain(path: &str) -> bool {
    path.bytes()
        .all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\')
}

/// Path and query of the page that the form stands on; never its host.
fn referring_path(request: &HttpRequest) -> Option<String> {
    let referer = request.headers().get(REFERER)?.to_str().ok()?;
    let (_, behind) = referer.split_once("://")?;
    let path = &behind[behind.find('/')?..];
    (is_plain(path) && !path.starts_with("//")).then(|| path.to_owned())
}

fn last_segment(request: &HttpRequest) -> &str {
    request.path().rsplit('/').next().unwrap_or_default()
}

/// The value of a field that is not empty.
pub(super) fn field(fields: &[(String, String)], name: &str) -> Option<String> {
    fields
        .iter()
        .find(|(found, value)| found == name && !value.trim().is_empty())
        .map(|(_, value)| value.clone())
}

fn number<T: std::str::FromStr>(text: &str, name: &str) -> Result<T, WebError> {
    let number = text.trim().parse();
    number.map_err(|_| WebError::Unprocessable(format!("{name}: `{text}` is not a number")))
}

/// The attribute of the fields `code`, `kind` and `word`.
fn attribute(fields: &[(String, String)]) -> Result<(String, AttributeMeaning), WebError> {
    // A code may be of spaces alone.
    let code = fields.iter().find(|(name, _)| name == "code");
    let (Some((_, code)), Some(kind), Some(word)) =
        (code, field(fields, "kind"), field(fields, "word"))
    else {
        return Err(WebError::Unprocessable(
            "give the code, its kind and its word".to_owned(),
        ));
    };
    let meaning = format!("{kind}:{}", word.trim())
        .parse()
        .map_err(WebError::Unprocessable)?;
    Ok((code.clone(), meaning))
}

/// The pairs of `code` and `status`.
fn codes(fields: &[(String, String)]) -> Result<Vec<(String, SeatStatus)>, WebError> {
    let mut codes = Vec::new();
    let mut code = None;
    for (name, value) in fields {
        match name.as_str() {
            "code" => code = Some(value),
            "status" if !value.is_empty() => {
                let status = SeatStatus::ALL
                    .into_iter()
                    .find(|status| status.label() == value);
                let (Some(code), Some(status)) = (code.take(), status) else {
                    return Err(WebError::Unprocessable(format!(
                        "`{value}` is not a status of a seat, or has no code before it"
                    )));
                };
                codes.push((code.clone(), status));
            }
            _ => {}
        }
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use actix_web::test::TestRequest;

    use super::*;

    fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn codes_without_a_status_are_left_out() {
        let form = pairs(&[
            ("code", "2"),
            ("status", ""),
            ("code", "5"),
            ("status", "held"),
        ]);
        assert_eq!(codes(&form).unwrap(), [("5".to_owned(), SeatStatus::Held)]);
        assert!(codes(&pairs(&[("code", "2"), ("status", "gone")])).is_err());
        assert!(codes(&pairs(&[("status", "held")])).is_err());
    }

    #[test]
    fn a_meaning_of_an_attribute_has_a_known_kind_and_a_plain_word() {
        let form = |kind: &str, word: &str| {
            attribute(&pairs(&[("code", "ATM"), ("kind", kind), ("word", word)]))
        };
        let (code, meaning) = form("sound", " atmos ").unwrap();
        assert_eq!(
            (code.as_str(), meaning.to_string().as_str()),
            ("ATM", "sound:atmos")
        );
        assert!(form("screen", "imax").is_err() && form("format", "<b>").is_err());
        assert!(form("format", "").is_err() && attribute(&[]).is_err());
    }

    #[test]
    fn a_form_goes_back_to_its_page_and_never_to_another_host() {
        let back = |referer: &str| {
            let request = TestRequest::default()
                .insert_header((REFERER, referer))
                .to_http_request();
            referring_path(&request)
        };
        assert_eq!(
            back("https://fleet/x/sources/bhd?zone=utc").as_deref(),
            Some("/x/sources/bhd?zone=utc")
        );
        assert_eq!(back("https://fleet//evil.example/"), None);
        assert_eq!(back("https://fleet"), None);
    }
}
