//! The context of an event: where and with what it was sent.
//!
//! No context rejects an event, except one that is not an object: what does not fit a typed field
//! stays in [`Context::rest`] as it was sent. The rest may hold personal data, such as `ip`.

use serde_json::{Map, Value};

use crate::limits::MAX_CONTEXT_CHARS;

/// Where and with what an event was sent. All texts have at most [`MAX_CONTEXT_CHARS`] characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// ISO 3166-1 code of the country, two letters in upper case; from `country` or
    /// `location.country`.
    pub country: Option<String>,
    /// The region within the country, as sent; from `region` or `location.region`.
    pub region: Option<String>,
    /// Language and country of the user, as sent, such as `de-AT`.
    pub locale: Option<String>,
    /// The user agent of the device, from `userAgent` or `user_agent`.
    pub user_agent: Option<String>,
    /// Name of the library that sent the event, from `library.name`.
    pub library_name: Option<String>,
    /// Version of the library that sent the event, from `library.version`.
    pub library_version: Option<String>,
    /// Version of the app, from `app_version` or `app.version`.
    pub app_version: Option<String>,
    /// Everything that is not in a field above.
    pub rest: Map<String, Value>,
}

impl Context {
    /// Reads a context.
    #[must_use]
    pub fn new(mut fields: Map<String, Value>) -> Self {
        let mut context = Self {
            country: take(&mut fields, &["country"], is_country)
                .or_else(|| peek(&fields, "location", "country", is_country))
                .map(|country| country.to_ascii_uppercase()),
            region: take(&mut fields, &["region"], is_short)
                .or_else(|| peek(&fields, "location", "region", is_short)),
            locale: take(&mut fields, &["locale"], is_short),
            user_agent: take(&mut fields, &["userAgent", "user_agent"], is_short),
            library_name: peek(&fields, "library", "name", is_short),
            library_version: peek(&fields, "library", "version", is_short),
            app_version: take(&mut fields, &["app_version", "appVersion"], is_short)
                .or_else(|| peek(&fields, "app", "version", is_short)),
            rest: Map::new(),
        };
        if fields.get("library") == context.library().as_ref() {
            fields.remove("library");
        }
        context.rest = fields;
        context
    }

    /// Returns the context as JSON, from which [`Context::new`] reads an equal one.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let texts = [
            ("country", &self.country),
            ("region", &self.region),
            ("locale", &self.locale),
            ("user_agent", &self.user_agent),
            ("app_version", &self.app_version),
        ];
        let mut fields: Map<String, Value> = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), Value::String(text.clone()?))))
            .collect();
        if let Some(library) = self.library() {
            fields.insert("library".to_owned(), library);
        }
        for (name, value) in &self.rest {
            fields.entry(name).or_insert_with(|| value.clone());
        }
        if let Some(library) = self.rest.get("library") {
            fields.insert("library".to_owned(), library.clone());
        }
        fields
    }

    /// Returns the library as an object of what is known of it.
    fn library(&self) -> Option<Value> {
        let texts = [
            ("name", &self.library_name),
            ("version", &self.library_version),
        ];
        let library: Map<String, Value> = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), Value::String(text.clone()?))))
            .collect();
        (!library.is_empty()).then_some(Value::Object(library))
    }
}

/// Takes the first of `names` that is a text and fits.
fn take(fields: &mut Map<String, Value>, names: &[&str], fits: fn(&str) -> bool) -> Option<String> {
    let name = names
        .iter()
        .find(|name| fields.get(**name).and_then(Value::as_str).is_some_and(fits))?;
    match fields.remove(*name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Returns the member `name` of the object `group` if it is a text and fits.
fn peek(
    fields: &Map<String, Value>,
    group: &str,
    name: &str,
    fits: fn(&str) -> bool,
) -> Option<String> {
    let text = fields.get(group)?.get(name)?.as_str()?;
    fits(text).then(|| text.to_owned())
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_short(text: &str) -> bool {
    !text.is_empty() && text.chars().nth(MAX_CONTEXT_CHARS).is_none()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn context(value: &Value) -> Context {
        Context::new(value.as_object().cloned().unwrap())
    }

    #[test]
    fn the_context_of_segments_libraries_is_read() {
        let context = context(&json!({
            "library": {"name": "analytics-python", "version": "2.3.4"},
            "userAgent": "Mozilla/5.0",
            "locale": "de-AT",
            "app": {"name": "Tickets", "version": "5.1"},
            "location": {"country": "at", "region": "Wien"},
        }));

        assert_eq!(context.library_name.as_deref(), Some("analytics-python"));
        assert_eq!(context.library_version.as_deref(), Some("2.3.4"));
        assert_eq!(context.user_agent.as_deref(), Some("Mozilla/5.0"));
        assert_eq!(context.app_version.as_deref(), Some("5.1"));
        assert_eq!(context.country.as_deref(), Some("AT"));
        assert_eq!(context.region.as_deref(), Some("Wien"));
        let rest: Vec<_> = context.rest.keys().map(String::as_str).collect();
        assert_eq!(rest, ["app", "location"]);
    }

    #[test]
    fn what_does_not_fit_stays_in_the_rest() {
        let context = context(&json!({
            "country": "Austria",
            "locale": 5,
            "user_agent": "x".repeat(MAX_CONTEXT_CHARS + 1),
            "library": {"name": "web", "extra": 1},
        }));

        assert_eq!(
            (context.country, context.locale, context.user_agent),
            (None, None, None)
        );
        assert_eq!(context.library_name.as_deref(), Some("web"));
        assert_eq!(context.rest.len(), 4);
    }

    #[test]
    fn a_context_is_read_again_from_its_json() {
        for value in [
            json!({"country": "de", "library": {"name": "a", "version": "1"}, "x": [1]}),
            json!({"country": "Germany", "location": {"country": "DE"}}),
            json!({"library": {"name": "a", "extra": 1}, "userAgent": "u", "user_agent": "v"}),
            json!({"library": "a", "app": {"version": "2"}}),
        ] {
            let once = context(&value);
            let again = Context::new(once.to_map());
            assert_eq!(
                (&again.country, &again.user_agent),
                (&once.country, &once.user_agent)
            );
            assert_eq!(again.library_name, once.library_name);
            assert_eq!(again.to_map(), once.to_map());
        }
    }
}
