//! Reads the diagnostics of the database that `coordinator doctor` judges.

use std::collections::BTreeMap;

use sqlx::PgPool;

use crate::{
    access::{self, Granted},
    cap::{self, OverCap},
    refresh::{self, RefreshStatus},
};

/// A setting of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, in its unit.
    pub value: String,
    /// Such as `8kB` or `ms`; none for words and bare numbers.
    pub unit: Option<String>,
    /// Whether it changes only with a restart of the server.
    pub needs_restart: bool,
    /// Whether another value waits for that.
    pub waits_for_restart: bool,
}

impl Setting {
    /// The value in bytes, if it is a size.
    #[must_use]
    pub fn bytes(&self) -> Option<i64> {
        let factor = match self.unit.as_deref()? {
            "B" => 1,
            "kB" => 1 << 10,
            "8kB" => 8 << 10,
            "MB" => 1 << 20,
            _ => return None,
        };
        Some(self.value.parse::<i64>().ok()?.saturating_mul(factor))
    }
}

/// The settings and the state of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// Such as 150018.
    pub version: i32,
    /// Character set of the database.
    pub encoding: String,
    /// The settings of the database or the role, as `name=value`.
    pub overrides: Vec<String>,
    /// Bytes of the database.
    pub database_bytes: i64,
    /// Transactions since its oldest rows were frozen.
    pub transaction_age: i32,
    /// Connections of all clients to the server.
    pub connections: i64,
    /// Whether sessions of other roles can be seen.
    pub sees_all_sessions: bool,
    /// Whether `pg_stat_statements` is installed in the database.
    pub has_statement_statistics: bool,
    /// Settings by name.
    pub settings: BTreeMap<String, Setting>,
}

/// A table, or a partition, as vacuum sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCare {
    /// The table.
    pub table_name: String,
    /// Whether autovacuum looks after it.
    pub autovacuum: bool,
    /// Dead rows.
    pub dead_rows: i64,
    /// Dead rows over those at which autovacuum takes it up.
    pub vacuum_due: f64,
}

/// An index that is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UselessIndex {
    /// The index, those of partitions together.
    pub index_name: String,
    /// Bytes.
    pub bytes: i64,
    /// Whether it can be used; if so, nothing has used it.
    pub is_valid: bool,
}

/// An open transaction that keeps dead rows: a row of `database_transaction`.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenTransaction {
    /// `session`, `prepared` or `replication slot`.
    pub kind: String,
    /// Number of the process, or name.
    pub name: String,
    /// The application name of its client.
    pub application: Option<String>,
    /// `active`, `idle in transaction` …
    pub state: Option<String>,
    /// Seconds since it began; not known of a slot.
    pub age_seconds: Option<f64>,
}

/// A session that waits for another.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocked {
    /// Number of its process.
    pub pid: i32,
    /// The processes for which it waits.
    pub blocked_by: Vec<i32>,
    /// Seconds since its statement began.
    pub seconds: f64,
}

/// A replication slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its name.
    pub slot_name: String,
    /// Whether somebody reads it.
    pub active: bool,
    /// `reserved`, `extended`, `unreserved` or `lost`.
    pub wal_status: Option<String>,
    /// Bytes of the log that it holds back.
    pub held_bytes: Option<i64>,
}

/// A table that is partitioned by time.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionSupply {
    /// The table.
    pub table_name: String,
    /// Days from now for which there are partitions.
    pub days_ahead: Option<f64>,
    /// Whether rows came for which there was none.
    pub default_has_rows: bool,
}

/// A table of computed columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Materialisation {
    /// The table.
    pub table_name: String,
    /// Seconds that the oldest change waits.
    pub lag_seconds: Option<f64>,
    /// Rows that failed too often.
    pub set_aside: i64,
    /// The error of an expression that cannot be run.
    pub pause_reason: Option<String>,
    /// The error of the last row that failed.
    pub last_error: Option<String>,
}

/// The content of the database, if its schema is that of this program.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// Tables that vacuum does not look after, or not enough.
    pub neglected: Vec<TableCare>,
    /// Indexes of no use, the largest first.
    pub useless: Vec<UselessIndex>,
    /// The open transactions, the oldest first.
    pub open: Vec<OpenTransaction>,
    /// Sessions that wait for others.
    pub blocked: Vec<Blocked>,
    /// Replication slots.
    pub slots: Vec<Slot>,
    /// Tables that are partitioned by time.
    pub partitions: Vec<PartitionSupply>,
    /// Tables of computed columns.
    pub materialisations: Vec<Materialisation>,
    /// Materialised views.
    pub refreshes: Vec<RefreshStatus>,
    /// Whether analysts and partners can be let in.
    pub has_access: bool,
    /// Those who are.
    pub granted: Vec<Granted>,
    /// Sources that would have more of something than they may.
    pub over_cap: Vec<OverCap>,
    /// Roles in `partner_scope` and `partner_event_area` that the server does not have.
    pub scopes_of_nobody: Vec<String>,
}

/// Reads what the server says of itself; needs nothing of ours in the database.
///
/// # Errors
///
/// If a statement fails.
pub async fn server(db: &PgPool) -> Result<Server, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT
            current_setting('server_version_num')::integer AS "version!",
            pg_encoding_to_char(encoding)::text AS "encoding!",
            pg_database_size(oid) AS "database_bytes!",
            age(datfrozenxid) AS "transaction_age!",
            (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS "connections!",
            pg_has_role('pg_read_all_stats', 'USAGE') AS "sees_all_sessions!",
            EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') AS "has_statement_statistics!",
            ARRAY(
                SELECT unnest(setconfig) FROM pg_db_role_setting
                WHERE setdatabase IN (0, pg_database.oid)
                    AND setrole IN (0, (SELECT roles.oid FROM pg_roles AS roles WHERE roles.rolname = current_user))
                ORDER BY setdatabase, setrole
            ) AS "overrides!"
        FROM pg_database
        WHERE datname = current_database()"#
    )
    .fetch_one(db)
    .await?;
    let settings = sqlx::query_as!(
        Setting,
        r#"SELECT name AS "name!", setting AS "value!", unit,
            context = 'postmaster' AS "needs_restart!", pending_restart AS "waits_for_restart!"
        FROM pg_settings"#
    )
    .fetch_all(db)
    .await?;
    Ok(Server {
        version: row.version,
        encoding: row.encoding,
        overrides: row.overrides,
        database_bytes: row.database_bytes,
        transaction_age: row.transaction_age,
        connections: row.connections,
        sees_all_sessions: row.sees_all_sessions,
        has_statement_statistics: row.has_statement_statistics,
        settings: settings
            .into_iter()
            .map(|setting| (setting.name.clone(), setting))
            .collect(),
    })
}

/// Reads the views of the database's health.
///
/// # Errors
///
/// If a statement fails.
pub async fn content(db: &PgPool) -> Result<Content, sqlx::Error> {
    let neglected = sqlx::query_as!(
        TableCare,
        r#"SELECT table_name AS "table_name!", autovacuum AS "autovacuum!",
            dead_rows AS "dead_rows!", vacuum_due AS "vacuum_due!"
        FROM database_table
        WHERE schema_name = 'public' AND (NOT autovacuum OR vacuum_due > 1)
        ORDER BY vacuum_due DESC, table_name"#
    )
    .fetch_all(db)
    .await?;
    let useless = sqlx::query_as!(
        UselessIndex,
        r#"SELECT index_name AS "index_name!", bytes AS "bytes!", is_valid AS "is_valid!"
        FROM database_index
        WHERE schema_name = 'public' AND (is_unused OR NOT is_valid)
        ORDER BY bytes DESC, index_name"#
    )
    .fetch_all(db)
    .await?;
    let open = sqlx::query_as!(
        OpenTransaction,
        r#"SELECT kind AS "kind!", name AS "name!", application, state,
            extract(epoch FROM now() - started_at)::double precision AS age_seconds
        FROM database_transaction
        ORDER BY started_at, name"#
    )
    .fetch_all(db)
    .await?;
    let blocked = sqlx::query_as!(
        Blocked,
        r#"SELECT pid AS "pid!", blocked_by AS "blocked_by!",
            extract(epoch FROM running_for)::double precision AS "seconds!"
        FROM database_wait
        WHERE blocked_by IS NOT NULL
        ORDER BY running_for DESC"#
    )
    .fetch_all(db)
    .await?;
    let slots = sqlx::query_as!(
        Slot,
        r#"SELECT slot_name AS "slot_name!", active AS "active!", wal_status, held_bytes
        FROM database_slot
        ORDER BY held_bytes DESC NULLS LAST"#
    )
    .fetch_all(db)
    .await?;
    let partitions = sqlx::query_as!(
        PartitionSupply,
        r#"SELECT table_name AS "table_name!", default_has_rows AS "default_has_rows!",
            extract(epoch FROM until_at - now())::double precision / 86400 AS days_ahead
        FROM partition_supply()
        ORDER BY table_name"#
    )
    .fetch_all(db)
    .await?;
    let materialisations = sqlx::query_as!(
        Materialisation,
        r#"SELECT table_name AS "table_name!", set_aside AS "set_aside!", pause_reason, last_error,
            extract(epoch FROM lag)::double precision AS lag_seconds
        FROM materialisation_status
        ORDER BY table_name"#
    )
    .fetch_all(db)
    .await?;
    let known = sqlx::query!(
        r#"SELECT has_access() AS "has_access!",
            ARRAY(
                SELECT partner.role_name
                FROM (
                    SELECT role_name FROM partner_scope UNION SELECT role_name FROM partner_event_area
                ) AS partner
                WHERE NOT EXISTS (SELECT FROM pg_roles WHERE pg_roles.rolname = partner.role_name)
                ORDER BY partner.role_name
            ) AS "scopes_of_nobody!""#
    )
    .fetch_one(db)
    .await?;
    let over_cap = cap::over(db).await?;
    Ok(Content {
        over_cap,
        neglected,
        useless,
        open,
        blocked,
        slots,
        partitions,
        materialisations,
        refreshes: refresh::statuses(db).await?,
        has_access: known.has_access,
        granted: access::granted(db).await?,
        scopes_of_nobody: known.scopes_of_nobody,
    })
}
