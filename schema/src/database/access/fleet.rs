//! The roles of the fleet: `migrator` owns the database, `coordinator`, `agent`, `receiver` and `monitor` log in
//! with what their statements need.
//!
//! [`prepare`] makes the roles, without passwords, and gives what is in the database to the
//! migrator. The rights of the others are in `grants.txt`; `prepare` and `migrate` put that file
//! into force and revoke what is not in it. What only an owner may do (partitions, materialised
//! views, tables of rollups) is done by `SECURITY DEFINER` functions of the migrator that take names
//! and numbers and no SQL. `tests/it/access/statements.rs` runs `EXPLAIN` of every statement as each
//! role, and fails where a right is missing or needed by nobody.

use sqlx::{PgConnection, PgExecutor, PgPool};

use super::{grants::grants, prepare as apply_access};

/// A role of the fleet, after [`prepare`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetRole {
    /// `migrator`, `coordinator`, `agent`, `receiver` or `monitor`, behind the prefix.
    pub name: String,
    /// Whether it was made now; it has no password then.
    pub is_new: bool,
    /// A statement that a superuser has to run, because the caller may not.
    pub left_to_do: Option<String>,
}

/// Makes the roles of the fleet where they are missing, their names behind `prefix`, and puts into
/// force what they and analysts and partners may do. Safe to repeat; without a prefix, the names
/// are those of the last time.
///
/// # Errors
///
/// If the roles are missing and may not be made, a role of that name sees everything, or the
/// caller may not give the database to the migrator; then nothing has changed.
pub async fn prepare(db: &PgPool, prefix: Option<&str>) -> Result<Vec<FleetRole>, sqlx::Error> {
    let mut transaction = db.begin().await?;
    let roles = sqlx::query_as!(
        FleetRole,
        r#"SELECT role_name AS "name!", is_new AS "is_new!", left_to_do FROM make_fleet_roles($1)"#,
        prefix
    )
    .fetch_all(&mut *transaction)
    .await?;
    become_migrator(&mut transaction, true).await?;
    apply_access(&mut *transaction).await?;
    apply_grants(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(roles)
}

/// Puts into force what `grants.txt` says, where [`prepare`] was ever done; returns how many rights
/// were given or taken.
///
/// # Errors
///
/// If the file names what is not in the database, or the caller does not own it.
pub async fn apply_grants(db: impl PgExecutor<'_>) -> Result<i32, sqlx::Error> {
    let grants = grants();
    let kinds: Vec<_> = grants.iter().map(|grant| grant.kind.to_owned()).collect();
    let rights: Vec<_> = grants.iter().map(|grant| grant.right.to_owned()).collect();
    let objects: Vec<_> = grants.iter().map(|grant| grant.object.to_owned()).collect();
    let columns: Vec<_> = grants
        .iter()
        .map(|grant| grant.columns.map(str::to_owned))
        .collect();
    sqlx::query_scalar!(
        r#"SELECT apply_grants($1, $2, $3, $4) AS "changed!""#,
        &kinds,
        &rights,
        &objects,
        &columns as &[Option<String>]
    )
    .fetch_one(db)
    .await
}

/// Acts as the role that owns the database, where there is one and the caller is a member of it,
/// so that what is made belongs to that role: until the end of the transaction, or of the session.
pub(crate) async fn become_migrator(
    connection: &mut PgConnection,
    only_transaction: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT set_config('role', role_name, $1) AS role,
            -- What belongs to extensions is not the migrator's, and warns of it by the column.
            set_config('client_min_messages', 'error', $1) AS messages
        FROM fleet_role
        WHERE kind = 'migrator' AND role_name <> current_user AND pg_has_role(role_name, 'MEMBER')",
        only_transaction
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}
