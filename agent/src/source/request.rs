//! From a task to what is sent for it.

use std::{collections::BTreeMap, fmt, time::Duration};

use minijinja::{Value, value::Serde};
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::ExposeSecret;
use serde_json::Map;
use thiserror::Error;

use super::{
    CompileError, Source,
    secret::{SecretError, Secrets},
    template::{Target, Template, vars},
};
use crate::definition::{self, RequestWords};

mod json;

use json::JsonTemplate;

/// What is sent: all values filled in.
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
    shown_url: String,
}

impl Request {
    /// Returns the address for logs and history: secrets read `***`.
    #[must_use]
    pub fn shown_url(&self) -> &str {
        &self.shown_url
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
            .finish()
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
        /// What is wrong, without values.
        problem: String,
    },
    /// A secret is not where the definition says.
    #[error("a secret is missing")]
    Secret(#[from] SecretError),
    /// What came out cannot be sent.
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
    body: BodyPlan,
    timeout: Duration,
    vars: Value,
}

#[derive(Debug)]
enum BodyPlan {
    None,
    Raw(Template),
    Form(Vec<(String, Template)>),
    Json(JsonTemplate),
}

type MakeError<'a> = &'a dyn Fn(&[&str], String, &str) -> CompileError;

const WAY_OUT: &str = "values are written {{ vars.base }}";

impl RequestPlan {
    /// Compiles the words of a request.
    pub(super) fn compile(
        words: &RequestWords,
        names: &BTreeMap<String, String>,
        error: MakeError<'_>,
    ) -> Result<Self, CompileError> {
        let template = |place: &str, text: &str, target| {
            Template::compile(text, target)
                .map_err(|problem| error(&["request", place], problem, WAY_OUT))
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
                    &["request", "headers"],
                    format!("`{name}` is no header"),
                    "use letters and -",
                )
            })?;
            headers.push((name, text));
        }
        let body = if let Some(text) = &words.body {
            BodyPlan::Raw(template("body", text, Target::Text)?)
        } else if let Some(form) = &words.form {
            BodyPlan::Form(pairs("form", form)?)
        } else if let Some(value) = words.json_body() {
            let plan = JsonTemplate::compile(&value);
            BodyPlan::Json(plan.map_err(|problem| error(&["request"], problem, WAY_OUT))?)
        } else {
            BodyPlan::None
        };
        let method = match (words.method, &body) {
            (Some(definition::Method::Get), _) | (None, BodyPlan::None) => Method::GET,
            (Some(definition::Method::Post) | None, _) => Method::POST,
        };
        Ok(Self {
            method,
            url: template("url", &words.url, Target::Url)?,
            query: pairs("query", &words.query)?,
            headers,
            body,
            timeout: words.timeout,
            vars: vars(names),
        })
    }

    /// Fills in the values.
    fn fill(
        &self,
        params: &Map<String, serde_json::Value>,
        secrets: &Secrets,
    ) -> Result<Request, RequestError> {
        let context = self.context(params, secrets, false)?;
        let url = self.fill_url(&context)?;
        let shown_url = if self.hides_secret_in_url() {
            self.fill_url(&self.context(params, secrets, true)?)?
                .to_string()
        } else {
            url.to_string()
        };
        let mut headers = HeaderMap::new();
        for (name, template) in &self.headers {
            let text = fill(template, "headers", &context)?;
            let mut value = HeaderValue::from_str(&text).map_err(|_| RequestError::Invalid {
                place: format!("headers.{name}"),
            })?;
            value.set_sensitive(!template.secrets.is_empty());
            headers.insert(name, value);
        }
        let body = self.fill_body(&context, &mut headers)?;
        Ok(Request {
            method: self.method.clone(),
            url,
            headers,
            body,
            timeout: self.timeout,
            shown_url,
        })
    }

    fn hides_secret_in_url(&self) -> bool {
        let queries = self.query.iter().map(|(_, template)| template);
        queries
            .chain([&self.url])
            .any(|template| !template.secrets.is_empty())
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

    fn fill_body(
        &self,
        context: &Value,
        headers: &mut HeaderMap,
    ) -> Result<Option<Vec<u8>>, RequestError> {
        let mut of_type = |kind| {
            headers
                .entry(CONTENT_TYPE)
                .or_insert(HeaderValue::from_static(kind));
        };
        match &self.body {
            BodyPlan::None => Ok(None),
            BodyPlan::Raw(template) => Ok(Some(fill(template, "body", context)?.into_bytes())),
            BodyPlan::Form(fields) => {
                of_type("application/x-www-form-urlencoded");
                let mut form = Url::parse("form:").map_err(|_| RequestError::Invalid {
                    place: "form".to_owned(),
                })?;
                for (name, template) in fields {
                    form.query_pairs_mut()
                        .append_pair(name, &fill(template, "form", context)?);
                }
                Ok(Some(form.query().unwrap_or_default().as_bytes().to_vec()))
            }
            BodyPlan::Json(template) => {
                of_type("application/json");
                let value = template
                    .fill(context)
                    .map_err(|problem| RequestError::Template {
                        place: "json".to_owned(),
                        problem,
                    })?;
                Ok(Some(value.to_string().into_bytes()))
            }
        }
    }

    /// What templates see. With `masked`, secrets are three asterisks.
    fn context(
        &self,
        params: &Map<String, serde_json::Value>,
        secrets: &Secrets,
        masked: bool,
    ) -> Result<Value, RequestError> {
        let mut context: BTreeMap<String, Value> = params
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(Serde(value))))
            .collect();
        context.insert("vars".to_owned(), self.vars.clone());
        let mut shown: BTreeMap<String, Value> = BTreeMap::new();
        for name in self.secrets() {
            let value = if masked {
                Value::from_safe_string("***".to_owned())
            } else {
                Value::from(secrets.get(name)?.expose_secret())
            };
            shown.insert(name.to_owned(), value);
        }
        context.insert("secret".to_owned(), Value::from_pairs(shown));
        Ok(Value::from_pairs(context))
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        let queries = self.query.iter().map(|(_, template)| template);
        let headers = self.headers.iter().map(|(_, template)| template);
        let body = match &self.body {
            BodyPlan::None => Vec::new(),
            BodyPlan::Raw(template) => vec![template],
            BodyPlan::Form(fields) => fields.iter().map(|(_, template)| template).collect(),
            BodyPlan::Json(template) => template.templates(),
        };
        let all = queries.chain(headers).chain([&self.url]).chain(body);
        all.flat_map(|template| template.secrets.iter().map(String::as_str))
    }
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
    /// Makes the request of one task.
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
            Some(plan) => plan.fill(params, &self.secrets),
            None => Err(RequestError::UnknownStep {
                step: step.to_owned(),
            }),
        }
    }
}
