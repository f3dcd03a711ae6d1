//! Whose a token is: asked of the database once in some seconds for each token.
//!
//! So a request costs no further query, and a token that was revoked is refused within
//! [`FRESH_FOR`]. While the database does not answer, a token that was valid stays so for
//! [`VALID_IN_OUTAGE_FOR`]: the page shows its last numbers when they are needed most.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use schema::{
    secret::Secret,
    token::{self, ValidToken},
};
use sqlx::PgPool;

use super::{
    rate::Rates,
    viewer::{Scope, Viewer},
};
use crate::problem::WebError;

/// How long an answer of the database is used: the longest time until a revocation is effective.
pub const FRESH_FOR: Duration = Duration::from_secs(5);
/// How long a valid token is believed in while the database does not answer.
pub const VALID_IN_OUTAGE_FOR: Duration = Duration::from_mins(10);
/// Tokens that are remembered; there are far fewer valid ones.
const MAX_REMEMBERED: usize = 10_000;

#[derive(Debug, Clone)]
struct Remembered {
    at: Instant,
    ends_at: Option<Instant>,
    token: Option<ValidToken>,
}

impl Remembered {
    fn viewer(&self) -> Option<Viewer> {
        let token = self.token.as_ref()?;
        if self.ends_at.is_some_and(|end| end <= Instant::now()) {
            return None;
        }
        Some(Viewer {
            who: token.name.clone(),
            scope: Scope::of(&token.scope)?,
            token_id: Some(token.token_id),
            is_by_cookie: false,
        })
    }
}

/// The tokens that were used lately.
#[derive(Debug, Default)]
pub struct Tokens {
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
}

impl Tokens {
    /// Returns whose token this is; `None` if it is unknown, revoked or expired.
    ///
    /// # Errors
    ///
    /// If the database does not answer and the token was not used lately, or too many unknown
    /// tokens are tried.
    pub async fn find(
        &self,
        db: &PgPool,
        rates: &Rates,
        secret: &Secret,
    ) -> Result<Option<Viewer>, WebError> {
        let hash = secret.hash();
        let remembered = self.recall(&hash);
        if let Some(known) = remembered
            .as_ref()
            .filter(|known| known.at.elapsed() < FRESH_FOR)
        {
            return Ok(known.viewer());
        }
        let was_valid = remembered
            .as_ref()
            .is_some_and(|known| known.token.is_some());
        if !was_valid {
            rates.count_unknown()?;
        }
        match token::find(db, &hash).await {
            Ok(found) => {
                if let Some(token) = found.as_ref().filter(|token| !token.is_noted) {
                    token::note_use(db, token.token_id).await?;
                }
                let now = Instant::now();
                let left = found.as_ref().and_then(|token| token.seconds_left);
                let known = Remembered {
                    at: now,
                    ends_at: left.and_then(|left| {
                        now.checked_add(Duration::try_from_secs_f64(left.max(0.0)).ok()?)
                    }),
                    token: found,
                };
                let viewer = known.viewer();
                self.remember(hash, known);
                Ok(viewer)
            }
            Err(error) => match remembered {
                Some(known)
                    if schema::connect::is_outage(&error)
                        && known.at.elapsed() < VALID_IN_OUTAGE_FOR
                        && known.token.is_some() =>
                {
                    Ok(known.viewer())
                }
                _ => Err(error.into()),
            },
        }
    }

    fn recall(&self, hash: &[u8; 32]) -> Option<Remembered> {
        let remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        remembered.get(hash).cloned()
    }

    fn remember(&self, hash: [u8; 32], known: Remembered) {
        let mut remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.retain(|_, known| known.token.is_some() && known.at.elapsed() < FRESH_FOR);
        }
        remembered.insert(hash, known);
    }
}
