//! Questions to the database of a fleet, and waits for their answers.

use std::time::Duration;

use super::{Fleet, MAX_SHUTDOWN};
use crate::harness::{
    audit::{self, Audit},
    error::HarnessError,
    process::Process,
    wait::{PATIENCE, wait_until},
};

impl Fleet {
    /// The number of the coordinator that leads, if one does.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn leader(&self) -> Result<Option<usize>, HarnessError> {
        let name: Option<String> =
            sqlx::query_scalar("SELECT name FROM leader WHERE expires_at > now()")
                .fetch_optional(&self.db)
                .await?;
        Ok(name.and_then(|name| {
            let named = |process: &Process| process.name() == name;
            self.coordinators.iter().position(named)
        }))
    }

    /// Returns the address of the page and the API of the first coordinator, without a slash at its
    /// end, once it serves them; it does if `FULLHOUSE_WEB__LISTEN` says where.
    ///
    /// # Errors
    ///
    /// [`HarnessError::TooLate`] if it does not.
    pub async fn page_address(&self) -> Result<String, HarnessError> {
        wait_until("the address of the page", PATIENCE, async || {
            let coordinator = self.coordinators.first();
            Ok(coordinator.and_then(Process::page_address))
        })
        .await
    }

    /// Asks for a number, such as a count.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn number(&self, question: &'static str) -> Result<i64, HarnessError> {
        Ok(sqlx::query_scalar(question).fetch_one(&self.db).await?)
    }

    /// Waits until a number, such as a count, is `least` or more.
    ///
    /// # Errors
    ///
    /// [`HarnessError::TooLate`] after `bound`, which names `what` was waited for.
    pub async fn wait_for_number(
        &self,
        what: &str,
        question: &'static str,
        least: i64,
        bound: Duration,
    ) -> Result<(), HarnessError> {
        wait_until(what, bound, async || {
            Ok((self.number(question).await? >= least).then_some(()))
        })
        .await
    }

    /// Waits until `more` snapshots were stored from now on.
    ///
    /// # Errors
    ///
    /// [`HarnessError::TooLate`] after `bound`.
    pub async fn wait_for_snapshots(&self, more: i64, bound: Duration) -> Result<(), HarnessError> {
        const STORED: &str = "SELECT count(*) FROM snapshot";
        let first = wait_until("the database", bound, async || {
            self.number(STORED).await.map(Some)
        })
        .await?;
        let what = format!("{more} snapshots beyond {first}");
        wait_until(&what, bound, async || {
            Ok((self.number(STORED).await? >= first + more).then_some(()))
        })
        .await
    }

    /// Compares what was stored with what was served; stop the fleet before.
    /// The chains in `excused` may have refused requests.
    ///
    /// # Errors
    ///
    /// If the database or the chains do not answer.
    pub async fn audit(&self, excused: &[&str]) -> Result<Audit, HarnessError> {
        let chains = self.chains()?;
        wait_until("the database", MAX_SHUTDOWN, async || {
            self.number("SELECT 1::bigint").await.map(Some)
        })
        .await?;
        audit::audit(&self.db, chains, excused).await
    }
}
