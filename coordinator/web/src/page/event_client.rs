//! The page of a client that sends events: its active users, its retention and a funnel.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use schema::reading::{
    event_users::{ActiveDay, FunnelStep},
    events::ClientRow,
};

use super::{
    Frame,
    address::same_page,
    chart::{LineChart, NamedLine},
    event_rows::weekday,
    format, render,
    retention::{Cell, Triangle},
    sql_text::quoted,
    svg,
};
use crate::{
    event_query::{COHORTS, FunnelQuery, RetentionUnit, bounded},
    filter::given,
    number::float,
    overview::events::{ACTIVE_SPANS, UsersQuery},
    problem::WebError,
    state::WebState,
};

/// Choices of the forms.
const DAYS: [i64; 4] = [30, 90, 180, 365];
const DEFAULT_DAYS: i64 = 90;
const FUNNEL_DAYS: [i64; 4] = [1, 7, 28, 90];
const WITHIN: [(i64, &str); 5] = [
    (1, "an hour"),
    (24, "a day"),
    (168, "7 days"),
    (672, "28 days"),
    (2_160, "90 days"),
];
/// Fields for steps in the form.
const STEP_FIELDS: usize = 5;

#[derive(Template)]
#[template(path = "event_client.html")]
struct EventClientPage {
    frame: Frame,
    client: ClientRow,
    week: &'static str,
    query: UsersQuery,
    days: [i64; 4],
    funnel_days: [i64; 4],
    within: [(i64, &'static str); 5],
    steps: Vec<StepField>,
    figures: Vec<(String, &'static str)>,
    active: Option<Active>,
    triangle: Option<Triangle>,
    funnel: Option<Vec<FunnelLine>>,
}

/// A field for a step: the names to choose from, and whether each is chosen.
struct StepField {
    number: usize,
    names: Vec<(String, bool)>,
}

/// Active users by day.
struct Active {
    chart: String,
    /// The newest day first: for a machine, for a person, and the users of each span.
    rows: Vec<(String, String, Vec<String>)>,
}

/// A step of a funnel.
struct FunnelLine {
    step: i32,
    event: String,
    users: String,
    of_first: String,
    of_previous: String,
    bar: String,
}

/// Reads what is asked for, as the address has it.
fn query(pairs: &[(String, String)]) -> Result<UsersQuery, WebError> {
    let one = |name: &str| {
        let found = pairs.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    };
    Ok(UsersQuery {
        days: bounded(one("days"), "days", DEFAULT_DAYS, 365)?,
        unit: RetentionUnit::parse(one("unit"))?,
        funnel: FunnelQuery::parse(pairs, "funnel_days")?,
    })
}

/// The address of the page, the same for all who ask the same.
fn address(query: &UsersQuery) -> String {
    let [days, within, back] =
        [query.days, query.funnel.within_hours, query.funnel.days].map(|number| number.to_string());
    let mut pairs = vec![
        ("days", Some(days.as_str())),
        ("unit", Some(query.unit.word())),
        ("within_hours", Some(within.as_str())),
        ("funnel_days", Some(back.as_str())),
    ];
    pairs.extend(
        query
            .funnel
            .steps
            .iter()
            .map(|step| ("step", Some(step.as_str()))),
    );
    same_page(&pairs)
}

/// `GET /events/{client}`.
///
/// # Errors
///
/// If there is no such client, a parameter cannot be used, or the database does not answer.
pub async fn event_client(
    request: HttpRequest,
    state: Data<WebState>,
    client: Path<String>,
    pairs: Query<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let query = query(&pairs)?;
    // No text of the database has a zero byte.
    let name = given(Some(&client)).unwrap_or_default();
    let key = format!("{name}{}", address(&query));
    let now = state.now().await?;
    let found = state
        .overview
        .event_users(&state.db, &key, name, &query, now)
        .await?;
    let found = found
        .as_ref()
        .as_ref()
        .ok_or_else(|| WebError::no("client", name))?;
    let title = format!("Users of {}", found.client.name);
    let page = EventClientPage {
        frame: Frame::of(&request, &state, &title, "events"),
        week: weekday(found.client.week_start),
        days: DAYS,
        funnel_days: FUNNEL_DAYS,
        within: WITHIN,
        steps: step_fields(&found.names, &query.funnel.steps),
        figures: figures(found.active.as_deref()),
        active: found.active.as_deref().map(Active::of),
        triangle: found
            .retention
            .as_ref()
            .map(|cells| Triangle::of(cells, query.unit)),
        funnel: found.funnel.as_deref().map(funnel_lines),
        client: found.client.clone(),
        query,
    };
    render(&request, &page)
}

/// The fields of the form: as many as there are steps and one more, and a few at least.
fn step_fields(names: &[String], steps: &[String]) -> Vec<StepField> {
    (0..STEP_FIELDS.max(steps.len()))
        .map(|place| {
            let chosen = steps.get(place);
            let is_known = chosen.is_none_or(|chosen| names.contains(chosen));
            // A step of the address stays, even if nothing has that name any more.
            let unknown = chosen.filter(|_| !is_known);
            StepField {
                number: place + 1,
                names: names
                    .iter()
                    .chain(unknown)
                    .map(|name| (name.clone(), Some(name) == chosen))
                    .collect(),
            }
        })
        .collect()
}

/// Yesterday in numbers.
fn figures(active: Option<&[Vec<ActiveDay>]>) -> Vec<(String, &'static str)> {
    let Some([day, week, month]) = active else {
        return Vec::new();
    };
    let last = |days: &[ActiveDay]| days.last().map_or(0, |day| day.users);
    let (day, week, month) = (last(day), last(week), last(month));
    vec![
        (format::grouped(day), "users active yesterday"),
        (format::grouped(week), "active in 7 days"),
        (format::grouped(month), "active in 28 days"),
        (
            format::whole_percent(day, month),
            "of those of 28 days were active yesterday",
        ),
    ]
}

impl Active {
    fn of(spans: &[Vec<ActiveDay>]) -> Self {
        let days = spans.first().map_or(&[][..], Vec::as_slice);
        let names = ACTIVE_SPANS.map(|span| match span {
            1 => "1 day".to_owned(),
            span => format!("{span} days"),
        });
        let lines = names.into_iter().zip(spans).map(|(name, span)| NamedLine {
            name,
            values: span.iter().map(|day| float(day.users)).collect(),
        });
        let chart = LineChart {
            label: format!(
                "Active users over 1, 7 and 28 days, {} days up to yesterday. The table below has the numbers.",
                days.len()
            ),
            unit: "active users; day of the client".to_owned(),
            days: days
                .iter()
                .map(|day| day.day.format("%-d %b").to_string())
                .collect(),
            lines: lines.collect(),
        };
        let rows = days.iter().enumerate().rev().map(|(place, day)| {
            let users = spans
                .iter()
                .map(|span| format::grouped(span.get(place).map_or(0, |day| day.users)));
            (
                day.day.format("%Y-%m-%d").to_string(),
                day.day.format("%a %-d %b %Y").to_string(),
                users.collect(),
            )
        });
        Self {
            chart: chart.draw(),
            rows: rows.collect(),
        }
    }
}

fn funnel_lines(steps: &[FunnelStep]) -> Vec<FunnelLine> {
    let first = steps.first().map_or(0, |step| step.users);
    let before = std::iter::once(first).chain(steps.iter().map(|step| step.users));
    steps
        .iter()
        .zip(before)
        .map(|(step, before)| FunnelLine {
            step: step.step,
            event: step.event.clone(),
            users: format::grouped(step.users),
            of_first: format::percent(step.users, first),
            of_previous: format::percent(step.users, before),
            bar: svg::bar(format::share(step.users, first), true),
        })
        .collect()
}

impl EventClientPage {
    fn active_sql(&self) -> String {
        let client = quoted(&self.client.name);
        let days = self.query.days;
        format!(
            "SELECT day, one.users AS users_1, seven.users AS users_7, month.users AS users_28\nFROM active_users({client}, current_date - {days}, current_date - 1, 1) AS one\nJOIN active_users({client}, current_date - {days}, current_date - 1, 7) AS seven USING (day)\nJOIN active_users({client}, current_date - {days}, current_date - 1, 28) AS month USING (day)\nORDER BY day;"
        )
    }

    fn retention_sql(&self) -> String {
        let unit = self.query.unit;
        let first = unit.first_day(&self.client, COHORTS);
        format!(
            "SELECT cohort_on, after, cohort_users, users\nFROM retention({}, '{first}', current_date, '{}')\nORDER BY cohort_on, after;",
            quoted(&self.client.name),
            unit.word()
        )
    }

    fn funnel_sql(&self) -> String {
        let funnel = &self.query.funnel;
        let steps: Vec<String> = funnel.steps.iter().map(|step| quoted(step)).collect();
        format!(
            "SELECT step, event, users\nFROM funnel({}, ARRAY[{}],\n    now() - interval '{} days', now(), interval '{} hours');",
            quoted(&self.client.name),
            steps.join(", "),
            funnel.days,
            funnel.within_hours
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: i32, users: i64) -> FunnelStep {
        FunnelStep {
            step,
            event: "a".to_owned(),
            users,
        }
    }

    #[test]
    fn a_step_is_compared_with_the_first_and_the_one_before() {
        let lines = funnel_lines(&[step(1, 200), step(2, 50), step(3, 25)]);
        let shown: Vec<_> = lines
            .iter()
            .map(|line| (line.of_first.as_str(), line.of_previous.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("100.0 %", "100.0 %"),
                ("25.0 %", "25.0 %"),
                ("12.5 %", "50.0 %")
            ]
        );
        assert_eq!(funnel_lines(&[step(1, 0)])[0].of_first, "–");
    }

    #[test]
    fn a_step_of_the_address_stays_in_its_field() {
        let names = ["a", "b"].map(str::to_owned);
        let fields = step_fields(&names, &["b".to_owned(), "gone".to_owned()]);
        let chosen: Vec<Vec<&str>> = fields
            .iter()
            .map(|field| {
                let names = field.names.iter();
                names
                    .filter(|(_, is_chosen)| *is_chosen)
                    .map(|(name, _)| name.as_str())
                    .collect()
            })
            .collect();
        assert_eq!(fields.len(), STEP_FIELDS);
        assert_eq!(chosen[..3], [vec!["b"], vec!["gone"], vec![]]);
        assert_eq!(fields[2].names.len(), 2);
    }

    #[test]
    fn the_same_question_has_the_same_address() {
        let pairs = |text: &[(&str, &str)]| -> Vec<(String, String)> {
            let pairs = text.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let asked = query(&pairs(&[("step", ""), ("step", "a&b"), ("days", "90")])).unwrap();
        assert_eq!(
            address(&asked),
            "?days=90&unit=day&within_hours=24&funnel_days=7&step=a%26b"
        );
        assert!(query(&pairs(&[("days", "366")])).is_err());
        assert!(query(&pairs(&[("unit", "year")])).is_err());
    }
}
