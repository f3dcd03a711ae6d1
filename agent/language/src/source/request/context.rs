//! The values that the templates of a request can use.

use std::collections::BTreeMap;

use minijinja::{Value, value::Serde};
use secrecy::ExposeSecret;
use serde_json::Map;

use super::{RequestError, RequestPlan, Template};
use crate::source::secret::Secrets;

impl RequestPlan {
    /// What templates see. With `masked`, secrets and the values of those objects are
    /// three asterisks.
    pub(super) fn context(
        &self,
        params: &Map<String, serde_json::Value>,
        secrets: &Secrets,
        masked: Option<&[&str]>,
    ) -> Result<Value, RequestError> {
        let of_param = |(name, value): (&String, &serde_json::Value)| {
            let is_masked = masked.is_some_and(|hidden| hidden.contains(&name.as_str()));
            let value = if is_masked {
                asterisks(value)
            } else {
                Value::from(Serde(value))
            };
            (name.clone(), value)
        };
        let mut context: BTreeMap<String, Value> = params.iter().map(of_param).collect();
        context.insert("vars".to_owned(), self.vars.clone());
        let mut shown: BTreeMap<String, Value> = BTreeMap::new();
        for name in self.secrets() {
            let value = if masked.is_some() {
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
        let all = self.templates();
        all.flat_map(|template| template.secrets.iter().map(String::as_str))
    }

    /// Returns all templates in it.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        let queries = self.query.iter().map(|(_, template)| template);
        let headers = self.headers.iter().map(|(_, template)| template);
        let cookies = self.cookies.iter().map(|(_, template)| template);
        queries
            .chain(headers)
            .chain(cookies)
            .chain([&self.url])
            .chain(self.body.templates())
    }
}

/// The same object with three asterisks for each value in it.
fn asterisks(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Object(object) => {
            let masked = object
                .iter()
                .map(|(name, value)| (name.as_str(), asterisks(value)));
            Value::from_pairs(masked)
        }
        serde_json::Value::Array(items) => items.iter().map(asterisks).collect(),
        _ => Value::from_safe_string("***".to_owned()),
    }
}
