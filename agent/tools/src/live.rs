//! A conversation with the site itself, within its limits.
//!
//! Takes a task, sends what its conversation asks for, one request at a time and no faster
//! than the definition allows, and gives the rows, what was exchanged and how long it took.
//! The rules of a host are asked once for all jobs of one command.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::header::{HeaderValue, USER_AGENT};
use serde_json::{Map, Value};
use source_fetch::{
    Bounds, Fetcher, Phases,
    limit::{Limits, Rate},
    memory_budget::Reservation,
    user_agent,
};
use source_language::{
    definition::Access,
    extract::Gaps,
    mask::Mask,
    rows::Rows,
    source::{
        Discovered, Learnt, SecretRules, Source,
        conversation::{Conversation, Next, NextRequest, Problem, Purpose, Response},
        memory::Memory,
    },
};
use uuid::Uuid;
use vocabulary::ErrorClass;

use super::{ToolError, recording::Recording};

mod exchange;

/// Nobody waits longer for a turn.
const PATIENCE: Duration = Duration::from_hours(1);

/// What one command may do.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// Whether sources may be at private addresses.
    pub allow_private: bool,
    /// Who asks, where the definition does not say.
    pub contact: String,
    /// Largest body in bytes.
    pub body_limit: usize,
    /// Which secrets the definition may name.
    pub rules: SecretRules,
}

/// Asks a site on behalf of a person.
pub struct Live {
    source: Arc<Source>,
    fetcher: Fetcher,
    limits: Limits,
    keys: Vec<String>,
    contact: String,
    /// What the site gave in all jobs of this command.
    learnt: Learnt,
    rules: HashMap<String, Response>,
}

/// A request and its answer as they were.
struct Raw {
    asked: NextRequest,
    response: Response,
    /// It holds a token that could not be taken of it.
    is_withheld: bool,
}

/// One request of a job and its answer, for a person who watches.
#[derive(Debug)]
pub struct TimedExchange {
    /// What it was for.
    pub purpose: Purpose,
    /// Method and address, without secrets.
    pub request: String,
    /// The status, and the bytes of the body; or what went wrong.
    pub answer: Result<(u16, usize), String>,
    /// Time in which the limit let it wait.
    pub waited: Duration,
    /// From its turn, connecting included, to the last byte.
    pub took: Duration,
    /// What of that was what, as far as it came.
    pub phases: Phases,
}

/// How a job ended.
pub struct JobExchange {
    /// The rows, or why there are none.
    pub rows: Result<Rows, Problem>,
    /// What was exchanged, without secrets.
    pub recording: Recording,
    /// The tasks that the rows give rise to.
    pub tasks: Vec<Discovered>,
    /// What of the answer could not be read.
    pub gaps: Gaps,
    /// Rows that came, and of them those that `where` left out.
    pub counts: (u64, u64),
    /// What the conversation has to say.
    pub notes: Vec<String>,
    /// Time spent in reading answers.
    pub extraction: Duration,
}

impl Live {
    /// Gets ready to ask `source`.
    ///
    /// # Errors
    ///
    /// If its access is blocked, or there is no client to ask with.
    pub fn new(source: Arc<Source>, options: &LiveOptions) -> Result<Self, ToolError> {
        if source.definition().access == Access::Blocked {
            let refusal = "its definition says access = \"blocked\": nothing is sent until a person decides, and writes permitted or public";
            return Err(ToolError::Other(refusal.to_owned()));
        }
        let bounds = Bounds {
            body_limit: options.body_limit,
            allow_private: options.allow_private,
        };
        let fetcher = Fetcher::new(bounds).map_err(|error| ToolError::Other(error.to_string()))?;
        let contact = source.definition().contact.clone();
        Ok(Self {
            fetcher,
            limits: Limits::default(),
            keys: Vec::new(),
            contact: contact.unwrap_or_else(|| options.contact.clone()),
            learnt: Learnt::default(),
            rules: HashMap::new(),
            source,
        })
    }

    /// Holds the conversation about one task; `see` is shown each answer as it comes.
    pub async fn hold(
        &mut self,
        step: &str,
        key: &str,
        params: Map<String, Value>,
        see: &mut dyn FnMut(&TimedExchange),
    ) -> JobExchange {
        let (now, run) = (Timestamp::now(), Uuid::new_v4());
        let mut talked = JobExchange {
            rows: Err(Problem::new(ErrorClass::Definition, "it was not begun")),
            recording: Recording {
                step: step.to_owned(),
                key: key.to_owned(),
                recorded_at: now,
                run: run.to_string(),
                params: Map::new(),
                exchanges: Vec::new(),
                directory: std::path::PathBuf::new(),
            },
            tasks: Vec::new(),
            gaps: Gaps::default(),
            counts: (0, 0),
            notes: Vec::new(),
            extraction: Duration::ZERO,
        };
        let (memory, mut raw) = (Arc::new(Memory::default()), Vec::new());
        let handed_down = Value::Object(params.clone());
        match Conversation::new(self.source.clone(), memory, step, params, now, run) {
            Ok(mut conversation) => {
                talked.rows = self
                    .talk(&mut conversation, &mut raw, &mut talked, see)
                    .await;
                self.learnt.add_from(&conversation.learnt());
                if let Ok(rows) = &talked.rows {
                    talked.tasks = conversation.discover(rows);
                }
                talked.gaps = conversation.gaps().clone();
                talked.counts = conversation.counts();
                talked.notes = conversation.take_notes();
            }
            Err(problem) => talked.rows = Err(problem),
        }
        // Only now all is known that must not be written.
        let mask = self.mask();
        if let Err(problem) = &mut talked.rows {
            problem.message = mask.text(&problem.message);
        }
        let handed_down = mask.body(handed_down.to_string().as_bytes());
        talked.recording.params = serde_json::from_slice(&handed_down).unwrap_or_default();
        let exchanges = raw.iter().map(|raw| self.exchange(raw, &mask));
        talked.recording.exchanges = exchanges.collect();
        talked
    }

    /// Returns what hides the secrets of the definition and all that was learnt.
    #[must_use]
    pub fn mask(&self) -> Mask {
        self.source.mask(&self.learnt)
    }

    async fn talk(
        &mut self,
        conversation: &mut Conversation,
        raw: &mut Vec<Raw>,
        talked: &mut JobExchange,
        see: &mut dyn FnMut(&TimedExchange),
    ) -> Result<Rows, Problem> {
        loop {
            let started_at = Instant::now();
            let next = conversation.next();
            talked.extraction += started_at.elapsed();
            let asked = match next? {
                Next::Done(rows) => return Ok(rows),
                Next::Send(asked) => asked,
            };
            let host = asked.request.url.host_str().unwrap_or_default().to_owned();
            let known = self
                .rules
                .get(&host)
                .filter(|_| asked.purpose == Purpose::Robots);
            let is_known = known.is_some();
            let response = if let Some(known) = known {
                known.clone()
            } else {
                let mask = self.mask();
                let (leg, response) = self.send(&talked.recording.step, &asked, &mask).await;
                see(&leg);
                let response = response?;
                if asked.purpose == Purpose::Robots {
                    self.rules.insert(host, response.clone());
                }
                response
            };
            let is_first = matches!(asked.purpose, Purpose::First { .. });
            self.learnt.add_named(&response.body, is_first);
            let started_at = Instant::now();
            let answered = conversation.answer(&response);
            talked.extraction += started_at.elapsed();
            if !is_known {
                raw.push(Raw {
                    asked: *asked,
                    response,
                    is_withheld: conversation.learnt().is_withheld(),
                });
            }
            answered?;
        }
    }

    async fn send(
        &mut self,
        step: &str,
        asked: &NextRequest,
        mask: &Mask,
    ) -> (TimedExchange, Result<Response, Problem>) {
        let started_at = Instant::now();
        let leave = self.leave(step).await;
        let waited = started_at.elapsed();
        let mut phases = Phases::default();
        let response = match leave {
            Ok(()) => self.ask(asked, &mut phases).await,
            Err(problem) => Err(problem),
        };
        let leg = TimedExchange {
            purpose: asked.purpose.clone(),
            request: format!(
                "{} {}",
                asked.request.method,
                mask.text(asked.request.shown_url())
            ),
            answer: response
                .as_ref()
                .map(|response| (response.status, response.body.len()))
                .map_err(|problem| mask.text(&problem.message)),
            waited,
            took: started_at.elapsed().saturating_sub(waited),
            phases,
        };
        (leg, response)
    }

    /// Waits for the limit of the step.
    async fn leave(&mut self, step: &str) -> Result<(), Problem> {
        let limit = self.source.definition().limit_of(step);
        let known = self.keys.iter().position(|key| *key == limit.key);
        let index = known.unwrap_or_else(|| {
            self.keys.push(limit.key.clone());
            self.keys.len() - 1
        });
        let rate = Rate {
            per_second: limit.rate_per_second,
            burst: limit.burst,
        };
        let id = i32::try_from(index).unwrap_or(i32::MAX);
        let leave = self.limits.pass(id, rate, Instant::now() + PATIENCE).await;
        leave.map_err(|denied| Problem::new(ErrorClass::Throttled, denied.to_string()))
    }

    async fn ask(&self, asked: &NextRequest, phases: &mut Phases) -> Result<Response, Problem> {
        let request = &asked.request;
        let mut http = reqwest::Request::new(request.method.clone(), request.url.clone());
        *http.headers_mut() = request.headers.clone();
        *http.timeout_mut() = Some(request.timeout);
        *http.body_mut() = request.body.clone().map(Into::into);
        let agent = HeaderValue::try_from(user_agent(&self.contact)).map_err(|_| {
            Problem::new(
                ErrorClass::Definition,
                "its contact cannot stand in a header",
            )
        })?;
        http.headers_mut().insert(USER_AGENT, agent);
        let opened = self.fetcher.open(http, phases).await?;
        let opened = opened.cut_at(asked.cut_at());
        let memory = &mut Reservation::unlimited();
        let fetched = self.fetcher.read(opened, phases, memory).await?;
        Ok(Response {
            status: fetched.status,
            headers: fetched.headers,
            body: fetched.body,
            received_at: Timestamp::now(),
        })
    }
}
