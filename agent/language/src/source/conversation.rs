//! A conversation: all requests of one look at a task, one after the other.
//!
//! Takes a source, a step and the values that its parent handed down; gives the next request to
//! send, takes its answer, and so on until there are rows. It sends nothing itself and asks no
//! clock, so jobs, the tools of authors and tests hold the same conversation. If it is lost, it is
//! started again: nothing of it is stored, since it knows tokens and cookies.
//!
//! The order of its requests: `robots.txt` of a host that is not known yet, those of `first`, the
//! step's own, further pages. Each may be followed by redirects, and each is given out as a request
//! of its own, so that the limit and the address guard see it.
//!
//! Values that a source gave, such as tokens, are masked like secrets. Answers of `first`, rules of
//! hosts and rows behind an `ETag` are kept per pod, in bounded memory, by definition and request.

use std::{collections::BTreeSet, fmt, ops::Range, sync::Arc, time::Duration};

use cookie_store::CookieStore;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use vocabulary::ErrorClass;

use super::{
    Discovered, Learnt, Request, RequestError, Source, StepPlan,
    memory::{HostRules, Memory},
    request::RequestPlan,
};
use crate::{
    definition::{Limit, Step},
    extract::{Answer, Gaps},
    mask::Mask,
    rows::Rows,
    storable,
};

mod cookies;
mod day;
mod exchange;
mod first;
mod first_pages;
mod hop;
mod host;
mod mask;
mod own;
mod pages;
mod problem;
mod robots;

#[cfg(test)]
mod tests;

use exchange::answer_of;
pub use exchange::{Next, NextRequest, Purpose, Response};
use first::FirstRequests;
use pages::PageWalk;
pub use problem::Problem;
use problem::{definition, unread};

/// All requests of one look at a task, and what was learnt on the way.
pub struct Conversation {
    source: Arc<Source>,
    memory: Arc<Memory>,
    step: String,
    /// What templates and fields may say: what was handed down, and what was learnt here.
    known: Map<String, Value>,
    jar: CookieStore,
    firsts: FirstRequests,
    walk: PageWalk,
    pages: Vec<Rows>,
    /// The hosts that the definition itself names under this limit.
    hosts: BTreeSet<String>,
    /// Goes out next, before anything else: a redirect.
    led: Option<NextRequest>,
    /// Waits for leave to be asked.
    behind: Option<NextRequest>,
    /// Is out, or was given to be sent.
    out: Option<Box<NextRequest>>,
    /// It was started again after a 401.
    refreshed: bool,
    now: Timestamp,
    notes: Vec<String>,
    saved_bytes: u64,
    learnt: Learnt,
    /// The mask of secrets and learnt values, with the number of values when it was built.
    mask: Option<(usize, Mask)>,
    /// What the rows of its pages take.
    rows_bytes: usize,
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
    /// `now` gives the day at the cinema; `run` is the `run.uuid` of templates.
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
        let run = json!({
            "uuid": run.to_string(),
            "hex": run.simple().to_string(),
            "date": day::today(&source, &known, now)?.to_string(),
        });
        known.insert("run".to_owned(), run);
        Ok(Self {
            source,
            memory,
            step: step.to_owned(),
            known,
            jar: CookieStore::default(),
            firsts: FirstRequests::default(),
            walk: PageWalk::default(),
            pages: Vec::new(),
            hosts: BTreeSet::new(),
            led: None,
            behind: None,
            out: None,
            refreshed: false,
            now,
            notes: Vec::new(),
            saved_bytes: 0,
            learnt: Learnt::default(),
            mask: None,
            rows_bytes: 0,
        })
    }

    /// Returns how many bytes the rows of its pages take, about.
    #[must_use]
    pub fn rows_bytes(&self) -> usize {
        self.rows_bytes
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
        self.learn();
        self.next_unmasked().map_err(|problem| self.masked(problem))
    }

    fn next_unmasked(&mut self) -> Result<Next, Problem> {
        if let Some(out) = &self.out {
            return Ok(Next::Send(out.clone()));
        }
        if let Some(body) = self.source.fixed(&self.step) {
            return self.unasked(&body).map(Next::Done);
        }
        let Some(wanted) = self.wanted()? else {
            // All that there is was asked first, and rows are found there.
            if self.plan()?.request.is_none() {
                return self.unasked(b"null").map(Next::Done);
            }
            return self.merged().map(Next::Done);
        };
        let mut asked = self.with_leave(wanted)?;
        cookies::add(&self.jar, &mut asked.request);
        self.learn();
        asked.request.hide(self.mask());
        let asked = Box::new(asked);
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
        self.learnt.withhold(false);
        self.learnt.add_headers(&response.headers);
        self.answer_unmasked(response)
            .map_err(|problem| self.masked(problem))
    }

    fn answer_unmasked(&mut self, response: &Response) -> Result<(), Problem> {
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
            Ok(Some(led)) => {
                let may_be = self.may_be_led_to(&led.request.url, "a redirect");
                may_be.map_err(|problem| Problem {
                    http_status: Some(response.status),
                    ..problem
                })?;
                self.led = Some(led);
                return Ok(());
            }
            // HostRules that cannot be found are none.
            Err(_) if asked.purpose == Purpose::Robots => {
                self.keep_rules(&asked, HostRules::None);
                return Ok(());
            }
            Err(problem) => return Err(problem),
        }
        if self.source.definition().looks_at_answers() {
            self.known.insert("answer".to_owned(), response.as_answer());
        }
        let outcome = match &asked.purpose {
            Purpose::Robots => self.robots_answered(&asked, response),
            Purpose::First { .. } => self.first_answered(&asked, response),
            Purpose::Own { .. } => self.own_answered(&asked, response),
        };
        outcome.map_err(|problem| Problem {
            http_status: Some(response.status),
            ..problem
        })
    }

    /// Returns the tasks that the rows give rise to.
    #[must_use]
    pub fn discover(&self, rows: &Rows) -> Vec<Discovered> {
        self.discover_part(rows, 0..usize::MAX)
    }

    /// Returns the tasks that the rows in `part` give rise to.
    #[must_use]
    pub fn discover_part(&self, rows: &Rows, part: Range<usize>) -> Vec<Discovered> {
        let mut handed = self.known.clone();
        let of_here = ["run", "page", "candidate", "answer"].into_iter();
        let of_first = self.first_words().map(|(name, _)| name);
        for name in of_here.chain(of_first) {
            handed.remove(name);
        }
        day::hand_down(&mut handed);
        self.source.discover_part(&self.step, &handed, rows, part)
    }

    /// Values for fields and templates: those handed down and those learnt so far.
    #[must_use]
    pub fn known(&self) -> &Map<String, Value> {
        &self.known
    }

    /// Whether it is held with this source, in this version.
    #[must_use]
    pub fn is_with(&self, source: &Arc<Source>) -> bool {
        Arc::ptr_eq(&self.source, source)
    }

    /// Takes what there is to be said in the job's log.
    pub fn take_notes(&mut self) -> Vec<String> {
        let notes = std::mem::take(&mut self.notes);
        let mask = self.mask();
        notes.into_iter().map(|note| mask.text(&note)).collect()
    }

    /// Takes the bytes of bodies that did not have to be sent again.
    pub fn take_saved_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.saved_bytes)
    }

    /// Reads rows for which the step itself asks nothing.
    fn unasked(&mut self, body: &[u8]) -> Result<Rows, Problem> {
        let answer = Answer {
            status: 200,
            content_type: None,
            body,
            received_at: self.now,
        };
        let page = self
            .source
            .extract_page(&self.step, &self.known, &answer, 0);
        let page = page.map_err(|error| unread(&error))?;
        storable::check(&page.rows).map_err(|error| unread(&error.into()))?;
        self.walk.took_unasked(&page);
        Ok(page.rows)
    }

    /// Puts the rows of the pages together; they can be stored.
    fn merged(&mut self) -> Result<Rows, Problem> {
        let mut pages = std::mem::take(&mut self.pages);
        let (rows, gaps, repeated) = match (pages.pop(), pages.is_empty()) {
            // One page has one row for each key already.
            (Some(rows), true) => (rows, Gaps::default(), 0),
            (last, _) => {
                pages.extend(last);
                let merged = self.source.merge(&self.step, pages);
                let merged = merged.map_err(|error| unread(&error))?;
                (merged.rows, merged.gaps, merged.repeated)
            }
        };
        let words = self.words()?.pages.clone();
        self.walk.settle(words.as_ref(), gaps, repeated);
        let whole = self.plan()?.extract.is_whole(self.walk.gaps());
        whole.map_err(|error| unread(&error))?;
        storable::check(&rows).map_err(|error| unread(&error.into()))?;
        Ok(rows)
    }

    /// Returns what of the answer could not be read; what is absent from rows with gaps means
    /// nothing.
    #[must_use]
    pub fn gaps(&self) -> &Gaps {
        self.walk.gaps()
    }

    /// Returns how many rows the answer had, and how many of them `where` left out.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        self.walk.counts()
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

    /// Returns the next request, if there is one.
    fn wanted(&mut self) -> Result<Option<NextRequest>, Problem> {
        if let Some(asked) = self.led.take().or_else(|| self.behind.take()) {
            return Ok(Some(asked));
        }
        if let Some(asked) = self.next_first()? {
            return Ok(Some(asked));
        }
        self.next_page()
    }

    fn redirects(&self, purpose: &Purpose) -> Result<u8, Problem> {
        let plan = self.plan()?;
        let redirects = |plan: &RequestPlan| plan.redirects;
        Ok(match purpose {
            Purpose::Robots => robots::MAX_REDIRECTS,
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
}

/// How long an answer may be used again, in seconds as the source says it.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())?;
    Duration::try_from_secs_f64(seconds).ok()
}
