//! The body of a request: text, form, form with files, or JSON.

use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use minijinja::Value;
use url::Url;

use super::{RequestError, Target, Template, fill, json::JsonTemplate};
use crate::definition::{PartWords, RequestWords};

/// A body, compiled.
#[derive(Debug)]
pub(super) enum BodyPlan {
    None,
    Raw(Template),
    Form(Vec<(String, Template)>),
    Parts(Vec<PartPlan>),
    Json(JsonTemplate),
}

/// One part of a form with files.
#[derive(Debug)]
pub(super) struct PartPlan {
    name: String,
    content: Template,
    /// Name and media type of a file.
    file: Option<(Template, Option<String>)>,
}

/// Which word is broken, and how.
type Broken = (&'static str, String);

impl BodyPlan {
    /// Compiles the one body of `words`.
    pub(super) fn compile(words: &RequestWords) -> Result<Self, Broken> {
        let template = |word, text: &str| {
            Template::compile(text, Target::Text).map_err(|problem| (word, problem))
        };
        if let Some(text) = &words.body {
            return Ok(Self::Raw(template("body", text)?));
        }
        if let Some(form) = &words.form {
            let field =
                |(name, text): (&String, &String)| Ok((name.clone(), template("form", text)?));
            return Ok(Self::Form(
                form.iter().map(field).collect::<Result<_, _>>()?,
            ));
        }
        if let Some(parts) = &words.multipart {
            let part = |(name, words): (&String, &PartWords)| {
                let (content, file) = match words {
                    PartWords::Field(content) => (content, None),
                    PartWords::File {
                        content,
                        file,
                        kind,
                    } => {
                        let file = template("multipart", file)?;
                        (content, Some((file, kind.clone())))
                    }
                };
                Ok(PartPlan {
                    name: name.clone(),
                    content: template("multipart", content)?,
                    file,
                })
            };
            return Ok(Self::Parts(
                parts.iter().map(part).collect::<Result<_, _>>()?,
            ));
        }
        match words.json_body() {
            Some(value) => JsonTemplate::compile(&value)
                .map(Self::Json)
                .map_err(|problem| ("json", problem)),
            None => Ok(Self::None),
        }
    }

    /// Returns all templates in it.
    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::None => Vec::new(),
            Self::Raw(template) => vec![template],
            Self::Form(fields) => fields.iter().map(|(_, template)| template).collect(),
            Self::Parts(parts) => {
                let files = parts.iter().filter_map(|part| part.file.as_ref());
                let files = files.map(|(name, _)| name);
                parts
                    .iter()
                    .map(|part| &part.content)
                    .chain(files)
                    .collect()
            }
            Self::Json(template) => template.templates(),
        }
    }

    /// Fills in the values of `context`, and names the type of the body in `headers`
    /// unless the definition did.
    ///
    /// `boundary` parts a form with files; it comes nowhere in its values.
    pub(super) fn fill(
        &self,
        context: &Value,
        boundary: &str,
        headers: &mut HeaderMap,
    ) -> Result<Option<Vec<u8>>, RequestError> {
        let (kind, body) = match self {
            Self::None => return Ok(None),
            Self::Raw(template) => return Ok(Some(fill(template, "body", context)?.into_bytes())),
            Self::Form(fields) => (
                HeaderValue::from_static("application/x-www-form-urlencoded"),
                form(fields, context)?,
            ),
            Self::Parts(parts) => {
                // It is said again in the body, so the header of a definition would be wrong.
                headers.remove(CONTENT_TYPE);
                let kind = format!("multipart/form-data; boundary={boundary}");
                let kind = HeaderValue::from_str(&kind).map_err(|_| invalid("multipart"))?;
                (kind, multipart(parts, context, boundary)?)
            }
            Self::Json(template) => {
                let value = template
                    .fill(context)
                    .map_err(|problem| RequestError::Template {
                        place: "json".to_owned(),
                        problem,
                    })?;
                (
                    HeaderValue::from_static("application/json"),
                    value.to_string().into_bytes(),
                )
            }
        };
        headers.entry(CONTENT_TYPE).or_insert(kind);
        Ok(Some(body))
    }
}

fn invalid(place: &str) -> RequestError {
    RequestError::Invalid {
        place: place.to_owned(),
    }
}

fn form(fields: &[(String, Template)], context: &Value) -> Result<Vec<u8>, RequestError> {
    let mut form = Url::parse("form:").map_err(|_| invalid("form"))?;
    for (name, template) in fields {
        form.query_pairs_mut()
            .append_pair(name, &fill(template, "form", context)?);
    }
    Ok(form.query().unwrap_or_default().as_bytes().to_vec())
}

/// Writes the parts as RFC 7578 says; names are escaped as browsers do.
fn multipart(parts: &[PartPlan], context: &Value, boundary: &str) -> Result<Vec<u8>, RequestError> {
    let quoted = |text: &str| {
        text.replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let mut body = Vec::new();
    for part in parts {
        let text = fill(&part.content, "multipart", context)?;
        if text.contains(boundary) {
            return Err(invalid("multipart"));
        }
        let name = quoted(&part.name);
        let mut head = format!("Content-Disposition: form-data; name=\"{name}\"");
        if let Some((file, kind)) = &part.file {
            let file = quoted(&fill(file, "multipart", context)?);
            let kind = quoted(kind.as_deref().unwrap_or("application/octet-stream"));
            head = format!("{head}; filename=\"{file}\"\r\nContent-Type: {kind}");
        }
        body.push(format!("--{boundary}\r\n{head}\r\n\r\n{text}\r\n"));
    }
    body.push(format!("--{boundary}--\r\n"));
    Ok(body.concat().into_bytes())
}
