//! `coordinator event`: clients that send events, their keys, schemas and names, rejected events, and
//! experiments.

mod erase;
pub mod experiment;
pub mod key;
mod reject;
mod schema_file;

use std::{path::PathBuf, time::Duration};

use clap::Subcommand;
use fleet_web::operations::{
    Actor,
    event::{EventAction, EventClient, ReplayRejects},
};
use schema::reading::{Reader, events};
use sqlx::PgPool;

use super::table;
use crate::operate::event::{act, client_id};

use experiment::ExperimentCommand;
use key::KeyCommand;

/// Rows that a list has at most.
const MAX_LISTED: i64 = 1_000;

/// The commands of `coordinator event`.
#[derive(Debug, Clone, Subcommand)]
pub enum EventCommand {
    /// Makes a client, or changes its time zone, week or duplicate window.
    ///
    /// Example: coordinator event client app-fr --time-zone Europe/Paris
    #[command(verbatim_doc_comment)]
    Client {
        /// Its name: small letters, digits and hyphens.
        name: String,
        /// IANA name of the time zone in which its days begin.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
        /// First day of its week: 1 for Monday to 7 for Sunday.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i16).range(1..=7))]
        week_start: i16,
        /// How long an event with a known message id is a duplicate, 1h to 7d.
        #[arg(long, value_name = "TIME", default_value = "1d", value_parser = humantime::parse_duration)]
        duplicate_window: Duration,
    },
    /// Lists the clients.
    Clients,
    /// Makes, lists and revokes the keys with which clients send.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Registers the schema of an event from a file with a JSON Schema of its properties.
    ///
    /// A version is never changed; the last one of a model is what events without a version are
    /// checked against. A property with "x-privacy" is personal, pseudonym or free.
    ///
    /// Example: coordinator event schema app-fr "ticket bought" 1-0-0 bought.json
    #[command(verbatim_doc_comment)]
    Schema {
        /// The client.
        client: String,
        /// The event, by the name that the client sends.
        event: String,
        /// Version: MODEL-REVISION-ADDITION.
        version: String,
        /// The file.
        file: PathBuf,
    },
    /// Lists the names of a client's events, or gives one another name for readers, in the past too.
    ///
    /// Example: coordinator event name app-fr "film opened" "film page opened"
    #[command(verbatim_doc_comment)]
    Name {
        /// The client.
        client: String,
        /// The name as it is received; without it, all are listed.
        #[arg(requires = "canonical")]
        received: Option<String>,
        /// The name that readers see.
        canonical: Option<String>,
    },
    /// Erases a user: the id, and the properties of all its events; counts stay.
    ///
    /// Example: coordinator event erase app-fr user-4711
    #[command(verbatim_doc_comment)]
    Erase {
        /// The client whose user it is.
        client: String,
        /// The id of the user or device, as the client sends it.
        user: String,
    },
    /// Lists erasures with what they removed.
    Erasures,
    /// Begins, lists, shows, ends and drops experiments.
    #[command(subcommand)]
    Experiment(ExperimentCommand),
    /// Checks rejected events again, by the present schemas and rules of their keys, and stores those that
    /// are sound now, each once under its message id; the others stay, with their new reasons.
    ///
    /// Examples: coordinator event replay --client app-fr --event "ticket bought"
    ///           coordinator event replay --why "required property" --since 2d
    #[command(verbatim_doc_comment)]
    Replay {
        /// Only of this client.
        #[arg(long)]
        client: Option<String>,
        /// Only with this name of the event.
        #[arg(long)]
        event: Option<String>,
        /// Only with this text in their reason.
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
        /// Only those rejected within this time, such as 2d.
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        since: Option<Duration>,
        /// Only the one with this number, as listed.
        #[arg(long)]
        number: Option<i64>,
    },
    /// Lists rejected events, the newest first: who sent them, what is wrong and where.
    Rejects {
        /// Only of this client.
        #[arg(long)]
        client: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
    },
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If something that is named does not exist, a value cannot be used, or the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: &EventCommand) -> anyhow::Result<()> {
    match command {
        EventCommand::Client {
            name,
            time_zone,
            week_start,
            duplicate_window,
        } => {
            let client = EventClient {
                name: name.clone(),
                time_zone: time_zone.clone(),
                week_start: *week_start,
                duplicate_window: *duplicate_window,
            };
            perform(db, actor, &EventAction::PutClient(client)).await
        }
        EventCommand::Clients => list_clients(db).await,
        EventCommand::Key(command) => key::execute(db, actor, command).await,
        EventCommand::Schema {
            client,
            event,
            version,
            file,
        } => {
            let schema = schema_file::read(client, event, version, file)?;
            perform(db, actor, &EventAction::RegisterSchema(schema)).await
        }
        EventCommand::Name {
            client,
            received: Some(received),
            canonical: Some(canonical),
        } => {
            let action = EventAction::Rename {
                client: client.clone(),
                received: received.clone(),
                canonical: canonical.clone(),
            };
            perform(db, actor, &action).await
        }
        EventCommand::Name { client, .. } => list_names(db, client).await,
        EventCommand::Erase { client, user } => erase::erase(db, actor, client, user).await,
        EventCommand::Erasures => erase::list(db).await,
        EventCommand::Experiment(command) => experiment::execute(db, actor, command).await,
        EventCommand::Replay {
            client,
            event,
            why,
            since,
            number,
        } => {
            let rejects = ReplayRejects {
                client: client.clone(),
                event: event.clone(),
                why: why.clone(),
                within_seconds: since.map(|since| since.as_secs()),
                reject_id: *number,
            };
            perform(db, actor, &EventAction::Replay(rejects)).await
        }
        EventCommand::Rejects { client, limit } => {
            reject::list(db, client.as_deref(), *limit).await
        }
    }
}

/// Carries out an action and says what it did.
async fn perform(db: &PgPool, actor: &Actor, action: &EventAction) -> anyhow::Result<()> {
    act(db, actor, action).await?.print();
    Ok(())
}

async fn list_clients(db: &PgPool) -> anyhow::Result<()> {
    let mut reader = Reader::begin(db).await?;
    let clients = events::clients(&mut reader, None, MAX_LISTED).await?;
    if clients.is_empty() {
        println!("no clients yet; `coordinator event client NAME` makes one");
        return Ok(());
    }
    let mut table = table::with_header([
        "name",
        "time zone",
        "week starts on",
        "duplicate window",
        "created (UTC)",
    ]);
    for client in clients {
        let window = u64::try_from(client.duplicate_window_seconds).unwrap_or(0);
        table.add_row([
            client.name,
            client.time_zone,
            client.week_start.to_string(),
            humantime::format_duration(Duration::from_secs(window)).to_string(),
            table::time(client.created_at),
        ]);
    }
    println!("{table}");
    Ok(())
}

async fn list_names(db: &PgPool, client: &str) -> anyhow::Result<()> {
    client_id(db, client).await?;
    let mut reader = Reader::begin(db).await?;
    let names = events::names(&mut reader, Some(client), None, MAX_LISTED).await?;
    if names.is_empty() {
        println!("client {client} has sent no event yet");
        return Ok(());
    }
    let mut table = table::with_header(["shown as", "received as"]);
    for name in names {
        table.add_row([name.canonical, name.received]);
    }
    println!("{table}");
    Ok(())
}
