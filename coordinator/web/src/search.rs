//! One search over jobs, tasks, showtimes, cinemas, works, films, sources, addresses and errors.
//!
//! The kinds are asked one after the other, the cheap ones first, and all of them have
//! [`MAX_SECONDS`] together: what was not asked in time is named, so an empty result is not taken
//! for the whole answer.

use std::time::{Duration, Instant};

use schema::reading::{
    MAX_SECONDS, ReadError, Reader, job,
    search::{Hit, MAX_HITS, by_address, by_error, by_key, by_name, by_number, limit_time},
};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

/// Letters of a text that is searched for, at most.
pub const MAX_LETTERS: usize = 200;
/// Letters of a text that is looked for within messages and addresses, at least.
const MIN_LETTERS: usize = 3;

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Found {
    /// What has this number.
    pub numbers: Vec<Hit>,
    /// Sources, pods, works, cinemas and films of this name.
    pub names: Vec<Hit>,
    /// Tasks and showtimes whose key begins so.
    pub keys: Vec<Hit>,
    /// Failures of the last day with this text in their message.
    pub errors: Vec<Hit>,
    /// Jobs with this text in their request, if it has a sign of an address (`/?=&`): failures of the
    /// last day, and jobs of the last hour.
    pub addresses: Vec<Hit>,
    /// What was not searched, because the time was up.
    pub left_out: Vec<String>,
}

impl Found {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [
            &self.numbers,
            &self.names,
            &self.keys,
            &self.errors,
            &self.addresses,
        ]
        .iter()
        .all(|hits| hits.is_empty())
    }
}

/// Searches for a text.
///
/// # Errors
///
/// If the database does not answer; not if a kind takes too long.
pub async fn search(db: &PgPool, text: &str) -> Result<Found, ReadError> {
    let until = Instant::now() + Duration::from_secs(u64::from(MAX_SECONDS));
    let text: String = text.trim().chars().take(MAX_LETTERS).collect();
    let mut found = Found::default();
    if text.is_empty() || text.contains('\0') {
        return Ok(found);
    }
    let is_long = text.chars().count() >= MIN_LETTERS;
    let mut db = Reader::begin(db).await?;
    for kind in Kind::ALL {
        let is_wanted = match kind {
            Kind::Numbers | Kind::Keys | Kind::Names => true,
            Kind::Errors => is_long,
            // A plain word is in too many addresses to be looked for there.
            Kind::Addresses => is_long && text.contains(['/', '?', '=', '&']),
        };
        if !is_wanted {
            continue;
        }
        let left = until.saturating_duration_since(Instant::now());
        let hits = match left {
            Duration::ZERO => Err(ReadError::TooSlow),
            left => {
                limit_time(&mut db, left).await?;
                kind.find(&mut db, &text).await
            }
        };
        match hits {
            Ok(hits) => *kind.of(&mut found) = hits,
            // The transaction is over: nothing more can be asked in it.
            Err(ReadError::TooSlow) => {
                found.left_out = Kind::ALL
                    .into_iter()
                    .skip_while(|other| *other != kind)
                    .map(|other| other.name().to_owned())
                    .collect();
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// A kind of search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Numbers,
    Keys,
    Names,
    Errors,
    Addresses,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Numbers,
        Self::Keys,
        Self::Names,
        Self::Errors,
        Self::Addresses,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Keys => "keys of tasks and showtimes",
            Self::Names => "names",
            Self::Errors => "messages of failures",
            Self::Addresses => "addresses of requests",
        }
    }

    fn of(self, found: &mut Found) -> &mut Vec<Hit> {
        match self {
            Self::Numbers => &mut found.numbers,
            Self::Keys => &mut found.keys,
            Self::Names => &mut found.names,
            Self::Errors => &mut found.errors,
            Self::Addresses => &mut found.addresses,
        }
    }

    async fn find(self, db: &mut Reader, text: &str) -> Result<Vec<Hit>, ReadError> {
        match self {
            Self::Numbers => numbers(db, text).await,
            Self::Keys => {
                let mut hits = by_key(db, text).await?;
                // The task that is named in full may also begin so.
                let mut seen = std::collections::BTreeSet::new();
                hits.retain(|hit| seen.insert((hit.kind.clone(), hit.id)));
                Ok(hits)
            }
            Self::Names => by_name(db, text).await,
            Self::Errors => by_error(db, text).await,
            Self::Addresses => by_address(db, text).await,
        }
    }
}

async fn numbers(db: &mut Reader, text: &str) -> Result<Vec<Hit>, ReadError> {
    let digits = text.strip_prefix("job ").unwrap_or(text);
    let Ok(number) = digits.trim().parse::<i64>() else {
        return Ok(Vec::new());
    };
    let mut hits = by_number(db, number).await?;
    if !hits.iter().any(|hit| hit.kind == "job")
        && let Some(ahead) = job::ahead(db, number).await?
    {
        let state = if ahead.claimed_at.is_some() {
            "running"
        } else {
            "queued"
        };
        hits.insert(
            0,
            Hit {
                kind: "job".to_owned(),
                id: number,
                name: format!("job {number}"),
                detail: format!("{} {}, {state}", ahead.source, ahead.step),
                at: Some(ahead.enqueued_at),
            },
        );
    }
    hits.truncate(usize::try_from(MAX_HITS).unwrap_or(usize::MAX));
    Ok(hits)
}
