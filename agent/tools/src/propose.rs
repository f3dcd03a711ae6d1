//! `agent source new`: a definition to go on from.
//!
//! Takes a body, finds the rows in it, and writes a definition that `check` accepts. What
//! is seen is written down; what it means is left to a person and marked with TODO. A
//! status code above all: nothing is guessed.

use std::{
    fs,
    io::{BufRead, Read as _, Write},
    path::Path,
};

use reqwest::Url;
use source_language::source::Source;

use super::{
    ToolError,
    live::{Live, LiveOptions},
};

mod json;
mod page;
mod place;

mod column;
mod label;
mod field;
mod judge;
mod seats;
mod showtimes;
mod cinemas;
mod written;
mod draft;

use column::{Found, Kind};

/// A body, and where it came from.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// The address, if it was asked for.
    pub url: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Reads a saved body; `-` is the standard input.
///
/// # Errors
///
/// If there is no such file.
pub fn read(path: &Path) -> Result<Body, ToolError> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        fs::read(path).map(|read| bytes = read)
    };
    read.map_err(|error| {
        ToolError::file(
            path,
            &error,
            "name a file with a body, or - for the standard input",
        )
    })?;
    Ok(Body { url: None, bytes })
}

/// Asks for a page as any definition would: once, named, and by the rules of the host.
///
/// # Errors
///
/// If the address is none, or gives no answer.
pub async fn ask(url: &str, options: &LiveOptions) -> Result<Body, ToolError> {
    let unusable = |problem: String| {
        ToolError::Other(format!("{url}: {problem}; save the body and use --body"))
    };
    let parsed = Url::parse(url).map_err(|_| {
        unusable("this is not an address; write one such as https://kino.example/shows".to_owned())
    })?;
    let text = draft::probe(&parsed).map_err(unusable)?;
    let definition = source_language::definition::Definition::parse(&text, "new")?;
    let source = Source::compile(definition)?;
    let mut live = Live::new(source.into(), options)?;
    // The answer is wanted, whatever the rows are.
    let talked = live
        .hold("page", "", serde_json::Map::new(), &mut |_| {})
        .await;
    let exchanges = talked.recording.exchanges.into_iter().rev();
    let mut answers = exchanges.filter(|exchange| {
        exchange.answer.status == 200 && !exchange.request.url.ends_with("/robots.txt")
    });
    match (answers.next(), talked.rows) {
        (Some(exchange), _) => Ok(Body {
            url: Some(url.to_owned()),
            bytes: exchange.answer.body,
        }),
        (None, Err(problem)) => Err(unusable(problem.message)),
        (None, Ok(_)) => Err(unusable("there was no answer".to_owned())),
    }
}

/// Returns the text of a definition for `body`.
///
/// # Errors
///
/// If nothing in it looks like rows.
pub fn propose(name: &str, body: &Body) -> Result<String, ToolError> {
    let found = find(&body.bytes).ok_or_else(|| {
        let reason = "nothing in this body looks like a list of seats, showtimes or cinemas, by \
                    the names and the values of all its rows, and a guess would be worse than \
                    nothing";
        ToolError::Other(format!("{reason}{}", lists(&body.bytes)))
    })?;
    Ok(draft::definition(name, body.url.as_deref(), &found))
}

/// Names the lists of a body that is not understood, for a person to choose.
fn lists(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let Ok(value) = serde_json::from_str(text.trim_start_matches('\u{feff}').trim()) else {
        return "; if a script fetches them, give the body of that request".to_owned();
    };
    let lists = json::longest(&value);
    if lists.is_empty() {
        return "; it has no list of objects".to_owned();
    }
    format!("; its lists are {}", lists.join(", "))
}

/// Finds the rows that look most like something.
fn find(bytes: &[u8]) -> Option<Found> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    let found = match serde_json::from_str(text) {
        Ok(value) => json::candidates(&value, &[]),
        Err(_) => page::candidates(text),
    };
    found.into_iter().max_by(|a, b| a.score.total_cmp(&b.score))
}

/// Asks a person what there is to know, and proposes a definition without a body.
///
/// # Errors
///
/// If the answers end before the questions.
pub fn interview(
    name: &str,
    answers: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<(), ToolError> {
    let mut ask = |question: &str, otherwise: &str| -> Result<String, ToolError> {
        // Questions go where they are seen even if the definition goes into a file.
        let _ = write!(std::io::stderr(), "{question} [{otherwise}] ");
        let mut line = String::new();
        if answers.read_line(&mut line)? == 0 {
            let reason = "the questions were not answered; use --body FILE or --url URL instead";
            return Err(ToolError::Other(reason.to_owned()));
        }
        let line = line.trim();
        Ok(if line.is_empty() {
            otherwise.to_owned()
        } else {
            line.to_owned()
        })
    };
    let name = ask("Name of the source (small letters, digits, hyphens)?", name)?;
    let url = ask(
        "Address of its list of cinemas?",
        "https://TODO.example/cinemas",
    )?;
    let territory = ask("Two letters of its country?", "DE")?;
    let timezone = ask("Its time zone?", "Europe/Berlin")?;
    let currency = ask("Its currency?", "EUR")?;
    let found = Found::empty(Kind::Cinemas);
    let text = draft::definition(&name, Some(&url), &found);
    let text = draft::with_place(&text, &territory, &timezone, &currency);
    Ok(write!(out, "{text}")?)
}

#[cfg(test)]
mod tests;
