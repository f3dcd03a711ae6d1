//! The roles with which the processes of a fleet log in, each with the password of the owner.

use sqlx::{AssertSqlSafe, PgPool};

use super::error::HarnessError;

/// The user that owns the server, as its address begins.
const OWNER: &str = "://postgres";

/// The roles of processes.
pub(super) const ROLES: [&str; 3] = ["coordinator", "agent", "receiver"];

/// Makes the roles of the fleet, and lets them log in with the password that `url` has, if any.
pub(super) async fn make(db: &PgPool, url: &str) -> Result<(), HarnessError> {
    schema::access::fleet::prepare(db, None).await?;
    for role in ROLES {
        let_in(db, url, role).await?;
    }
    Ok(())
}

/// Lets a role log in with the password that `url` has, if any and unless it has one.
pub(super) async fn let_in(db: &PgPool, url: &str, role: &str) -> Result<(), HarnessError> {
    let Some(password) = password(url) else {
        return Ok(());
    };
    let is_set: bool =
        sqlx::query_scalar("SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = $1")
            .bind(role)
            .fetch_one(db)
            .await?;
    if is_set {
        return Ok(());
    }
    set_password(db, role, password).await
}

/// Another scenario may do so at the same time for the same server, so it is tried again.
async fn set_password(db: &PgPool, role: &str, password: &str) -> Result<(), HarnessError> {
    let mut tries = 0;
    loop {
        let statement = format!("ALTER ROLE {role} PASSWORD '{password}'");
        match sqlx::query(AssertSqlSafe(statement)).execute(db).await {
            Ok(_) => return Ok(()),
            Err(error) if tries == 20 => return Err(error.into()),
            Err(_) => tries += 1,
        }
    }
}

/// The address for another role.
pub(super) fn url(of_owner: &str, role: &str) -> String {
    of_owner.replacen(OWNER, &format!("://{role}"), 1)
}

/// The password of an address.
pub(super) fn password(url: &str) -> Option<&str> {
    let (login, _) = url.split_once('@')?;
    login
        .split_once(OWNER)?
        .1
        .strip_prefix(':')
        .filter(|password| !password.is_empty())
}
