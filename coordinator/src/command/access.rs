//! `coordinator access`: who may read the data, and what of it.

use std::time::Duration;

use anyhow::bail;
use clap::Subcommand;
use schema::access::{self, Scope, fleet};
use sqlx::PgPool;

use super::table;

/// What can be said of who may read.
#[derive(Debug, Clone, Subcommand)]
pub enum AccessCommand {
    /// Makes the roles of the fleet and the schemas that analysts and partners read, and puts
    /// their rights into force; safe to repeat.
    ///
    /// Four roles log in: `migrator` owns what is in the database from then on and runs
    /// `coordinator migrate`; `coordinator`, `agent` and `monitor` may do what their statements
    /// need. Passwords are for you to set. The schema public is the fleet's from then on: roles
    /// that have rights on its tables keep them, others cannot name anything there. Needs
    /// CREATEROLE the first time, or the roles and membership of the migrator.
    Prepare {
        /// Put before the names of the four roles, where several fleets share a server
        /// [default: as the last time, or nothing].
        #[arg(long, value_name = "NAME_")]
        prefix: Option<String>,
    },
    /// Lets a role read every view for analysts, and nothing else.
    ///
    /// The role is made if it is not there; its password is for you to set. It is an analyst
    /// of every Fullhouse database of the server that it may connect to.
    Analyst {
        /// The role that logs in.
        role: String,
        /// Its statements end after this.
        #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
        timeout: Duration,
    },
    /// Lets a role see its own rows of the views for partners, and no others.
    ///
    /// A row is its own if it belongs to a showtime that fits in all that is named here; say
    /// the command again for more.
    ///
    /// Example: coordinator access partner distributor --film "Monsoon Radio" --territory SG
    #[command(verbatim_doc_comment)]
    Partner {
        /// The role that logs in.
        role: String,
        /// Showtimes of cinemas in this territory (ISO 3166 code).
        #[arg(long, value_name = "CODE")]
        territory: Option<String>,
        /// Showtimes of this source.
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// Showtimes of this film, by its title.
        #[arg(long, value_name = "TITLE")]
        film: Option<String>,
        /// Its statements end after this.
        #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
        timeout: Duration,
    },
    /// Takes everything from a role that was granted here; the role stays.
    Revoke {
        /// The role.
        role: String,
    },
    /// Lists analysts and partners, and what each partner sees.
    List,
}

/// Does what is asked.
///
/// # Errors
///
/// If the database refuses, or cannot be asked.
pub async fn execute(db: &PgPool, command: &AccessCommand) -> anyhow::Result<()> {
    match command {
        AccessCommand::Prepare { prefix } => {
            for role in fleet::prepare(db, prefix.as_deref()).await? {
                println!("{} is a role of the fleet", role.name);
                tell_new(&role.name, role.is_new);
                if let Some(statement) = role.left_to_do {
                    println!("you may not do this; run it as a superuser: {statement}");
                }
            }
            println!("analysts and partners read the schemas analytics and analytics_detail");
            println!("`coordinator access analyst ROLE` lets one in");
        }
        AccessCommand::Analyst { role, timeout } => {
            let is_new = access::grant_analyst(db, role, *timeout).await?;
            println!("{role} is an analyst");
            tell_new(role, is_new);
        }
        AccessCommand::Partner {
            role,
            territory,
            source,
            film,
            timeout,
        } => {
            let scope = Scope {
                territory: territory.clone(),
                source: source.clone(),
                film: film.clone(),
            };
            if scope == Scope::default() {
                bail!("say what {role} may see: --territory, --source, --film, or several");
            }
            let is_new = access::grant_partner(db, role, &scope, *timeout).await?;
            println!("{role} is a partner");
            tell_new(role, is_new);
        }
        AccessCommand::Revoke { role } => {
            access::revoke(db, role).await?;
            println!("{role} may read nothing any more");
        }
        AccessCommand::List => list(db).await?,
    }
    Ok(())
}

fn tell_new(role: &str, is_new: bool) {
    if is_new {
        println!("the role is new and has no password; in psql: \\password {role}");
    }
}

async fn list(db: &PgPool) -> anyhow::Result<()> {
    let granted = access::granted(db).await?;
    if granted.is_empty() {
        println!("nobody but the fleet reads; `coordinator access prepare` begins");
        return Ok(());
    }
    let mut table = table::with_header(["role", "is", "sees", "timeout"]);
    for role in granted {
        let sees = if role.kind == "analyst" {
            "everything".to_owned()
        } else {
            role.sees.join("; ")
        };
        table.add_row([
            role.role_name,
            role.kind,
            sees,
            role.statement_timeout
                .map_or_else(|| "none".to_owned(), |millis| format!("{millis} ms")),
        ]);
    }
    println!("{table}");
    Ok(())
}
