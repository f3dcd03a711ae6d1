//! Templates inside a JSON body.

use minijinja::Value;

use super::{Target, Template};
use crate::definition::RequestWords;

/// A JSON value with templates for texts.
#[derive(Debug)]
pub(super) enum JsonTemplate {
    /// The same in every request.
    Fixed(serde_json::Value),
    /// A text with values in it.
    Text(Template),
    /// One value, with its own type.
    Value(Template),
    /// A list.
    List(Vec<JsonTemplate>),
    /// An object.
    Object(Vec<(String, JsonTemplate)>),
}

impl JsonTemplate {
    /// Compiles `value`.
    pub(super) fn compile(value: &serde_json::Value) -> Result<Self, String> {
        Ok(match value {
            serde_json::Value::String(text) => match single_expression(text) {
                Some(expression) => {
                    let text = format!("{{{{ ({expression}) | tojson }}}}");
                    Self::Value(Template::compile(&text, Target::Json)?)
                }
                None => Self::Text(Template::compile(text, Target::Text)?),
            },
            serde_json::Value::Array(items) => {
                Self::List(items.iter().map(Self::compile).collect::<Result<_, _>>()?)
            }
            serde_json::Value::Object(object) => {
                let compile =
                    |(name, value): (&String, _)| Ok((name.clone(), Self::compile(value)?));
                Self::Object(object.iter().map(compile).collect::<Result<_, String>>()?)
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
                Self::Fixed(value.clone())
            }
        })
    }

    /// Fills in the values of `context`.
    pub(super) fn fill(&self, context: &Value) -> Result<serde_json::Value, String> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => template.render(context)?.into(),
            Self::Value(template) => {
                serde_json::from_str(&template.render(context)?).map_err(|_| {
                    "what it gives is not JSON: write a value, or a text in quotes".to_owned()
                })?
            }
            Self::List(items) => items
                .iter()
                .map(|item| item.fill(context))
                .collect::<Result<Vec<_>, _>>()?
                .into(),
            Self::Object(object) => {
                let fill =
                    |(name, value): &(String, Self)| Ok((name.clone(), value.fill(context)?));
                let object = object.iter().map(fill).collect::<Result<_, String>>()?;
                serde_json::Value::Object(object)
            }
        })
    }

    /// Returns all templates in it.
    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Text(template) | Self::Value(template) => vec![template],
            Self::List(items) => items.iter().flat_map(Self::templates).collect(),
            Self::Object(object) => object
                .iter()
                .flat_map(|(_, value)| value.templates())
                .collect(),
        }
    }
}

/// Returns the expression of a text that is `{{ expression }}` and nothing else.
fn single_expression(text: &str) -> Option<&str> {
    let expression = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!expression.contains("{{") && !expression.contains("}}")).then_some(expression.trim())
}

impl RequestWords {
    /// Returns the JSON body, be it written so or as GraphQL.
    ///
    /// A GraphQL document is full of braces, so it is kept out of the templates by
    /// standing in for itself as a quoted expression.
    pub(super) fn json_body(&self) -> Option<serde_json::Value> {
        let Some(graphql) = &self.graphql else {
            return self
                .json
                .as_ref()
                .and_then(|value| serde_json::to_value(value).ok());
        };
        let mut body = serde_json::Map::new();
        if let Some(operation) = &graphql.operation {
            body.insert("operationName".to_owned(), operation.as_str().into());
        }
        let document = format!("{{% raw %}}{}{{% endraw %}}", graphql.query);
        body.insert("query".to_owned(), document.into());
        let variables = graphql
            .variables
            .as_ref()
            .and_then(|value| serde_json::to_value(value).ok());
        body.insert(
            "variables".to_owned(),
            variables.unwrap_or_else(|| serde_json::json!({})),
        );
        Some(body.into())
    }
}
