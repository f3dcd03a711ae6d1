//! A conversation: all requests of one look at a task, one after the other.
//!
//! Takes a source, a step and what was handed down to it; gives the next request to send,
//! takes its answer, and so on until there are rows. It sends nothing itself and asks no
//! clock, so a job, a recording and a test hold the same conversation. If it is lost, it is
//! begun anew: nothing of it is stored, since it knows tokens and cookies.
//!
//! The order of its requests: `robots.txt` of a host that is not known yet, those of
//! `first`, the step's own, further pages; each may be followed by redirects, and each is
//! given out as a request of its own, so that the limit and the address guard see it.

use std::{fmt, sync::Arc, time::Duration};

use cookie_store::CookieStore;
use jiff::Timestamp;
use reqwest::{
    Method,
    header::{ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};
use schema::word::ErrorClass;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Discovered, Request, RequestError, Source, StepPlan,
    memory::{Kept, Key, Memory, Rules},
    request::RequestPlan,
};
use crate::{
    definition::{Limit, Robots, Step, Yields},
    extract::{Answer, ExtractError, Page},
    fetch::{FetchError, class_of, header_of, with_causes},
    rows::Rows,
};

mod cookies;
mod day;
mod first;
mod hop;
mod pages;
mod robots;

#[cfg(test)]
mod tests;

use first::Firsts;
use pages::Walk;

/// Why a conversation gives no rows.
pub type Problem = FetchError;

/// What a conversation wants.
#[derive(Debug)]
pub enum Next {
    /// This is to be sent, and its answer given to [`Conversation::answer`].
    Send(Asked),
    /// It has come to its end.
    Done(Rows),
}

/// A request, and what it is for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What it is for.
    pub purpose: Purpose,
    /// What to send.
    pub request: Request,
    /// Redirects that led here.
    pub hops: u8,
    key: Option<Key>,
    kept: Option<Arc<Kept>>,
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Whether the host lets us ask.
    Robots,
    /// One of the requests to be made first.
    First {
        /// Its name.
        name: String,
        /// Which item of `one_of`, from 0.
        candidate: usize,
    },
    /// The step's own.
    Own {
        /// Which page, from 0.
        page: u16,
    },
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Robots => f.write_str("robots.txt"),
            Self::First { name, candidate: 0 } => write!(f, "first `{name}`"),
            Self::First { name, candidate } => write!(f, "first `{name}`, candidate {candidate}"),
            Self::Own { page: 0 } => f.write_str("the step's own request"),
            Self::Own { page } => write!(f, "page {page}"),
        }
    }
}

/// A whole answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, decompressed; empty where the status says that it is no answer.
    pub body: Vec<u8>,
    /// When it was complete.
    pub received_at: Timestamp,
}

/// See the module.
pub struct Conversation {
    source: Arc<Source>,
    memory: Arc<Memory>,
    step: String,
    /// What templates and fields may say: what was handed down, and what was learnt here.
    known: Map<String, Value>,
    jar: CookieStore,
    firsts: Firsts,
    walk: Walk,
    pages: Vec<Rows>,
    /// Goes out next, before anything else: a redirect.
    led: Option<Asked>,
    /// Waits for leave to be asked.
    behind: Option<Asked>,
    /// Is out, or was given to be sent.
    out: Option<Asked>,
    /// It was begun anew after a 401.
    refreshed: bool,
    now: Timestamp,
    notes: Vec<String>,
    saved_bytes: u64,
}

/// Shows where it stands, and nothing that it knows.
impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("step", &self.step)
            .field("out", &self.out)
            .field("pages", &self.pages.len())
            .finish_non_exhaustive()
    }
}

impl Conversation {
    /// Begins a conversation about a task of `step` to which `params` were handed down.
    ///
    /// `now` tells what day it is at the cinema; `run` is what templates call `run.uuid`.
    ///
    /// # Errors
    ///
    /// [`ErrorClass::Definition`] if there is no such step, or no such day.
    pub fn new(
        source: Arc<Source>,
        memory: Arc<Memory>,
        step: &str,
        params: Map<String, Value>,
        now: Timestamp,
        run: Uuid,
    ) -> Result<Self, Problem> {
        if source.definition().steps.get(step).is_none() {
            let unknown = RequestError::UnknownStep {
                step: step.to_owned(),
            };
            return Err(definition(&unknown));
        }
        let mut known = params;
        day::add(&source, &mut known, now)?;
        let run = json!({ "uuid": run.to_string(), "hex": run.simple().to_string() });
        known.insert("run".to_owned(), run);
        Ok(Self {
            source,
            memory,
            step: step.to_owned(),
            known,
            jar: CookieStore::default(),
            firsts: Firsts::default(),
            walk: Walk::default(),
            pages: Vec::new(),
            led: None,
            behind: None,
            out: None,
            refreshed: false,
            now,
            notes: Vec::new(),
            saved_bytes: 0,
        })
    }

    /// Says what to send next, or gives the rows. Says the same again until it is answered.
    ///
    /// # Errors
    ///
    /// [`Problem`] if a request cannot be made or may not be sent, or the pages together are
    /// not what the definition says. The conversation is over then.
    #[expect(
        clippy::should_implement_trait,
        reason = "it fails, and takes answers between"
    )]
    pub fn next(&mut self) -> Result<Next, Problem> {
        if let Some(out) = &self.out {
            return Ok(Next::Send(out.clone()));
        }
        if let Some(body) = self.source.fixed(&self.step) {
            return self.fixed(&body).map(Next::Done);
        }
        let Some(wanted) = self.wanted()? else {
            let mut pages = std::mem::take(&mut self.pages);
            if let (1, Some(rows)) = (pages.len(), pages.pop()) {
                return Ok(Next::Done(rows));
            }
            let rows = self.source.merge(&self.step, pages);
            return rows.map(Next::Done).map_err(|error| unread(&error));
        };
        let mut asked = self.with_leave(wanted)?;
        cookies::add(&self.jar, &mut asked.request);
        self.out = Some(asked.clone());
        Ok(Next::Send(asked))
    }

    /// Takes the answer to what [`next`](Self::next) gave.
    ///
    /// # Errors
    ///
    /// [`Problem`] if it is none, or not what the definition says. The conversation is over
    /// then.
    pub fn answer(&mut self, response: &Response) -> Result<(), Problem> {
        let Some(asked) = self.out.take() else {
            let message = "an answer to nothing that was asked";
            return Err(Problem::new(ErrorClass::Malformed, message));
        };
        let keeps_cookies = self.source.definition().cookies && asked.purpose != Purpose::Robots;
        if keeps_cookies {
            let from = &asked.request.url;
            let set = cookies::store(&mut self.jar, from, &response.headers);
            self.firsts.gather(from, set);
        }
        match hop::redirected(&asked, response, self.redirects(&asked.purpose)?) {
            Ok(None) => {}
            Ok(led @ Some(_)) => {
                self.led = led;
                return Ok(());
            }
            // Rules that cannot be found are none.
            Err(_) if asked.purpose == Purpose::Robots => {
                self.keep_rules(&asked, Rules::None);
                return Ok(());
            }
            Err(problem) => return Err(problem),
        }
        let told = match &asked.purpose {
            Purpose::Robots => self.robots_answered(&asked, response),
            Purpose::First { .. } => self.first_answered(&asked, response),
            Purpose::Own { .. } => self.own_answered(&asked, response),
        };
        told.map_err(|problem| Problem {
            http_status: Some(response.status),
            ..problem
        })
    }

    /// Returns the tasks that the rows give rise to.
    #[must_use]
    pub fn discover(&self, rows: &Rows) -> Vec<Discovered> {
        let mut handed = self.known.clone();
        let of_here = ["run", "page", "candidate"].into_iter();
        let of_first = self.first_words().map(|(name, _)| name);
        for name in of_here.chain(of_first) {
            handed.remove(name);
        }
        day::hand_down(&mut handed);
        self.source.discover(&self.step, &handed, rows)
    }

    /// What fields and templates know now: what was handed down and what was learnt.
    #[must_use]
    pub fn known(&self) -> &Map<String, Value> {
        &self.known
    }

    /// Takes what there is to be said in the job's log.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Takes the bytes of bodies that did not have to be sent again.
    pub fn take_saved_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.saved_bytes)
    }

    /// Reads rows that nobody is asked for.
    fn fixed(&self, body: &[u8]) -> Result<Rows, Problem> {
        let answer = Answer {
            status: 200,
            content_type: None,
            body,
            received_at: self.now,
        };
        let rows = self.source.extract(&self.step, &self.known, &answer);
        rows.map_err(|error| unread(&error))
    }

    fn words(&self) -> Result<&Step, Problem> {
        let step = self.source.definition.steps.get(&self.step);
        step.ok_or_else(|| Problem::new(ErrorClass::Definition, "the step is gone"))
    }

    fn plan(&self) -> Result<&StepPlan, Problem> {
        let plan = self.source.steps.get(&self.step);
        plan.ok_or_else(|| Problem::new(ErrorClass::Definition, "the step is gone"))
    }

    fn limit(&self) -> &Limit {
        self.source.definition.limit_of(&self.step)
    }

    /// What goes out next, if anything does.
    fn wanted(&mut self) -> Result<Option<Asked>, Problem> {
        if let Some(asked) = self.led.take().or_else(|| self.behind.take()) {
            return Ok(Some(asked));
        }
        if let Some(asked) = self.next_first()? {
            return Ok(Some(asked));
        }
        self.next_page()
    }

    fn next_page(&mut self) -> Result<Option<Asked>, Problem> {
        if self.walk.is_over() {
            return Ok(None);
        }
        let words = self.source.definition.steps.get(&self.step);
        self.walk
            .counts_from(words.and_then(|step| step.pages.as_ref()));
        let page = self.walk.page();
        self.known.insert("page".to_owned(), self.walk.values());
        let Some(plan) = self.plan()?.request.as_ref() else {
            let message = "this step asks nothing";
            return Err(Problem::new(ErrorClass::Definition, message));
        };
        let mut request = self.fill(plan)?;
        if let Some(link) = self.walk.link() {
            request = hop::led_to(&request, link)?;
        }
        // What was seen at a time is no news at another, even if it is the same.
        let conditional = plan.conditional
            && request.method == Method::GET
            && self.words()?.yields != Yields::Observations;
        let key = conditional.then(|| self.key(&request));
        let kept = key.and_then(|key| self.memory.page(key));
        if let Some(kept) = &kept {
            let mut add = |name: HeaderName, text: &Option<String>| {
                if let Some(text) = text {
                    request.with(name, text);
                }
            };
            add(IF_NONE_MATCH, &kept.etag);
            add(IF_MODIFIED_SINCE, &kept.last_modified);
        }
        Ok(Some(Asked {
            purpose: Purpose::Own { page },
            request,
            hops: 0,
            key,
            kept,
        }))
    }

    fn own_answered(&mut self, asked: &Asked, response: &Response) -> Result<(), Problem> {
        let page = match (&asked.kept, response.status) {
            (Some(kept), 304) => {
                self.saved_bytes += kept.body_bytes as u64;
                kept.page.clone()
            }
            (_, status) => {
                if self.is_refreshed_by(status)? {
                    return Ok(());
                }
                self.refuse(response)?;
                let answer = answer_of(response);
                let page =
                    self.source
                        .extract_page(&self.step, &self.known, &answer, self.pages.len());
                let page = page.map_err(|error| unread(&error))?;
                self.keep_page(asked, response, &page);
                page
            }
        };
        let pages = self.words()?.pages.clone();
        self.walk.took(pages.as_ref(), &page)?;
        self.pages.push(page.rows);
        Ok(())
    }

    fn keep_page(&self, asked: &Asked, response: &Response, page: &Page) {
        let etag = header_of(&response.headers, ETAG);
        let last_modified = header_of(&response.headers, LAST_MODIFIED);
        let (Some(key), true) = (asked.key, etag.is_some() || last_modified.is_some()) else {
            return;
        };
        let kept = Kept {
            page: page.clone(),
            etag,
            last_modified,
            body_bytes: response.body.len(),
        };
        self.memory.keep_page(key, kept);
    }

    /// Refuses what the status says is no answer.
    fn refuse(&self, response: &Response) -> Result<(), Problem> {
        match class_of(response.status) {
            None => Ok(()),
            Some(class) => {
                let at_most = self.limit().retry_after_at_most;
                Err(Problem::of_status(
                    class,
                    response.status,
                    &response.headers,
                    at_most,
                ))
            }
        }
    }

    fn redirects(&self, purpose: &Purpose) -> Result<u8, Problem> {
        let plan = self.plan()?;
        let redirects = |plan: &RequestPlan| plan.redirects;
        Ok(match purpose {
            Purpose::Robots => robots::MOST_REDIRECTS,
            Purpose::First { name, .. } => plan
                .asks_first
                .iter()
                .find(|(first, _)| first == name)
                .map_or(0, |(_, plan)| redirects(plan)),
            Purpose::Own { .. } => plan.request.as_ref().map_or(0, redirects),
        })
    }

    fn fill(&self, plan: &RequestPlan) -> Result<Request, Problem> {
        let hidden: Vec<&str> = self.first_words().map(|(name, _)| name).collect();
        plan.fill(&self.known, &self.source.secrets, &hidden)
            .map_err(|error| definition(&error))
    }

    /// What the answer to `request` is kept under.
    fn key(&self, request: &Request) -> Key {
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        let mut add = |bytes: &[u8]| {
            hash.update(&bytes.len().to_le_bytes());
            hash.update(bytes);
        };
        add(&self.source.definition.fingerprint().to_le_bytes());
        add(self.step.as_bytes());
        add(request.method.as_str().as_bytes());
        add(request.url.as_str().as_bytes());
        for (name, value) in &request.headers {
            add(name.as_str().as_bytes());
            add(value.as_bytes());
        }
        add(request.body.as_deref().unwrap_or_default());
        for (name, value) in &self.known {
            if name != "run" {
                add(name.as_bytes());
                add(value.to_string().as_bytes());
            }
        }
        hash.digest128()
    }
}

/// What an extraction is told of an answer.
fn answer_of(response: &Response) -> Answer<'_> {
    let content_type = response.headers.get(reqwest::header::CONTENT_TYPE);
    Answer {
        status: response.status,
        content_type: content_type.and_then(|value| value.to_str().ok()),
        body: &response.body,
        received_at: response.received_at,
    }
}

fn definition(error: &RequestError) -> Problem {
    Problem::new(ErrorClass::Definition, with_causes(error))
}

/// An answer that could not be read.
fn unread(error: &ExtractError) -> Problem {
    let class = match error {
        ExtractError::Blocked { .. } => ErrorClass::Refused,
        _ => ErrorClass::Malformed,
    };
    Problem::new(class, with_causes(error))
}

/// Whether a source keeps us to its rules.
fn obeys(source: &Source) -> bool {
    source.definition().robots() == Robots::Obey
}

/// How long an answer may be used again, in seconds as the source says it.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())?;
    Duration::try_from_secs_f64(seconds).ok()
}
