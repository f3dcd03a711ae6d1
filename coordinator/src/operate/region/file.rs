//! The file that declares a region.

use chrono::NaiveDate;
use fleet_web::operations::OperationError;
use schema::events::region::declare::NewRegion;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    operate::report::invalid,
    regions::{
        codec::Compression,
        rules::{CONTEXT, EventRules},
    },
};

/// Letters of a name at most, as the database has it.
const MAX_NAME_LETTERS: usize = 40;

/// Which way events go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Direction {
    /// To the place.
    #[default]
    Send,
    /// From the place.
    Receive,
}

impl Direction {
    /// The word of the database.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
        }
    }
}

/// The file as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionFile {
    name: String,
    #[serde(default)]
    direction: Direction,
    place: String,
    clients: Vec<String>,
    #[serde(default)]
    compression: Compression,
    receivers: Option<Vec<String>>,
    #[serde(default)]
    context: Vec<String>,
    #[serde(default)]
    everything: bool,
    since: Option<toml::value::Datetime>,
    #[serde(default)]
    events: EventRules,
}

/// A region that a file declares.
#[derive(Debug, Clone)]
pub(super) struct DeclaredRegion {
    pub(super) shown: String,
    pub(super) name: String,
    pub(super) direction: Direction,
    pub(super) place: String,
    pub(super) clients: Vec<String>,
    pub(super) context: Vec<String>,
    pub(super) events: Value,
    pub(super) is_archive: bool,
    compression: Compression,
    receivers: Vec<String>,
    since: Option<NaiveDate>,
    body: String,
}

impl DeclaredRegion {
    /// Reads the text of a file; `shown` is its name in errors.
    ///
    /// # Errors
    ///
    /// If it is not TOML, or a field is missing, unknown or cannot be used.
    pub(super) fn parse(text: &str, shown: &str) -> Result<Self, OperationError> {
        if text.contains('\0') {
            return Err(invalid(format!("{shown} contains a zero byte")));
        }
        let file: RegionFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                1 + text[..span.start]
                    .bytes()
                    .filter(|byte| *byte == b'\n')
                    .count()
            });
            invalid(format!("{shown}:{line}: {}", error.message()))
        })?;
        let refuse = |sentence: String| invalid(format!("{shown}: {sentence}"));
        let since = first_day(&file).map_err(refuse)?;
        check(&file).map_err(refuse)?;
        Ok(Self {
            shown: shown.to_owned(),
            direction: file.direction,
            place: file.place,
            clients: file.clients,
            context: file.context,
            events: json!(file.events),
            is_archive: file.everything,
            compression: file.compression,
            receivers: file.receivers.unwrap_or_else(|| vec![file.name.clone()]),
            name: file.name,
            since,
            body: text.to_owned(),
        })
    }

    /// What the database is given, with a key for a region that is new.
    pub(super) fn wanted<'a>(&'a self, key: &'a [u8]) -> NewRegion<'a> {
        NewRegion {
            name: &self.name,
            direction: self.direction.word(),
            place: &self.place,
            compression: self.compression.word(),
            clients: &self.clients,
            receivers: &self.receivers,
            context: &self.context,
            events: &self.events,
            is_archive: self.is_archive,
            since: self.since,
            body: &self.body,
            key,
        }
    }
}

fn check(file: &RegionFile) -> Result<(), String> {
    for name in std::iter::once(&file.name).chain(file.receivers.iter().flatten()) {
        if !is_word(name) {
            return Err(format!(
                "a region cannot be called \"{name}\": at most {MAX_NAME_LETTERS} small letters, digits and hyphens, no hyphen first"
            ));
        }
    }
    if file.place.is_empty() {
        return Err("place is empty: a directory, or s3://bucket/prefix".to_owned());
    }
    if file.clients.is_empty() {
        return Err("clients is empty: list the clients whose events go this way".to_owned());
    }
    if let Some(unknown) = file
        .context
        .iter()
        .find(|name| !CONTEXT.contains(&name.as_str()))
    {
        return Err(format!(
            "context has \"{unknown}\"; it may have {}",
            CONTEXT.join(", ")
        ));
    }
    let has_rules = !file.events.is_empty() || !file.context.is_empty();
    match file.direction {
        Direction::Receive if has_rules || file.everything || file.since.is_some() => Err(
            "a region that receives takes what is sent: leave out events, context, everything and since"
                .to_owned(),
        ),
        Direction::Send if file.everything && has_rules => Err(
            "everything = true sends all events and fields: leave out events and context".to_owned(),
        ),
        Direction::Send if !file.everything && file.events.is_empty() => Err(
            "no event is listed, so nothing would be sent: add [events.\"NAME\"] with its fields"
                .to_owned(),
        ),
        Direction::Send | Direction::Receive => Ok(()),
    }
}

fn is_word(name: &str) -> bool {
    (1..=MAX_NAME_LETTERS).contains(&name.len())
        && !name.starts_with('-')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn first_day(file: &RegionFile) -> Result<Option<NaiveDate>, String> {
    let Some(written) = &file.since else {
        return Ok(None);
    };
    written
        .date
        .filter(|_| written.time.is_none())
        .and_then(|date| {
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        })
        .map(Some)
        .ok_or_else(|| format!("since is {written}, and not a day such as 2026-11-01"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FILE: &str = "name = \"paris\"\nplace = \"/srv/paris\"\nclients = [\"app\"]\n";
    const EVENTS: &str = "[events.\"film opened\"]\nfilm = \"free\"\nemail = \"pseudonym\"\n";

    fn refused(text: &str) -> String {
        DeclaredRegion::parse(text, "a.toml")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_file_says_what_leaves() {
        let declared = DeclaredRegion::parse(&format!("{FILE}{EVENTS}"), "a.toml").unwrap();
        assert_eq!(
            declared.events,
            json!({"film opened": {"film": "free", "email": "pseudonym"}})
        );
        assert_eq!(declared.receivers, ["paris"]);
        assert_eq!(declared.direction, Direction::Send);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_a_way_out() {
        for (text, part) in [
            (format!("{FILE}colour = 1\n{EVENTS}"), "a.toml:4: "),
            (FILE.to_owned(), "no event is listed"),
            (
                format!("{FILE}everything = true\n{EVENTS}"),
                "leave out events",
            ),
            (
                format!("{FILE}direction = \"receive\"\n{EVENTS}"),
                "leave out events",
            ),
            (
                format!("{FILE}context = [\"ip\"]\n{EVENTS}"),
                "context has \"ip\"",
            ),
            (
                format!("{FILE}since = \"2026-11-01\"\n{EVENTS}"),
                "a.toml:4: ",
            ),
            (
                format!("{FILE}{EVENTS}").replace("paris\"\np", "Par is\"\np"),
                "cannot be called",
            ),
            (
                format!("{FILE}{EVENTS}").replace("free", "open"),
                "a.toml:5: ",
            ),
            (
                format!("{FILE}{EVENTS}").replace("[\"app\"]", "[]"),
                "clients is empty",
            ),
        ] {
            let sentence = refused(&text);
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
