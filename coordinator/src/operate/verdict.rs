//! Verdicts of people on pairs: two films, or two cinemas.

use fleet_web::operations::{Actor, OperationError, PairVerdict};
use schema::{venue, work};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::report::{Report, invalid, record};

/// What the two of a pair are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PairKind {
    /// Films, which may be one work.
    Films,
    /// Cinemas, which may be one venue.
    Cinemas,
}

impl PairKind {
    /// One of a pair, and what a pair may be.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Films => ("film", "work"),
            Self::Cinemas => ("cinema", "venue"),
        }
    }

    /// The name of an action in the audit, as that of its command.
    const fn action(self, verdict: PairVerdict) -> &'static str {
        match (self, verdict) {
            (Self::Films, PairVerdict::Same) => "film.same",
            (Self::Films, PairVerdict::Different) => "film.different",
            (Self::Films, PairVerdict::Undecided) => "film.undecided",
            (Self::Cinemas, PairVerdict::Same) => "venue.same",
            (Self::Cinemas, PairVerdict::Different) => "venue.different",
            (Self::Cinemas, PairVerdict::Undecided) => "venue.undecided",
        }
    }

    async fn store(
        self,
        db: &mut PgConnection,
        pair: (i32, i32),
        is_same: bool,
        who: &str,
        reason: &str,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Films => work::store_verdict(db, pair, is_same, who, reason).await,
            Self::Cinemas => venue::store_verdict(db, pair, is_same, who, reason).await,
        }
    }

    async fn remove(self, db: &mut PgConnection, pair: (i32, i32)) -> Result<bool, sqlx::Error> {
        match self {
            Self::Films => work::remove_verdict(db, pair).await,
            Self::Cinemas => venue::remove_verdict(db, pair).await,
        }
    }
}

/// A film or a cinema as people name it.
pub(super) struct Named {
    pub(super) id: i32,
    /// `SOURCE/KEY`.
    pub(super) key: String,
    /// Title or name.
    pub(super) name: String,
}

/// Stores or removes a verdict on two.
///
/// # Errors
///
/// If both are the same row, no reason was given, there is no verdict to remove, or the database
/// fails.
pub(super) async fn decide(
    db: &PgPool,
    actor: &Actor,
    kind: PairKind,
    (a, b): (Named, Named),
    verdict: PairVerdict,
) -> Result<Report, OperationError> {
    let (word, group) = kind.words();
    if a.id == b.id {
        let problem = format!("{} is one {word} of one source: name two", a.key);
        return Err(invalid(problem));
    }
    let pair = (a.id, b.id);
    let mut transaction = db.begin().await?;
    if verdict == PairVerdict::Undecided {
        if !kind.remove(&mut transaction, pair).await? {
            let problem = format!("there is no verdict on {} and {}", a.key, b.key);
            return Err(OperationError::NotFound(problem));
        }
    } else {
        let reason = actor.reason.as_deref().map(str::trim);
        let reason = reason.filter(|reason| !reason.is_empty()).ok_or_else(|| {
            invalid("a verdict outranks the rules for good: say why with --reason")
        })?;
        let is_same = verdict == PairVerdict::Same;
        kind.store(&mut transaction, pair, is_same, &actor.who, reason)
            .await?;
    }
    let action = kind.action(verdict);
    let of = action.split('.').next().unwrap_or(word);
    let subject = format!("{of}/{}/{}", pair.0.min(pair.1), pair.0.max(pair.1));
    let details = json!({ "a": a.key, "b": b.key, "names": [a.name, b.name] });
    let audit_id = record(&mut transaction, actor, action, &subject, details).await?;
    transaction.commit().await?;
    let what = match verdict {
        PairVerdict::Same => format!("are one {group}"),
        PairVerdict::Different => format!("are two {group}s"),
        PairVerdict::Undecided => "are left to the rules again".to_owned(),
    };
    let sentence = format!(
        "{} \"{}\" and {} \"{}\" {what}; the leader regroups them within seconds",
        a.key, a.name, b.key, b.name
    );
    Ok(Report::of(sentence, audit_id))
}
