//! The search box.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::LOCATION,
    web::{Data, Query},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::reading::search::Hit;
use serde::Deserialize;

use super::{Frame, address, format, render, time_text::TimeText};
use crate::{
    filter::given,
    problem::WebError,
    search::{Found, search},
    state::WebState,
};

/// The page.
#[derive(Template)]
#[template(path = "explore.html")]
struct ExplorePage {
    frame: Frame,
    text: String,
    groups: Vec<Group>,
    left_out: String,
}

struct Group {
    title: &'static str,
    note: &'static str,
    rows: Vec<HitRow>,
}

struct HitRow {
    kind: String,
    name: String,
    href: String,
    detail: String,
    at: Option<TimeText>,
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExploreQuery {
    q: Option<String>,
}

/// `GET /explore`: one hit by number leads straight to it.
///
/// # Errors
///
/// If the database does not answer.
pub async fn explore(
    request: HttpRequest,
    state: Data<WebState>,
    query: Query<ExploreQuery>,
) -> Result<HttpResponse, WebError> {
    let text = given(query.q.as_deref()).unwrap_or_default().to_owned();
    let now = state.now().await?;
    let found = search(&state.db, &text).await?;
    let mut frame = Frame::of(&request, &state, "Explore", "explore");
    if let Some(href) = only(&found) {
        return Ok(HttpResponse::SeeOther()
            .insert_header((LOCATION, format!("{}{href}", frame.root)))
            .finish());
    }
    frame.search.clone_from(&text);
    let page = ExplorePage {
        frame,
        groups: groups(&found, now),
        left_out: found.left_out.join(", "),
        text,
    };
    render(&request, &page)
}

/// The address of the only hit, if it was named by its number.
fn only(found: &Found) -> Option<String> {
    let rest = [&found.names, &found.keys, &found.errors, &found.addresses];
    match found.numbers.as_slice() {
        [hit] if hit.kind == "job" && rest.iter().all(|hits| hits.is_empty()) => Some(href(hit)),
        _ => None,
    }
}

fn href(hit: &Hit) -> String {
    match hit.kind.as_str() {
        "source" => format!("sources/{}", address::encode(&hit.name)),
        "pod" => format!("jobs{}", address::query(&[("pod", Some(&hit.name))])),
        "task" => format!("tasks/{}", hit.id),
        "showtime" => format!("showtimes/{}", hit.id),
        "cinema" => format!("cinemas/{}", hit.id),
        "work" => format!("works/{}", hit.id),
        "film" => format!("films/{}", hit.id),
        _ => format!("jobs/{}", hit.id),
    }
}

fn groups(found: &Found, now: DateTime<Utc>) -> Vec<Group> {
    let all = [
        ("By number", "", &found.numbers),
        (
            "Names and titles",
            "sources, pods, works, cinemas, films",
            &found.names,
        ),
        (
            "Keys",
            "tasks and showtimes whose key begins so",
            &found.keys,
        ),
        (
            "Errors",
            "the newest failures of the last day",
            &found.errors,
        ),
        (
            "Addresses",
            "failures of the last day, jobs of the last hour",
            &found.addresses,
        ),
    ];
    all.into_iter()
        .filter(|(_, _, hits)| !hits.is_empty())
        .map(|(title, note, hits)| Group {
            title,
            note,
            rows: hits.iter().map(|hit| hit_row(hit, now)).collect(),
        })
        .collect()
}

fn hit_row(hit: &Hit, now: DateTime<Utc>) -> HitRow {
    HitRow {
        kind: hit.kind.clone(),
        name: if hit.name.is_empty() {
            "(root)".to_owned()
        } else {
            hit.name.clone()
        },
        href: href(hit),
        detail: hit.detail.clone(),
        at: hit.at.map(|at| {
            if hit.kind == "showtime" {
                let mut moment = TimeText::utc(&at);
                moment.text = format!("starts {} UTC", format::utc(&at));
                moment
            } else {
                TimeText::ago(&at, &now)
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(kind: &str, id: i64) -> Hit {
        Hit {
            kind: kind.to_owned(),
            id,
            name: "a/b".to_owned(),
            detail: String::new(),
            at: None,
        }
    }

    #[test]
    fn the_number_of_a_job_alone_leads_to_it() {
        let mut found = Found {
            numbers: vec![hit("job", 7)],
            ..Found::default()
        };
        assert_eq!(only(&found).as_deref(), Some("jobs/7"));
        found.keys.push(hit("task", 8));
        assert_eq!(only(&found), None);
        assert_eq!(href(&hit("pod", 1)), "jobs?pod=a%2Fb");
    }
}
