//! Counts of events by time, and users of a client: active ones, those who come back, funnels.

use actix_web::{
    get,
    web::{Data, Json, Query},
};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use schema::reading::{
    Reader,
    event_users::{self as stored, ActiveDay, RetentionCell},
    events::{ClientRow, CountFilter, CountRow, client, counts},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::list::response_of;
use crate::{
    event_query::{COHORTS, FunnelQuery, MIN_STEPS, RetentionUnit, bounded, count_since},
    filter::given,
    problem::{Problem, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(event_counts)
        .service(active_users)
        .service(retention)
        .service(funnel);
}

/// Hours of counts, if the request does not say, and at most for spans of five minutes and of an hour.
const COUNT_HOURS: i64 = 24;
const MAX_FINE_HOURS: i64 = 48;
const MAX_COARSE_HOURS: i64 = 24 * 92;
/// Names of counts, if the request does not say, and at most.
const COUNT_NAMES: i64 = 10;
const MAX_NAMES: i64 = 50;
/// Days of active users, if the request does not say, and at most.
const ACTIVE_DAYS: i64 = 90;
const MAX_ACTIVE_DAYS: i64 = 400;
/// Days for which a user is active, if the request does not say, and at most.
const SPAN_DAYS: i64 = 28;
const MAX_SPAN_DAYS: i64 = 90;
/// Cohorts of a day and of a week at most.
const MAX_DAY_COHORTS: i64 = 92;
const MAX_WEEK_COHORTS: i64 = 53;

/// Which events are counted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CountParams {
    /// Only those of this client.
    client: Option<String>,
    /// So many hours back: up to 48 in spans of five minutes, up to 2,208 in spans of an hour; 24 if it
    /// is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 2208)]
    hours: Option<String>,
    /// `five-minutes`, which is the default, or `hour`.
    span: Option<String>,
    /// Names that are given by themselves, those with most events, from 1 to 50; 10 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 50)]
    names: Option<String>,
}

response_of! {
    /// Events in a span of time, by when they happened.
    EventCount from CountRow {
        /// Begin of the span.
        bucket_at: DateTime<Utc>,
        /// The name; null for all names that are not given by themselves.
        event: Option<String>,
        /// Events in the span.
        events: i64,
    }
}

/// Counts events by name and time, in the order of time, up to date to the last stored event. Spans
/// without events are left out.
#[utoipa::path(
    tag = "events",
    params(CountParams),
    responses(
        (status = 200, body = [EventCount]),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/event-counts")]
pub async fn event_counts(
    state: Data<WebState>,
    query: Query<CountParams>,
) -> Result<Json<Vec<EventCount>>, WebError> {
    let by_hour = match given(query.span.as_deref()) {
        None | Some("five-minutes") => false,
        Some("hour") => true,
        Some(other) => {
            return Err(WebError::BadRequest(format!(
                "span `{other}` is not one of five-minutes, hour"
            )));
        }
    };
    let most = if by_hour {
        MAX_COARSE_HOURS
    } else {
        MAX_FINE_HOURS
    };
    let hours = bounded(query.hours.as_deref(), "hours", COUNT_HOURS, most)?;
    let filter = CountFilter {
        client: given(query.client.as_deref()),
        since: count_since(state.now().await?, hours, by_hour),
        by_hour,
        names: bounded(query.names.as_deref(), "names", COUNT_NAMES, MAX_NAMES)?,
    };
    let mut reader = Reader::begin(&state.db).await?;
    let rows = counts(&mut reader, filter).await?;
    Ok(Json(rows.into_iter().map(EventCount::from).collect()))
}

/// Reads a client, or says that there is none.
async fn existing(reader: &mut Reader, name: Option<&str>) -> Result<ClientRow, WebError> {
    let Some(name) = given(name) else {
        return Err(WebError::BadRequest(
            "client is missing: give its name, as /v1/event-clients lists it".to_owned(),
        ));
    };
    let found = client(reader, name).await?;
    found.ok_or_else(|| WebError::no("client", name))
}

/// Active users of which client and days.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActiveParams {
    /// The client.
    #[param(required = true)]
    client: Option<String>,
    /// The first day; 89 days before the last if it is absent.
    from_on: Option<NaiveDate>,
    /// The last day; yesterday at the client if it is absent.
    until_on: Option<NaiveDate>,
    /// For how many days a user is active, from 1 to 90; 28 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 90)]
    days: Option<String>,
}

response_of! {
    /// Active users of a day.
    ActiveUsers from ActiveDay {
        /// The day, in the time zone of the client.
        day: NaiveDate,
        /// Users that did something on that day or in the days before it, so many in all.
        users: i64,
    }
}

/// Counts the active users of a client on each day. Distinct users do not add up over days.
#[utoipa::path(
    tag = "events",
    params(ActiveParams),
    responses(
        (status = 200, body = [ActiveUsers]),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/active-users")]
pub async fn active_users(
    state: Data<WebState>,
    query: Query<ActiveParams>,
) -> Result<Json<Vec<ActiveUsers>>, WebError> {
    let days = bounded(query.days.as_deref(), "days", SPAN_DAYS, MAX_SPAN_DAYS)?;
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    let mut reader = Reader::begin(&state.db).await?;
    let client = existing(&mut reader, query.client.as_deref()).await?;
    let until_on = query.until_on.unwrap_or(client.today - TimeDelta::days(1));
    let (from_on, until_on) = span_of_days(query.from_on, until_on, ACTIVE_DAYS, MAX_ACTIVE_DAYS)?;
    let rows = stored::active_users(&mut reader, &client.name, from_on, until_on, days).await?;
    Ok(Json(rows.into_iter().map(ActiveUsers::from).collect()))
}

/// Checks a span of days of which `from_on` may be absent.
fn span_of_days(
    from_on: Option<NaiveDate>,
    until_on: NaiveDate,
    absent: i64,
    most: i64,
) -> Result<(NaiveDate, NaiveDate), WebError> {
    // Postgres has no days beyond these years.
    let is_near = |day: &NaiveDate| (1..9_000).contains(&day.year());
    let from_on = match from_on {
        Some(day) => Some(day),
        None => until_on.checked_sub_signed(TimeDelta::days(absent - 1)),
    };
    let span = from_on
        .filter(|from_on| is_near(from_on) && is_near(&until_on))
        .map(|from_on| (from_on, (until_on - from_on).num_days() + 1));
    match span {
        Some((from_on, days)) if (1..=most).contains(&days) => Ok((from_on, until_on)),
        _ => Err(WebError::BadRequest(format!(
            "from_on and until_on must name 1 to {most} days, the first one first"
        ))),
    }
}

/// Retention of which client and cohorts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RetentionParams {
    /// The client.
    #[param(required = true)]
    client: Option<String>,
    /// `day`, which is the default, or `week`, which begins as the client says.
    unit: Option<String>,
    /// The first day on which users of a cohort came first; if it is absent, there are 14 cohorts. The
    /// first week is that of this day, and has the users from this day on.
    from_on: Option<NaiveDate>,
    /// The last such day, up to 91 days or 52 weeks later; today at the client if it is absent.
    until_on: Option<NaiveDate>,
}

response_of! {
    /// How many users of a cohort came back after so many days or weeks.
    RetentionShare from RetentionCell {
        /// First day of the cohort: the users who came first in that day or week.
        cohort_on: NaiveDate,
        /// Days or weeks later.
        after: i32,
        /// Users of the cohort.
        cohort_users: i64,
        /// How many of them did something then; null while that time is not over.
        users: Option<i64>,
    }
}

/// Counts how many users of a client came back, by the day or week in which they came first of all days.
#[utoipa::path(
    tag = "events",
    params(RetentionParams),
    responses(
        (status = 200, body = [RetentionShare]),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/retention")]
pub async fn retention(
    state: Data<WebState>,
    query: Query<RetentionParams>,
) -> Result<Json<Vec<RetentionShare>>, WebError> {
    let unit = RetentionUnit::parse(query.unit.as_deref())?;
    let mut reader = Reader::begin(&state.db).await?;
    let client = existing(&mut reader, query.client.as_deref()).await?;
    let until_on = query.until_on.unwrap_or(client.today);
    let from_on = query.from_on.unwrap_or(unit.first_day(&client, COHORTS));
    let most = match unit {
        RetentionUnit::Day => MAX_DAY_COHORTS,
        RetentionUnit::Week => MAX_WEEK_COHORTS * 7,
    };
    let (from_on, until_on) = span_of_days(Some(from_on), until_on, 1, most)?;
    let rows = stored::retention(&mut reader, &client.name, from_on, until_on, unit.word()).await?;
    Ok(Json(rows.into_iter().map(RetentionShare::from).collect()))
}

/// A funnel.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "it describes the query, which `FunnelQuery` reads, as a step may repeat"
)]
pub struct FunnelParams {
    /// The client.
    client: String,
    /// A step: the name of an event, as readers see it. Repeated for each step in their order, 2 to 10.
    step: Vec<String>,
    /// So many days back from now, 1 to 92; 7 if it is absent.
    #[param(minimum = 1, maximum = 92)]
    days: Option<i64>,
    /// Hours from the first step to the last at most, 1 to 2,208; 24 if it is absent.
    #[param(minimum = 1, maximum = 2208)]
    within_hours: Option<i64>,
}

/// How far users came.
#[derive(Debug, Serialize, ToSchema)]
pub struct FunnelUsers {
    /// Number of the step, from 1.
    step: i32,
    /// The event.
    event: String,
    /// Users that came this far.
    users: i64,
}

/// Counts how many users of a client took the first step in the last days, and how many of them took
/// each further step, in order. Known bots are left out.
#[utoipa::path(
    tag = "events",
    params(FunnelParams),
    responses(
        (status = 200, body = [FunnelUsers]),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/funnel")]
pub async fn funnel(
    state: Data<WebState>,
    query: Query<Vec<(String, String)>>,
) -> Result<Json<Vec<FunnelUsers>>, WebError> {
    let wanted = FunnelQuery::parse(&query, "days")?;
    if !wanted.is_complete() {
        return Err(WebError::BadRequest(format!(
            "a funnel has at least {MIN_STEPS} steps: give step=NAME for each"
        )));
    }
    let now = state.now().await?;
    let name = query.iter().find(|(name, _)| name == "client");
    let mut reader = Reader::begin(&state.db).await?;
    let client = existing(&mut reader, name.map(|(_, value)| value.as_str())).await?;
    let rows = wanted.read(&mut reader, &client.name, now).await?;
    let rows = rows.into_iter().map(|row| FunnelUsers {
        step: row.step,
        event: row.event,
        users: row.users,
    });
    Ok(Json(rows.collect()))
}
