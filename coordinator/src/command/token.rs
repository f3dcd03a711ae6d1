//! `coordinator token`: tokens for the HTTP API and the web page.

use std::time::Duration;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use fleet_web::operations::Actor;
use schema::{
    secret::{Secret, SecretKind},
    token,
};
use serde_json::json;
use sqlx::PgPool;

use super::table;
use crate::operate::report::record;

/// The commands of `coordinator token`.
#[derive(Debug, Clone, Subcommand)]
pub enum TokenCommand {
    /// Makes a token and prints it once; only its hash is stored.
    ///
    /// Example: coordinator token create --name anna --scope operate --expires 90d
    #[command(verbatim_doc_comment)]
    Create {
        /// Its name, which the audit shows: a person or a program.
        #[arg(long)]
        name: String,
        /// What it allows.
        #[arg(long, default_value = "read")]
        scope: TokenScope,
        /// Time until it ends, such as 90d [default: never].
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires: Option<Duration>,
    },
    /// Lists all tokens: their scopes, ends and last uses.
    List,
    /// Revokes a token; coordinators refuse it within five seconds.
    Revoke {
        /// Its name.
        name: String,
    },
}

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TokenScope {
    /// Reads everything.
    Read,
    /// Also pauses and resumes sources, runs, cancels, retires and releases tasks, maps codes,
    /// weighs, and tries definitions.
    Operate,
    /// Also puts definitions into force.
    Admin,
}

impl TokenScope {
    fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If the name is taken, there is no such token, or the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: &TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create {
            name,
            scope,
            expires,
        } => create(db, actor, name, *scope, *expires).await,
        TokenCommand::List => list(db).await,
        TokenCommand::Revoke { name } => revoke(db, actor, name).await,
    }
}

async fn create(
    db: &PgPool,
    actor: &Actor,
    name: &str,
    scope: TokenScope,
    expires: Option<Duration>,
) -> anyhow::Result<()> {
    let is_usable = name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && name.len() <= 100
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || " ._@-".contains(letter));
    if !is_usable {
        bail!(
            "`{name}` cannot be the name of a token: write up to 100 letters, digits, spaces and \
             . _ @ -, a letter or digit first"
        );
    }
    if expires == Some(Duration::ZERO) {
        bail!("a token that expires at once is of no use; write --expires 90d, for example");
    }
    let secret = Secret::generate(SecretKind::Token);
    let mut transaction = db.begin().await?;
    if !token::create(
        &mut *transaction,
        name,
        scope.word(),
        &secret.hash(),
        expires,
    )
    .await?
    {
        bail!("there is a token {name} already; `coordinator token revoke {name}` ends it");
    }
    let details = json!({
        "scope": scope.word(),
        "expires": expires.map(|expires| humantime::format_duration(expires).to_string()),
    });
    let subject = format!("token/{name}");
    record(&mut transaction, actor, "token.create", &subject, details).await?;
    transaction.commit().await?;
    eprintln!(
        "token {name}, scope {}; it is shown only now:",
        scope.word()
    );
    println!("{}", secret.expose());
    Ok(())
}

async fn revoke(db: &PgPool, actor: &Actor, name: &str) -> anyhow::Result<()> {
    let mut transaction = db.begin().await?;
    if !token::revoke(&mut *transaction, name).await? {
        bail!("there is no token {name} in force; `coordinator token list` shows all");
    }
    let subject = format!("token/{name}");
    record(&mut transaction, actor, "token.revoke", &subject, json!({})).await?;
    transaction.commit().await?;
    println!("token {name} is revoked; coordinators refuse it within five seconds");
    Ok(())
}

async fn list(db: &PgPool) -> anyhow::Result<()> {
    let tokens = token::list(db).await?;
    if tokens.is_empty() {
        println!("no tokens yet; `coordinator token create --name NAME` makes one");
        return Ok(());
    }
    let mut table = table::with_header([
        "name",
        "scope",
        "created (UTC)",
        "expires",
        "last used",
        "revoked",
    ]);
    for token in tokens {
        table.add_row([
            token.name,
            token.scope,
            table::time(token.created_at),
            table::time_or(token.expires_at, "never"),
            table::time_or(token.last_used_at, "never"),
            table::time_or(token.revoked_at, ""),
        ]);
    }
    println!("{table}");
    Ok(())
}
