//! Actions on experiments: begin and end.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Json, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::source_action::{Key, Reason};
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    operations::{
        Action,
        event::EventAction,
        experiment::{BeginExperiment, WantedMetric},
    },
    problem::{Problems, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service.service(begin).service(end);
}

/// A variation, and how many users it is meant to get.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariationBody {
    /// The value of the property that names it.
    #[schema(min_length = 1, max_length = 200, example = "new")]
    pub value: String,
    /// How many users it is meant to get, relative to the others; 1 if it is absent.
    #[serde(default = "one")]
    #[schema(exclusive_minimum = 0)]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

/// An experiment, and why it begins.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExperimentBody {
    /// Its name: small letters, digits and hyphens.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,62}$", example = "new-seat-map")]
    pub name: String,
    /// The client whose users it is about.
    #[schema(min_length = 1, max_length = 63)]
    pub client: String,
    /// The event that says which variation a user sees, by the name that readers see.
    #[schema(min_length = 1, max_length = 200, example = "seats opened")]
    pub exposure_event: String,
    /// The property of that event that names the variation.
    #[schema(min_length = 1, max_length = 200, example = "layout")]
    pub property: String,
    /// Its variations, the control first.
    #[schema(min_items = 2, max_items = 20)]
    pub variations: Vec<VariationBody>,
    /// What is measured of each user.
    #[schema(min_items = 1, max_items = 20)]
    pub metrics: Vec<WantedMetric>,
    /// It began so many seconds ago, where events were sent before; now if it is absent.
    #[serde(default)]
    #[schema(maximum = 7_776_000)]
    pub began_seconds_ago: u64,
    /// What a user does for so long after its first exposure counts; 7 days if it is absent.
    #[serde(default = "week")]
    #[schema(minimum = 60, maximum = 7_776_000)]
    pub conversion_window_seconds: u64,
    /// What a user did for so long before reduces the variance, 0 for not at all; 14 days if it is
    /// absent.
    #[serde(default = "two_weeks")]
    #[schema(maximum = 7_776_000)]
    pub covariate_window_seconds: u64,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

fn week() -> u64 {
    7 * 24 * 3_600
}

fn two_weeks() -> u64 {
    2 * week()
}

/// Begins an experiment (scope operate): from now on the leader computes it every five minutes.
#[utoipa::path(tag = "events", params(Key), request_body = ExperimentBody, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/experiments")]
pub async fn begin(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<ExperimentBody>,
) -> Result<HttpResponse, WebError> {
    let variations = body.variations.iter();
    let action = EventAction::BeginExperiment(BeginExperiment {
        name: body.name.clone(),
        client: body.client.clone(),
        exposure_event: body.exposure_event.clone(),
        property: body.property.clone(),
        variations: variations
            .map(|variation| (variation.value.clone(), variation.weight))
            .collect(),
        metrics: body.metrics.clone(),
        began_ago: Duration::from_secs(body.began_seconds_ago),
        conversion_window: Duration::from_secs(body.conversion_window_seconds),
        covariate_window: Duration::from_secs(body.covariate_window_seconds),
    });
    let (action, reason) = (Action::Event(action), body.reason.clone());
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// Ends an experiment (scope operate): later exposures are not counted; what its users do still is.
#[utoipa::path(tag = "events", params(("experiment" = String, Path, description = "Name of the experiment"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/experiments/{experiment}/end")]
pub async fn end(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    name: Path<String>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    let action = EventAction::EndExperiment {
        name: name.into_inner(),
    };
    let (action, reason) = (Action::Event(action), body.reason.clone());
    perform_once(&request, &state, &viewer, &body, reason, action).await
}
