//! The web page: HTML made by the server, complete without script.
//!
//! A page is a struct with `#[derive(Template)]` beside its file in `templates/`, filled from
//! [`schema::reading`] or from the sample of the fleet. Addresses in it are relative to the root
//! of the server ([`Frame::root`]), so the pages work below any base path of a proxy.
//!
//! | module | shows |
//! |---|---|
//! | [`login`] | the form for a token |
//! | [`action`] | nothing: forms that change something |
//! | [`event_action`] | nothing: forms of events and experiments |
//! | [`notice`] | the result of a form on the next page |
//! | [`alerts`] | what is wrong, what is silenced, what ended, and who is notified |
//! | [`reports`] | the days that have a report; one report |
//! | [`fleet`] | pods, throughput, what needs a person |
//! | [`sources`], [`source`] | health, freshness and errors of sources; one in depth |
//! | [`source_event`] | the timeline of a source |
//! | [`jobs`], [`job`] | lists of jobs; one with its phases, log, answer and tree |
//! | [`phase`] | the phases of a job |
//! | [`tasks`], [`task`] | lists of tasks; one with its next look and why |
//! | [`database`] | findings of the doctor, sizes, passes, rollups, exports |
//! | [`explore`] | the search box |
//! | [`time_text`] | instants with their age |
//! | [`showtimes`], [`showtime`] | what is on sale; one showtime, its seats and its sale |
//! | [`cinemas`], [`cinema`] | the cinemas; one, with its days and its week |
//! | [`films`], [`film`] | the films; one, with its days, its week and its territories |
//! | [`works`], [`work`] | one film over all sources: its days, territories, chains and films |
//! | [`film_pairs`] | pairs of films on which a person should decide |
//! | [`anomalies`] | days that are not what was expected, for a person to decide on |
//! | [`events`] | received and rejected events, clients, keys, schemas, names |
//! | [`event_client`] | active users of a client, its retention and a funnel |
//! | [`data_sets`] | data sets and what reads what; one in depth |
//! | [`experiments`], [`experiment`] | experiments with their results; one in depth |
//! | [`totals`] | the charts that films and cinemas share |
//! | [`seat_map`] | the seats of a showtime as a drawing |
//! | [`chart`] | charts with axes |
//! | [`address`] | queries of addresses |
//! | [`svg`] | marks, bars and sparklines |
//! | [`mod@format`] | numbers, spans of time and instants as text |

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_ENCODING, ETAG, IF_NONE_MATCH, SET_COOKIE, VARY},
    web::{self, ServiceConfig},
};
use askama::Template;
use flate2::Compression;
use schema::alert::overview::AlertCounts;
use sha2::{Digest, Sha256};

use crate::{
    access::viewer::{Scope, Viewer},
    assets::{self, hex},
    compression::gzip,
    problem::WebError,
    state::WebState,
};

pub mod login;
pub mod action;
pub mod event_action;
pub mod notice;
pub mod fleet;
pub mod alerts;
mod alert_rows;
pub mod reports;
pub mod sources;
pub mod source;
mod source_rows;
mod source_answers;
pub mod source_event;
pub mod jobs;
pub mod job;
mod jobs_sql;
mod job_ahead;
mod job_rows;
pub mod phase;
pub mod tasks;
pub mod task;
pub mod database;
pub mod explore;
pub mod time_text;
pub mod showtimes;
pub mod showtime;
pub mod cinemas;
pub mod cinema;
pub mod films;
pub mod film;
pub mod works;
pub mod work;
mod work_rows;
mod work_chart;
pub mod film_pairs;
pub mod anomalies;
mod pair_rows;
pub mod events;
mod event_rows;
mod throughput;
pub mod event_client;
mod retention;
pub mod experiments;
pub mod experiment;
mod experiment_rows;
pub mod data_sets;
mod sql_text;
mod film_facts;
pub mod totals;
pub mod seat_map;
pub mod chart;
pub mod address;
pub mod svg;
pub mod format;

pub use format::Zone;

/// Adds the pages to the server.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/", web::get().to(fleet::fleet))
        .route("/alerts", web::get().to(alerts::alerts))
        .route("/sources", web::get().to(sources::sources))
        .route("/sources/{source}", web::get().to(source::source))
        .route("/jobs", web::get().to(jobs::jobs))
        .route("/jobs/{job}", web::get().to(job::job))
        .route("/tasks", web::get().to(tasks::tasks))
        .route("/tasks/{task}", web::get().to(task::task_by_id))
        .route(
            "/tasks/{source}/{step}/{key:.*}",
            web::get().to(task::task_by_key),
        )
        .route("/database", web::get().to(database::database))
        .route("/explore", web::get().to(explore::explore))
        .route("/showtimes", web::get().to(showtimes::showtimes))
        .route("/showtimes/{id}", web::get().to(showtime::showtime))
        .route("/cinemas", web::get().to(cinemas::cinemas))
        .route("/cinemas/{id}", web::get().to(cinema::cinema))
        .route("/films", web::get().to(films::films))
        .route("/films/{id}", web::get().to(film::film))
        .route("/works", web::get().to(works::works))
        .route("/works/{id}", web::get().to(work::work))
        .route("/film-pairs", web::get().to(film_pairs::film_pairs));
    anomalies::configure(service);
    events::configure(service);
    experiments::configure(service);
    service.service(
        web::resource("/login")
            .route(web::get().to(login::login))
            .route(web::post().to(login::submit)),
    );
    service.route("/logout", web::post().to(login::logout));
    data_sets::configure(service);
    reports::configure(service);
    action::configure(service);
    event_action::configure(service);
}

/// The sections of the head, in order: path and name.
const SECTIONS: [(&str, &str); 12] = [
    ("", "Fleet"),
    ("alerts", "Alerts"),
    ("sources", "Sources"),
    ("showtimes", "Showtimes"),
    ("works", "Works"),
    ("films", "Films"),
    ("cinemas", "Cinemas"),
    ("events", "Events"),
    ("experiments", "Experiments"),
    ("data-sets", "Data sets"),
    ("jobs", "Jobs"),
    ("database", "Database"),
];

/// What every page has around its content.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The way from this page to the root of the server: empty, or `../` once per level.
    pub root: String,
    /// Title of the page.
    pub title: String,
    /// Path of the section that it belongs to, as its link has it.
    pub section: &'static str,
    /// Name of the instance.
    pub instance: String,
    /// Class of its colour.
    pub color: &'static str,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// Whether the viewer may pause, run, cancel, map codes and weigh: pages hide those forms
    /// otherwise.
    pub may_operate: bool,
    /// Whether the viewer may put definitions into force.
    pub may_administer: bool,
    /// Name of the token that the viewer signed in with.
    pub signed_in: Option<String>,
    /// Open alerts that nobody has silenced.
    pub alerts: AlertCounts,
    /// Text in the search box.
    pub search: String,
    /// Zone of the times on this page.
    pub zone: Zone,
    /// The rest of the address's query, each pair with `&` behind it: what a link that changes
    /// the zone keeps.
    pub query: String,
    /// Seconds between two refreshes of the live parts; 0 for none.
    pub refresh_seconds: u32,
    /// Result of an action, shown once on top.
    pub notice: Option<String>,
    /// Version of the program.
    pub version: &'static str,
    /// Paths of the style sheet, script and icon.
    pub assets: AssetPaths,
}

/// Paths of the files that every page loads.
#[derive(Debug, Clone)]
pub struct AssetPaths {
    /// The style sheet.
    pub style: String,
    /// The script.
    pub script: String,
    /// The icon.
    pub icon: String,
}

/// An entry of the head.
#[derive(Debug)]
pub struct SectionLink {
    /// Where it leads.
    pub href: String,
    /// Its name.
    pub name: &'static str,
    /// Whether the page belongs to it.
    pub is_current: bool,
    /// What is wrong there; only for alerts.
    pub wrong: Option<Wrong>,
}

/// How much is wrong.
#[derive(Debug)]
pub struct Wrong {
    /// Open alerts on which a person must act.
    pub count: i64,
    /// Class of the colour: `bad` if one is critical.
    pub class: &'static str,
    /// The same in words, such as `1 critical, 2 warnings`.
    pub words: String,
}

impl Wrong {
    /// Says how many alerts a person must act on; `None` if there are none.
    fn of(alerts: AlertCounts) -> Option<Self> {
        let count = alerts.critical + alerts.warning;
        (count > 0).then(|| Self {
            count,
            class: if alerts.critical > 0 { "bad" } else { "warn" },
            words: alert_rows::words(alerts),
        })
    }
}

impl Frame {
    /// Makes the frame of the page that answers `request`.
    #[must_use]
    pub fn of(request: &HttpRequest, state: &WebState, title: &str, section: &'static str) -> Self {
        let depth = request.path().matches('/').count().saturating_sub(1);
        let settings = &state.settings;
        let viewer = Viewer::of(request);
        let may = |scope| {
            let scope_of_viewer = viewer.as_ref().map(|viewer| viewer.scope);
            !settings.read_only && scope_of_viewer >= Some(scope)
        };
        Self {
            root: "../".repeat(depth),
            title: title.to_owned(),
            section,
            instance: settings.instance.clone(),
            color: settings.color.class(),
            read_only: settings.read_only,
            may_operate: may(Scope::Operate),
            may_administer: may(Scope::Admin),
            signed_in: viewer
                .as_ref()
                .filter(|viewer| viewer.is_by_cookie)
                .map(|viewer| viewer.who.clone()),
            alerts: state.sampler.alerts(),
            search: String::new(),
            zone: Zone::of(request),
            query: request
                .query_string()
                .split('&')
                .filter(|pair| !pair.is_empty() && !pair.starts_with("zone="))
                .fold(String::new(), |rest, pair| rest + pair + "&"),
            refresh_seconds: 0,
            notice: notice::of(request),
            version: env!("CARGO_PKG_VERSION"),
            assets: AssetPaths {
                style: assets::path("style.css"),
                script: assets::path("page.js"),
                icon: assets::path("icon.svg"),
            },
        }
    }

    /// Has the live parts of the page refreshed every `seconds`.
    #[must_use]
    pub fn live(mut self, seconds: u32) -> Self {
        self.refresh_seconds = seconds;
        self
    }

    /// The address of the first page.
    #[must_use]
    pub fn home(&self) -> &str {
        if self.root.is_empty() {
            "./"
        } else {
            &self.root
        }
    }

    /// The entries of the head.
    #[must_use]
    pub fn sections(&self) -> Vec<SectionLink> {
        SECTIONS
            .iter()
            .map(|&(path, name)| SectionLink {
                href: match path {
                    "" => self.home().to_owned(),
                    path => format!("{}{path}", self.root),
                },
                name,
                is_current: path == self.section,
                wrong: Wrong::of(self.alerts).filter(|_| path == "alerts"),
            })
            .collect()
    }
}

/// Renders a page; answers 304 if the browser has it.
///
/// # Errors
///
/// If the template cannot be rendered.
pub fn render(request: &HttpRequest, page: &impl Template) -> Result<HttpResponse, WebError> {
    let text = page.render()?;
    // Weak, since it is the same for a page that is compressed.
    let tag = format!("W/\"{}\"", hex(&Sha256::digest(text.as_bytes())[..12]));
    let is_known = request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if is_known {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, tag))
            .finish());
    }
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((ETAG, tag))
        .insert_header((VARY, "Accept-Encoding"))
        .insert_header(("Cache-Control", "private, no-cache"));
    if notice::of(request).is_some() {
        response.insert_header((SET_COOKIE, notice::ended()));
    }
    Ok(match gzip(request, text.as_bytes(), Compression::fast()) {
        Some(small) => response
            .insert_header((CONTENT_ENCODING, "gzip"))
            .body(small),
        None => response.body(text),
    })
}

/// Shows an error to a person.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    detail: String,
}

/// Renders the page of an error.
#[must_use]
pub fn render_error(request: &HttpRequest, state: &WebState, error: &WebError) -> HttpResponse {
    use actix_web::ResponseError as _;
    let problem = error.problem();
    let page = ErrorPage {
        frame: Frame::of(request, state, &problem.title, "error"),
        status: problem.status,
        detail: problem.detail,
    };
    let mut response = HttpResponse::build(error.status_code());
    match page.render() {
        Ok(text) => response.content_type("text/html; charset=utf-8").body(text),
        Err(_) => error.error_response(),
    }
}
