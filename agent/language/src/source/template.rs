//! Templates: texts with values in them, where an undefined value is an error.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use jiff::{Span, Timestamp, civil::Date, fmt::strtime, tz::TimeZone};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, syntax::SyntaxConfig};

/// A text whose values are filled in at request time.
pub(super) struct Template {
    environment: Environment<'static>,
    /// Names of the secrets that it shows.
    pub(super) secrets: Vec<String>,
    /// Names of the objects whose values it shows: `cinema`, `token`, `secret`.
    objects: Vec<String>,
    /// Paths of these values: `cinema.key`, `token.value`.
    pub(super) values: Vec<String>,
}

/// The place for which the values of a template are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// An address: values are percent-encoded, those of `vars` are not.
    Url,
    /// Anything else: values are written as they are.
    Text,
    /// JSON: the template is one expression, written as JSON.
    Json,
}

const NAME: &str = "template";

impl Template {
    /// Compiles `text`.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(super) fn compile(text: &str, target: Target) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // A newline at the end belongs to a body.
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.map_err(|error| error.to_string())?);
        environment.add_filter("strftime", strftime);
        environment.add_filter("plus_days", plus_days);
        if target == Target::Url {
            environment.set_formatter(|out, _, value| write_encoded(out, value));
        }
        environment
            .add_template_owned(NAME, text.to_owned())
            .map_err(|error| crate::wording::template(text, &error))?;
        let variables = environment
            .get_template(NAME)
            .map_err(|error| crate::wording::template(text, &error))?
            .undeclared_variables(true);
        let secrets = variables
            .iter()
            .filter_map(|variable| variable.strip_prefix("secret.").map(str::to_owned))
            .collect();
        let object = |variable: &String| {
            let end = variable.find('.').unwrap_or(variable.len());
            variable[..end].to_owned()
        };
        Ok(Self {
            objects: variables.iter().map(object).collect(),
            values: variables.into_iter().collect(),
            environment,
            secrets,
        })
    }

    /// Returns whether it shows a secret, or a value of the `hidden` objects.
    pub(super) fn shows(&self, hidden: &[&str]) -> bool {
        let is_hidden = |object: &String| hidden.contains(&object.as_str());
        !self.secrets.is_empty() || self.objects.iter().any(is_hidden)
    }

    /// Fills in the values of `context`.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence that shows no value.
    pub(super) fn render(&self, context: &Value) -> Result<String, String> {
        let template = self
            .environment
            .get_template(NAME)
            .map_err(|error| error.to_string())?;
        // Only the kind and the detail: the debug output of an error shows the context.
        template.render(context.clone()).map_err(|error| {
            error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned)
        })
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let template = self.environment.get_template(NAME);
        f.debug_tuple("Template")
            .field(&template.as_ref().map(minijinja::Template::source))
            .finish()
    }
}

/// Returns the words of the definition as values that need no escaping in an address.
pub(super) fn vars(words: &BTreeMap<String, String>) -> Value {
    let safe = |text: &String| Value::from_safe_string(text.clone());
    Value::from_pairs(words.iter().map(|(name, text)| (name.as_str(), safe(text))))
}

/// The filter `strftime`: writes a date such as `day.date`, or an instant such as
/// `showtime.starts_at` by the clock of `zone`.
fn strftime(text: &str, format: &str, zone: Option<&str>) -> Result<String, minijinja::Error> {
    let fail =
        |problem: String| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, problem);
    let unwritable = |_| fail("strftime cannot write this format".to_owned());
    match (text.parse::<Timestamp>(), zone) {
        (Ok(at), Some(zone)) => {
            let zone = TimeZone::get(zone).map_err(|_| fail("this is no time zone".to_owned()))?;
            strtime::format(format, &at.to_zoned(zone)).map_err(unwritable)
        }
        (Ok(_), None) => Err(fail(
            "an instant needs a zone: strftime('%d/%m/%Y', cinema.timezone)".to_owned(),
        )),
        (Err(_), _) => {
            let date: Date = text
                .parse()
                .map_err(|_| fail("strftime needs a date such as 2026-11-21".to_owned()))?;
            strtime::format(format, date).map_err(unwritable)
        }
    }
}

/// The filter `plus_days`: the date `days` days after another date, such as `run.date`.
fn plus_days(date: &str, days: i32) -> Result<String, minijinja::Error> {
    let moved = date
        .parse::<Date>()
        .and_then(|date| date.checked_add(Span::new().try_days(days)?));
    moved.map(|date| date.to_string()).map_err(|_| {
        let problem = "plus_days needs a date such as 2026-11-21 and a number of days";
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, problem)
    })
}

fn write_encoded(out: &mut minijinja::Output<'_>, value: &Value) -> Result<(), minijinja::Error> {
    if value.is_undefined() {
        return Err(minijinja::ErrorKind::UndefinedError.into());
    }
    if value.is_safe() {
        return out
            .write_str(&value.to_string())
            .map_err(minijinja::Error::from);
    }
    for byte in value.to_string().bytes() {
        let written = if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.write_char(char::from(byte))
        } else {
            write!(out, "%{byte:02X}")
        };
        written.map_err(minijinja::Error::from)?;
    }
    Ok(())
}
