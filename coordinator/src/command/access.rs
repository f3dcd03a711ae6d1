//! `coordinator access`: grants and revokes the right to read the data.

mod scope;

use std::time::Duration;

use anyhow::bail;
use clap::Subcommand;
use fleet_web::operations::Actor;
use schema::access::{self, EventArea, Scope, fleet};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::table;
use crate::operate::report::record;

/// The commands of `coordinator access`.
#[derive(Debug, Clone, Subcommand)]
pub enum AccessCommand {
    /// Makes the roles of the fleet and the schemas for analysts and partners, and grants their
    /// rights; safe to repeat.
    ///
    /// Five roles log in. `migrator` owns everything in the database from then on and runs
    /// `coordinator migrate`; `coordinator`, `agent`, `receiver` and `monitor` may do what their
    /// statements need. You set their passwords. The schema public belongs to the fleet from then on: roles
    /// with rights on its tables keep them, other roles cannot use it. Needs CREATEROLE the first
    /// time, or existing roles and membership of the migrator.
    Prepare {
        /// Prefix of the names of the five roles, where several fleets share a server
        /// [default: that of the last time, or none].
        #[arg(long, value_name = "NAME_")]
        prefix: Option<String>,
    },
    /// Lets a role read every view for analysts, and nothing else.
    ///
    /// Makes the role if there is none; you set its password. It is an analyst of every Fullhouse
    /// database of the server to which it may connect.
    Analyst {
        /// The role that logs in.
        role: String,
        /// Its statements end after this.
        #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
        timeout: Duration,
    },
    /// Lets a role see its own rows of the views for partners, and no others.
    ///
    /// A row is its own if its showtime meets every condition that is given here. Repeat the
    /// command for more showtimes.
    ///
    /// A film is granted by its work: all films that the work has now, of all sources, which are
    /// printed. A film that comes to the work later is seen once `film same` or `film reference`
    /// says that it is one work with a film that was granted; a rule alone shows it to nobody.
    /// `access list` says which films wait. A film that leaves the work is no longer seen. Repeat
    /// the command to grant the films that the work has then.
    ///
    /// With --client, it sees counts of events of that client instead: events by day, active users,
    /// retention and funnels, of all places or of a country or region. Groups of fewer than five
    /// users are hidden, and single events and users are not seen at all.
    ///
    /// Examples: coordinator access partner distributor --film "Monsoon Radio" --territory SG
    ///           coordinator access partner lumen --client app-fr --country FR --region Bretagne
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
        /// Showtimes of the work with this title, in any case; of several works, say which by
        /// --work.
        #[arg(long, value_name = "TITLE", conflicts_with = "work")]
        film: Option<String>,
        /// Showtimes of this work, by its number.
        #[arg(long, value_name = "NUMBER")]
        work: Option<i32>,
        /// Counts of the events of this client.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["territory", "source", "film", "work"])]
        client: Option<String>,
        /// Only of events in this country (ISO 3166 code).
        #[arg(long, value_name = "CODE", requires = "client")]
        country: Option<String>,
        /// Only of events in this region of the country, as the client sends it.
        #[arg(long, value_name = "NAME", requires = "country")]
        region: Option<String>,
        /// Its statements end after this.
        #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
        timeout: Duration,
    },
    /// Revokes everything that was granted to a role here; the role stays.
    Revoke {
        /// The role.
        role: String,
    },
    /// Lists analysts and partners, and the rows that each partner sees.
    List,
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If a statement fails.
pub async fn execute(db: &PgPool, actor: &Actor, command: &AccessCommand) -> anyhow::Result<()> {
    match command {
        AccessCommand::Prepare { prefix } => {
            for role in fleet::prepare(db, prefix.as_deref()).await? {
                println!("{} is a role of the fleet", role.name);
                print_new_role(&role.name, role.is_new);
                if let Some(statement) = role.left_to_do {
                    println!("you may not do this; run it as a superuser: {statement}");
                }
            }
            note(
                db,
                actor,
                "access.prepare",
                "fleet",
                json!({ "prefix": prefix }),
            )
            .await?;
            println!("analysts and partners read the schemas analytics and analytics_detail");
            println!("`coordinator access analyst ROLE` makes a role an analyst");
        }
        AccessCommand::Analyst { role, timeout } => {
            let is_new = access::grant_analyst(db, role, *timeout).await?;
            note(db, actor, "access.analyst", role, json!({})).await?;
            println!("{role} is an analyst");
            print_new_role(role, is_new);
        }
        AccessCommand::Partner {
            role,
            client: Some(client),
            country,
            region,
            timeout,
            ..
        } => {
            let area = EventArea {
                client: client.clone(),
                country: country.clone(),
                region: region.clone(),
            };
            let is_new = access::grant_partner_events(db, role, &area, *timeout).await?;
            let details = json!({ "client": client, "country": country, "region": region });
            note(db, actor, "access.partner", role, details).await?;
            println!(
                "{role} is a partner; it calls the functions partner_… of the schema analytics"
            );
            print_new_role(role, is_new);
        }
        AccessCommand::Partner {
            role,
            territory,
            source,
            film,
            work,
            timeout,
            ..
        } => {
            let work = scope::find_work(db, film.as_deref(), *work).await?;
            let granted = Scope {
                territory: territory.clone(),
                source: source.clone(),
                work_id: work.as_ref().map(|work| work.work_id),
            };
            if granted == Scope::default() {
                bail!(
                    "say what {role} may see: --territory, --source, --film, --work, or several; or --client"
                );
            }
            let done = access::grant_partner(db, role, &granted, *timeout).await?;
            let details = json!({
                "territory": territory,
                "source": source,
                "work": granted.work_id,
                "films": done.films,
            });
            note(db, actor, "access.partner", role, details).await?;
            println!("{role} is a partner");
            if let Some(work) = work {
                println!("it sees work {}:", scope::describe(&work));
                for film in done.films {
                    println!("  {film}");
                }
            }
            print_new_role(role, done.is_new);
        }
        AccessCommand::Revoke { role } => {
            access::revoke(db, role).await?;
            note(db, actor, "access.revoke", role, json!({})).await?;
            println!("{role} may no longer read anything");
        }
        AccessCommand::List => list(db).await?,
    }
    Ok(())
}

async fn note(
    db: &PgPool,
    actor: &Actor,
    action: &str,
    role: &str,
    details: Value,
) -> anyhow::Result<()> {
    let mut connection = db.acquire().await?;
    record(
        &mut connection,
        actor,
        action,
        &format!("role/{role}"),
        details,
    )
    .await?;
    Ok(())
}

fn print_new_role(role: &str, is_new: bool) {
    if is_new {
        println!("the role is new and has no password; in psql: \\password {role}");
    }
}

async fn list(db: &PgPool) -> anyhow::Result<()> {
    let granted = access::granted(db).await?;
    if granted.is_empty() {
        println!("only the fleet may read; `coordinator access prepare` is the first step");
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
    for film in access::undecided(db).await? {
        println!("{}", scope::what_decides(&film));
    }
    Ok(())
}
