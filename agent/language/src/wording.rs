//! Rewrites messages of the libraries that read definitions and bodies in our own words.
//!
//! A person who writes a definition knows TOML, JSON, CSS and regular expressions, and none
//! of our libraries. So a message names what was written, the place in it and what is wrong
//! with it, and never a type or function of a library.

use std::{error::Error, io};

use regex_syntax::ast::ErrorKind as Kind;

/// Letters of a text that are shown.
const MAX_SHOWN_CHARS: usize = 60;

/// Writes an error and its causes in one line, leaving out causes that only repeat.
#[must_use]
pub fn with_causes<'e>(error: &'e (dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let next = |cause: &&'e (dyn Error + 'static)| (*cause).source();
    for cause in std::iter::successors(error.source(), next) {
        let cause = cause.to_string();
        if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// Shortens a text that is shown.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut start: String = text.chars().take(MAX_SHOWN_CHARS).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// Says what is wrong with a regular expression that was refused.
#[must_use]
pub fn regex(text: &str) -> String {
    let broken = format!("the regular expression `{}` is broken", shown(text));
    let error = match regex_syntax::parse(text) {
        Ok(_) => return format!("{broken}: it is too large"),
        Err(regex_syntax::Error::Parse(error)) => error,
        Err(_) => return format!("{broken}: it names a class of letters that does not exist"),
    };
    let offset = error.span().start.offset;
    let at = text
        .get(..offset)
        .map_or(0, |before| before.chars().count())
        + 1;
    let why = match error.kind() {
        Kind::GroupUnclosed => "a `(` is not closed",
        Kind::GroupUnopened => "a `)` closes nothing",
        Kind::ClassUnclosed => "a `[` is not closed",
        Kind::ClassRangeInvalid => "a range in `[ ]` ends before it begins",
        Kind::RepetitionMissing => "`*`, `+`, `?` or `{ }` repeats nothing",
        Kind::RepetitionCountUnclosed => "a `{` is not closed",
        Kind::RepetitionCountInvalid | Kind::RepetitionCountDecimalEmpty => {
            "the numbers in `{ }` make no count"
        }
        Kind::EscapeUnexpectedEof => "`\\` stands at its end",
        Kind::EscapeUnrecognized => "this `\\` and its letter mean nothing",
        Kind::UnsupportedBackreference => "it cannot refer back to a group",
        Kind::UnsupportedLookAround => "it cannot look ahead or behind: `(?=`, `(?!`, `(?<`",
        Kind::GroupNameInvalid | Kind::GroupNameEmpty | Kind::GroupNameUnexpectedEof => {
            "the name of a group is none"
        }
        Kind::GroupNameDuplicate { .. } => "two groups have one name",
        _ => "it is not understood from here",
    };
    format!("{broken} at character {at}: {why}")
}

/// Says what is wrong with a CSS selector that was refused.
#[must_use]
pub fn selector(css: &str) -> String {
    let text = css.trim();
    let count = |c: char| text.matches(c).count();
    let last = text.chars().next_back();
    let why = if text.is_empty() {
        "it is empty".to_owned()
    } else if let Some(sign) = last.filter(|c| ",>+~".contains(*c)) {
        format!("another selector belongs behind `{sign}`")
    } else if text.starts_with([',', '>', '+', '~']) {
        "a selector belongs before its first sign".to_owned()
    } else if count('[') != count(']') {
        "a `[` or `]` has no partner".to_owned()
    } else if count('(') != count(')') {
        "a `(` or `)` has no partner".to_owned()
    } else if text.matches('"').count() % 2 == 1 {
        "a quote is not closed".to_owned()
    } else if text.contains("::") {
        "`::` is for styles; say what to take by `text`, `attr` or `@attribute`".to_owned()
    } else if let Some(name) = pseudo_class(text) {
        format!("`:{name}` is not known here, or has not what it needs in ( )")
    } else if text.contains('@') {
        "`@` is not CSS; an attribute is taken by `attr` or, in short, `@name`".to_owned()
    } else {
        "it is not understood; names of classes and ids begin with a letter".to_owned()
    };
    format!("`{}` is not a CSS selector: {why}", shown(css))
}

fn pseudo_class(text: &str) -> Option<&str> {
    let (_, after) = text.split_once(':')?;
    let end = after.find(|c: char| !(c.is_alphanumeric() || c == '-'));
    after.get(..end.unwrap_or(after.len()))
}

/// Says what is wrong with a file, in a clause that follows its name.
#[must_use]
pub fn io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not use it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is no directory".to_owned(),
        io::ErrorKind::AlreadyExists => "it exists already".to_owned(),
        io::ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        io::ErrorKind::StorageFull => "there is no space left for it".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "its file system can only be read".to_owned(),
        kind => format!("it cannot be used ({kind})"),
    }
}

/// Says in our words what the reader of TOML says.
#[must_use]
pub fn toml(message: &str) -> String {
    let message = message.replace('\n', ", ");
    if let Some((found, wanted)) = message
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        return format!(
            "here stands {}, where {} belongs",
            kind(found),
            kind(wanted)
        );
    }
    if message.contains("did not match any variant") {
        return "the value is of a kind that this word does not take".to_owned();
    }
    if message.starts_with("invalid ") || message.contains(", expected") {
        let known = [
            "unknown field",
            "unknown variant",
            "invalid value",
            "invalid length",
        ];
        if !known.iter().any(|start| message.starts_with(start)) {
            return "this is not TOML: a name, `=` and a value belong on a line, and texts into \
                    quotes"
                .to_owned();
        }
    }
    message
}

/// Says what kind of value a message of serde means.
fn kind(said: &str) -> String {
    for (word, ours) in [
        ("string", "a text"),
        ("integer", "a number"),
        ("floating point", "a number"),
        ("boolean", "true or false"),
        ("map", "a table"),
        ("sequence", "a list"),
        ("a string", "a text"),
        ("a sequence", "a list"),
        ("a map", "a table"),
        ("a boolean", "true or false"),
        ("struct", "a table"),
    ] {
        if let Some(rest) = said.strip_prefix(word) {
            let value = rest.trim();
            return match value.strip_prefix('`').and_then(|v| v.strip_suffix('`')) {
                Some(value) => format!("`{value}`, {ours}"),
                None if value.starts_with('"') => format!("{value}, {ours}"),
                None => ours.to_owned(),
            };
        }
    }
    let is_number = [
        "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f64", "usize",
    ];
    if is_number.contains(&said) {
        return "a number".to_owned();
    }
    said.to_owned()
}

/// Says what is wrong with a template that was refused.
#[must_use]
pub fn template(text: &str, error: &minijinja::Error) -> String {
    let broken = format!("the template `{}` is broken", shown(text));
    let why = match error.kind() {
        _ if text.matches("{{").count() != text.matches("}}").count() => {
            "`{{` or `}}` has no partner".to_owned()
        }
        _ if text.matches("{%").count() != text.matches("%}").count() => {
            "`{%` or `%}` has no partner".to_owned()
        }
        minijinja::ErrorKind::UnknownFilter => {
            "a filter behind `|` does not exist; there are strftime, plus_days, default, lower, \
             upper, trim, replace, urlencode"
                .to_owned()
        }
        _ => "what stands between the braces is no value and no filter".to_owned(),
    };
    format!("{broken}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regular_expression_is_told_with_the_place() {
        for (text, why) in [
            ("a(b", "at character 2: a `(` is not closed"),
            ("ab)", "at character 3: a `)` closes nothing"),
            ("ü[a", "at character 2: a `[` is not closed"),
            ("*", "at character 1: `*`"),
            ("(?=x)", "cannot look ahead"),
            (r"(a)\1", "cannot refer back"),
            (r"\p{Nothing}", "class of letters"),
        ] {
            let problem = regex(text);
            assert!(problem.contains(why), "{problem}");
            assert!(!problem.contains('\n'), "{problem}");
        }
    }

    #[test]
    fn a_selector_is_told_in_words_of_css() {
        for (css, why) in [
            ("", "it is empty"),
            ("div,", "behind `,`"),
            ("> a", "before its first sign"),
            ("a[b", "has no partner"),
            ("a::text", "`::` is for styles"),
            ("a:contains(x)", "`:contains` is not known"),
            (".1", "begin with a letter"),
        ] {
            assert!(selector(css).contains(why), "{}", selector(css));
        }
    }

    #[test]
    fn what_serde_says_is_told_in_words_of_a_definition() {
        for (said, ours) in [
            (
                "invalid type: integer `5`, expected a string",
                "here stands `5`, a number, where a text belongs",
            ),
            (
                "invalid type: string \"5\", expected u16",
                "here stands \"5\", a text, where a number belongs",
            ),
            (
                "invalid type: map, expected a sequence",
                "here stands a table, where a list belongs",
            ),
            (
                "unknown field `rowz`, expected one of `rows`",
                "unknown field `rowz`, expected one of `rows`",
            ),
        ] {
            assert_eq!(toml(said), ours);
        }
        assert!(toml("invalid basic string, expected `\"`").starts_with("this is not TOML"));
    }
}
