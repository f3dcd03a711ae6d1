//! Builds a request from the words of its definition and the values for them.

use std::{collections::BTreeMap, fmt, time::Duration};

use http::{
    Method,
    header::{COOKIE, HeaderMap, HeaderName, HeaderValue},
};
use minijinja::Value;
use serde_json::Map;
use thiserror::Error;
use url::Url;

use super::{
    CompileError, Source,
    secret::{SecretError, Secrets},
    template::{Target, Template, vars},
};
use crate::{
    definition::{self, RequestWords},
    mask::Mask,
};

mod body;
mod context;
mod credentials;
mod json;
mod redirect;

use body::BodyPlan;

/// A request to send: all values are filled in.
#[derive(Clone)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// The address, encoded.
    pub url: Url,
    /// Headers of the definition; those with a secret are marked as sensitive.
    pub headers: HeaderMap,
    /// The body, if there is one; its type is among the headers.
    pub body: Option<Vec<u8>>,
    /// How long it may take in all.
    pub timeout: Duration,
    /// Whether the address or the body shows a secret.
    hides: Hides,
    shown_url: String,
}

/// The parts of a request, other than its headers, that show a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Hides {
    url: bool,
    body: bool,
}

impl Request {
    /// Makes a request without anything secret, for `robots.txt`.
    pub(super) fn plain(url: Url, timeout: Duration) -> Self {
        Self {
            method: Method::GET,
            shown_url: url.to_string(),
            url,
            headers: HeaderMap::new(),
            body: None,
            timeout,
            hides: Hides::default(),
        }
    }

    /// Returns the address for logs and history: secrets read `***`.
    #[must_use]
    pub fn shown_url(&self) -> &str {
        &self.shown_url
    }
}

impl Request {
    /// Takes secrets out of the address that is shown.
    pub(super) fn hide(&mut self, mask: &Mask) {
        if !mask.is_empty() {
            self.shown_url = mask.text(&self.shown_url);
        }
    }
}

/// Shows no secret: no body, and the address as for logs.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.shown_url)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A request that cannot be made.
#[derive(Debug, Error)]
pub enum RequestError {
    /// The task names a step that this version of the definition does not have.
    #[error("there is no step `{step}` in the definition; its tasks end with the next schedule")]
    UnknownStep {
        /// The step.
        step: String,
    },
    /// A value is missing, or a filter refused it.
    #[error("the template of `{place}` cannot be filled: {problem}")]
    Template {
        /// The word under `request`.
        place: String,
        /// The problem, without values.
        problem: String,
    },
    /// A secret is not where the definition says.
    #[error("a secret is missing")]
    Secret(#[from] SecretError),
    /// The filled request cannot be sent.
    #[error("the values make `{place}` invalid")]
    Invalid {
        /// The word under `request`.
        place: String,
    },
}

/// A request, compiled.
#[derive(Debug)]
pub(super) struct RequestPlan {
    method: Method,
    url: Template,
    query: Vec<(String, Template)>,
    headers: Vec<(HeaderName, Template)>,
    cookies: Vec<(String, Template)>,
    body: BodyPlan,
    timeout: Duration,
    pub(super) redirects: u8,
    pub(super) conditional: bool,
    vars: Value,
}

type MakeError<'a> = &'a dyn Fn(&[&str], String, &str) -> CompileError;

const WAY_OUT: &str = "values are written {{ vars.base }}";

impl RequestPlan {
    /// Compiles the words of a request; `error` makes an error at one of them.
    pub(super) fn compile(
        words: &RequestWords,
        names: &BTreeMap<String, String>,
        error: MakeError<'_>,
    ) -> Result<Self, CompileError> {
        let template = |place: &str, text: &str, target| {
            Template::compile(text, target).map_err(|problem| error(&[place], problem, WAY_OUT))
        };
        let pairs = |place: &str, words: &BTreeMap<String, String>| {
            words
                .iter()
                .map(|(name, text)| Ok((name.clone(), template(place, text, Target::Text)?)))
                .collect::<Result<Vec<_>, CompileError>>()
        };
        let mut headers = Vec::new();
        for (name, text) in pairs("headers", &words.headers)? {
            let name = HeaderName::try_from(&name).map_err(|_| {
                error(
                    &["headers"],
                    format!("`{name}` is no header"),
                    "use letters and -",
                )
            })?;
            headers.push((name, text));
        }
        let body =
            BodyPlan::compile(words).map_err(|(word, problem)| error(&[word], problem, WAY_OUT))?;
        let method = match (words.method, &body) {
            (Some(definition::Method::Get), _) | (None, BodyPlan::None) => Method::GET,
            (Some(definition::Method::Post) | None, _) => Method::POST,
        };
        Ok(Self {
            method,
            url: template("url", &words.url, Target::Url)?,
            query: pairs("query", &words.query)?,
            headers,
            cookies: pairs("cookies", &words.cookies)?,
            body,
            timeout: words.timeout,
            redirects: words.redirects,
            conditional: words.conditional,
            vars: vars(names),
        })
    }

    /// Fills in the values. Values of the `hidden` objects, such as tokens that the source gave,
    /// are masked like secrets.
    pub(super) fn fill(
        &self,
        params: &Map<String, serde_json::Value>,
        secrets: &Secrets,
        hidden: &[&str],
    ) -> Result<Request, RequestError> {
        let context = self.context(params, secrets, None)?;
        let url = self.fill_url(&context)?;
        let mut queries = self.query.iter().map(|(_, template)| template);
        let shows = |template: &Template| template.shows(hidden);
        let hides = Hides {
            url: shows(&self.url) || queries.any(shows),
            body: self.body.templates().into_iter().any(shows),
        };
        let shown_url = if hides.url {
            let masked = self.context(params, secrets, Some(hidden))?;
            // What reckons with a hidden value cannot be filled with asterisks.
            self.fill_url(&masked)
                .map_or_else(|_| redirect::masked(&url), |url| url.to_string())
        } else {
            url.to_string()
        };
        let mut headers = HeaderMap::new();
        for (name, template) in &self.headers {
            let text = fill(template, "headers", &context)?;
            let mut value = HeaderValue::from_str(&text).map_err(|_| RequestError::Invalid {
                place: format!("headers.{name}"),
            })?;
            value.set_sensitive(
                template.shows(hidden) || credentials::is_credential(name, template),
            );
            headers.insert(name, value);
        }
        self.fill_cookies(&context, &mut headers)?;
        let boundary = boundary(params);
        let body = self.body.fill(&context, &boundary, &mut headers)?;
        Ok(Request {
            method: self.method.clone(),
            url,
            headers,
            body,
            timeout: self.timeout,
            hides,
            shown_url,
        })
    }

    fn fill_url(&self, context: &Value) -> Result<Url, RequestError> {
        let text = fill(&self.url, "url", context)?;
        let mut url = Url::parse(&text).map_err(|_| RequestError::Invalid {
            place: "url".to_owned(),
        })?;
        if !self.query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, template) in &self.query {
                pairs.append_pair(name, &fill(template, "query", context)?);
            }
        }
        Ok(url)
    }

    fn fill_cookies(&self, context: &Value, headers: &mut HeaderMap) -> Result<(), RequestError> {
        if self.cookies.is_empty() {
            return Ok(());
        }
        let mut all = Vec::new();
        for (name, template) in &self.cookies {
            let text = fill(template, "cookies", context)?;
            // Either would begin another cookie.
            if text.contains([';', ',']) {
                return Err(RequestError::Invalid {
                    place: format!("cookies.{name}"),
                });
            }
            all.push(format!("{name}={text}"));
        }
        let value = HeaderValue::from_str(&all.join("; "));
        let mut value = value.map_err(|_| RequestError::Invalid {
            place: "cookies".to_owned(),
        })?;
        value.set_sensitive(true);
        headers.insert(COOKIE, value);
        Ok(())
    }
}

/// The separator of a form with files: nobody else can know the number of the run.
fn boundary(params: &Map<String, serde_json::Value>) -> String {
    let run = params.get("run").and_then(|run| run.get("hex")?.as_str());
    format!("fullhouse-{}", run.unwrap_or("part"))
}

fn fill(template: &Template, place: &str, context: &Value) -> Result<String, RequestError> {
    template
        .render(context)
        .map_err(|problem| RequestError::Template {
            place: place.to_owned(),
            problem,
        })
}

impl Source {
    /// Makes the request of a step itself, without what its `first` and `pages` would add:
    /// see [`Conversation`](super::Conversation) for the whole of it.
    ///
    /// `params` is what the rows above handed down, as [`Source::discover`] gave it.
    /// Secrets are looked up now.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if a value or a secret is missing, or the values make an address
    /// or header that cannot be sent. No error shows a secret.
    pub fn request(
        &self,
        step: &str,
        params: &Map<String, serde_json::Value>,
    ) -> Result<Request, RequestError> {
        match self.steps.get(step).and_then(|plan| plan.request.as_ref()) {
            Some(plan) => plan.fill(params, &self.secrets, &[]),
            None => Err(RequestError::UnknownStep {
                step: step.to_owned(),
            }),
        }
    }
}
