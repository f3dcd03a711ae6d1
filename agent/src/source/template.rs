//! Templates: texts with values in them, where an undefined value is an error.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, syntax::SyntaxConfig};

/// A text whose values are filled in at request time.
pub(super) struct Template {
    environment: Environment<'static>,
    /// Names of the secrets that it shows.
    pub(super) secrets: Vec<String>,
}

/// What the values of a template are written for.
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
        if target == Target::Url {
            environment.set_formatter(|out, _, value| write_encoded(out, value));
        }
        environment
            .add_template_owned(NAME, text.to_owned())
            .map_err(|error| error.to_string())?;
        let secrets = environment
            .get_template(NAME)
            .map_err(|error| error.to_string())?
            .undeclared_variables(true)
            .iter()
            .filter_map(|variable| variable.strip_prefix("secret.").map(str::to_owned))
            .collect();
        Ok(Self {
            environment,
            secrets,
        })
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

/// Returns the words of the definition as values that stand in an address as they are.
pub(super) fn vars(words: &BTreeMap<String, String>) -> Value {
    let safe = |text: &String| Value::from_safe_string(text.clone());
    Value::from_pairs(words.iter().map(|(name, text)| (name.as_str(), safe(text))))
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
