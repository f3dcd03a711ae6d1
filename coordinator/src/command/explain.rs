//! `coordinator explain`: why a task runs when it does.

use sqlx::PgPool;

use crate::{explain::explain, policy::Policy};

/// Prints why the task runs when it does.
///
/// # Errors
///
/// If there is no such task, or the database cannot be asked.
pub async fn print(db: &PgPool, task: &str, policy: Policy) -> anyhow::Result<()> {
    print!("{}", explain(db, task, policy).await?);
    Ok(())
}
