//! `coordinator event key`: the keys with which clients send.

use std::time::Duration;

use chrono::DateTime;
use clap::{Args, Subcommand, ValueEnum};
use fleet_web::operations::{
    Actor,
    event::{EventAction, EventSchemaMode, NewEventKey},
};
use schema::reading::{Reader, events::keys};
use sqlx::PgPool;

use super::MAX_LISTED;
use crate::{command::table, operate::event::act};

/// The commands of `coordinator event key`.
#[derive(Debug, Clone, Subcommand)]
pub enum KeyCommand {
    /// Makes a key and prints it once; only its hash is stored.
    ///
    /// A key can write only. To replace one, make another with the same name, give it to the client,
    /// then revoke the old one.
    ///
    /// Example: coordinator event key create app-fr --name backend
    /// Example: coordinator event key create app-fr --name page --origin https://*.example.com
    #[command(verbatim_doc_comment)]
    Create(NewKeyArgs),
    /// Lists keys, the newest first, with their ends, last uses and what came with them.
    List,
    /// Revokes a key; receivers refuse it within five seconds.
    Revoke {
        /// Its number, as listed.
        number: i32,
    },
}

/// What a new key may do.
#[derive(Debug, Clone, Args)]
pub struct NewKeyArgs {
    /// The client.
    client: String,
    /// Its name, for people.
    #[arg(long)]
    name: String,
    /// An origin of pages that may send with it, such as https://*.example.com, or * for all; the
    /// key is then public: it may be shipped in pages and apps. Repeatable.
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// The only events that a public key may send. Repeatable.
    #[arg(long = "event", value_name = "NAME", requires = "origins")]
    events: Vec<String>,
    /// What becomes of an event that breaks its schema.
    #[arg(long, default_value = "off")]
    schema: KeySchemaMode,
    /// Events a second that it may send to each receiver.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i32).range(1..=1_000_000))]
    rate: i32,
    /// Time until it ends, such as 90d [default: never].
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    expires: Option<Duration>,
}

/// What becomes of an event that breaks its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeySchemaMode {
    /// Schemas are not checked.
    Off,
    /// It is stored and marked, and the answer says so.
    Warn,
    /// It is rejected.
    Enforce,
}

impl From<KeySchemaMode> for EventSchemaMode {
    fn from(mode: KeySchemaMode) -> Self {
        match mode {
            KeySchemaMode::Off => Self::Off,
            KeySchemaMode::Warn => Self::Warn,
            KeySchemaMode::Enforce => Self::Enforce,
        }
    }
}

pub(super) async fn execute(
    db: &PgPool,
    actor: &Actor,
    command: &KeyCommand,
) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create(args) => create(db, actor, args).await,
        KeyCommand::List => list(db).await,
        KeyCommand::Revoke { number } => {
            let action = EventAction::RevokeKey { key_id: *number };
            super::perform(db, actor, &action).await
        }
    }
}

async fn create(db: &PgPool, actor: &Actor, args: &NewKeyArgs) -> anyhow::Result<()> {
    let key = NewEventKey {
        client: args.client.clone(),
        name: args.name.clone(),
        origins: args.origins.clone(),
        events: args.events.clone(),
        schema_mode: args.schema.into(),
        events_per_second: args.rate,
        expires_in: args.expires,
    };
    let report = act(db, actor, &EventAction::CreateKey(key)).await?;
    for sentence in &report.sentences {
        eprintln!("{sentence}:");
    }
    if let Some(made) = &report.made_key {
        println!("{}", made.secret.expose());
    }
    Ok(())
}

async fn list(db: &PgPool) -> anyhow::Result<()> {
    let mut reader = Reader::begin(db).await?;
    let keys = keys(&mut reader, None, None, DateTime::UNIX_EPOCH, MAX_LISTED).await?;
    if keys.is_empty() {
        println!("no keys yet; `coordinator event key create CLIENT --name NAME` makes one");
        return Ok(());
    }
    let mut table = table::with_header([
        "number",
        "client",
        "name",
        "origins",
        "schema",
        "events/s",
        "expires",
        "last used",
        "revoked",
        "stored",
        "rejected",
    ]);
    for key in keys {
        table.add_row([
            key.key_id.to_string(),
            key.client,
            key.name,
            key.origins.join(" "),
            key.schema_mode,
            key.events_per_second.to_string(),
            table::time_or(key.expires_at, "never"),
            table::time_or(key.last_used_at, "never"),
            table::time_or(key.revoked_at, ""),
            key.accepted.to_string(),
            key.rejected.to_string(),
        ]);
    }
    println!("{table}");
    Ok(())
}
