//! Partners of a work, from the command that grants to the decisions that show them more.

use coordinator::{
    background::works::match_films,
    command::access::{AccessCommand, execute},
    operate::{
        film::{PairVerdict, decide, store_list},
        report::cli_actor,
    },
};
use fleet_web::operations::Actor;
use schema::{
    access::{self, undecided},
    scratch::Scratch,
};
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::CancellationToken;
use works::parse_list;

/// Two films called Crash: that of 1996 at two chains, once as "IMAX: Crash", and that of 2004.
async fn world() -> PgPool {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(
        "INSERT INTO source (name, title) SELECT 'chain-' || n, 'Chain' FROM generate_series(1, 5) AS n;
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        SELECT n, 1, 1, 'GB', '1', 'A cinema', 'UTC' FROM generate_series(1, 5) AS n",
    )
    .execute(&db)
    .await
    .unwrap();
    list(&db, 1, "Crash", Some(1996), Some("David Cronenberg")).await;
    list(&db, 2, "IMAX: Crash", Some(1996), Some("David Cronenberg")).await;
    list(&db, 3, "CRASH", Some(2004), Some("Paul Haggis")).await;
    pass(&db).await;
    access::prepare(&db).await.unwrap();
    db
}

/// Lists a film of a source, under the key `f`.
async fn list(db: &PgPool, source: i32, title: &str, year: Option<i16>, director: Option<&str>) {
    sqlx::query(
        "WITH stored AS (
            INSERT INTO film (source_id, discovered_by, key, title) VALUES ($1, 1, 'f', $2) RETURNING film_id)
        INSERT INTO film_fact (film_id, changed_by, year, directors)
        SELECT film_id, 1, $3, CASE WHEN $4::text IS NOT NULL THEN ARRAY[$4] END FROM stored",
    )
    .bind(source)
    .bind(title)
    .bind(year)
    .bind(director)
    .execute(db)
    .await
    .unwrap();
}

async fn pass(db: &PgPool) {
    match_films(db, &CancellationToken::new()).await.unwrap();
}

fn actor() -> Actor {
    cli_actor(Some("they were watched".to_owned()))
}

/// A name that no other test on this server has.
fn role(db: &PgPool) -> String {
    format!("lumen_{}", db.connect_options().get_database().unwrap())
}

/// Runs `coordinator access partner` with a title or a number.
async fn grant(db: &PgPool, film: Option<&str>, work: Option<i32>) -> anyhow::Result<()> {
    let command = AccessCommand::Partner {
        role: role(db),
        territory: None,
        source: None,
        film: film.map(str::to_owned),
        work,
        client: None,
        country: None,
        region: None,
        timeout: std::time::Duration::from_mins(1),
    };
    execute(db, &actor(), &command).await
}

/// The sources whose film the partner sees.
async fn seen(db: &PgPool) -> Vec<i32> {
    sqlx::query_scalar(
        "SELECT DISTINCT source_id FROM scoped_showings($1) INNER JOIN film USING (film_id) ORDER BY 1",
    )
    .bind(role(db))
    .fetch_all(db)
    .await
    .unwrap()
}

async fn verdict(db: &PgPool, a: &str, b: &str, verdict: PairVerdict) {
    decide(db, &actor(), (a, b), verdict).await.unwrap();
    pass(db).await;
}

async fn forget(db: &PgPool) {
    access::revoke(db, &role(db)).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("DROP ROLE {}", role(db))))
        .execute(db)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_title_names_one_work_or_the_command_lists_them() {
    let db = world().await;
    let several = grant(&db, Some("crash"), None).await.unwrap_err();
    let several = several.to_string();
    for part in [
        "title of 2 works",
        "  1 \"Crash\", 1996, unknown: chain-1/f \"Crash\" (1996), chain-2/f \"IMAX: Crash\" (1996)",
        "  3 \"CRASH\", 2004, unknown: chain-3/f",
        "--work",
    ] {
        assert!(several.contains(part), "{part}: {several}");
    }
    let similar = grant(&db, Some("cras"), None)
        .await
        .unwrap_err()
        .to_string();
    assert!(similar.contains("titles that contain it") && similar.contains("  1 \"Crash\""));
    let none = grant(&db, Some("Clash"), None).await.unwrap_err();
    assert!(none.to_string().contains("no work has the title \"Clash\""));
    let none = grant(&db, None, Some(99)).await.unwrap_err();
    assert!(none.to_string().contains("no work 99"));
    list(&db, 4, "Quiet Harbour", None, None).await;
    let early = grant(&db, Some("quiet harbour"), None).await.unwrap_err();
    assert!(early.to_string().contains("not looked for yet"), "{early}");
    assert_eq!(seen(&db).await, [0; 0], "nothing was granted");

    pass(&db).await;
    grant(&db, Some("Quiet Harbour (3D)"), None).await.unwrap();
    assert_eq!(seen(&db).await, [4]);
    forget(&db).await;
}

#[tokio::test]
async fn a_partner_of_a_film_sees_it_in_every_form_and_nothing_of_its_namesake() {
    let db = world().await;
    grant(&db, None, Some(1)).await.unwrap();
    assert_eq!(seen(&db).await, [1, 2]);
    let audit: serde_json::Value =
        sqlx::query_scalar("SELECT details FROM audit WHERE action = 'access.partner'")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(audit["films"][1], "chain-2/f \"IMAX: Crash\"");

    // A rule joins a film of another chain, with the right facts.
    list(
        &db,
        4,
        "Crash (Subtitled)",
        Some(1996),
        Some("David Cronenberg"),
    )
    .await;
    pass(&db).await;
    assert_eq!(seen(&db).await, [1, 2]);
    let waiting = undecided(&db).await.unwrap();
    assert_eq!(
        (waiting.len(), waiting[0].film.as_str()),
        (1, "chain-4/f"),
        "{waiting:?}"
    );
    execute(&db, &actor(), &AccessCommand::List).await.unwrap();

    verdict(&db, "chain-2/f", "chain-4/f", PairVerdict::Same).await;
    assert_eq!(seen(&db).await, [1, 2, 4]);
    verdict(&db, "chain-2/f", "chain-4/f", PairVerdict::Undecided).await;
    assert_eq!(seen(&db).await, [1, 2]);
    verdict(&db, "chain-1/f", "chain-2/f", PairVerdict::Different).await;
    assert_eq!(
        seen(&db).await,
        [1],
        "a person said that it is another film"
    );
    forget(&db).await;
}

#[tokio::test]
async fn a_list_that_is_trusted_shows_a_partner_what_it_joins() {
    let db = world().await;
    grant(&db, None, Some(1)).await.unwrap();
    list(&db, 4, "Crash", Some(1996), Some("David Cronenberg")).await;
    list(&db, 5, "Kollision im Regen", Some(1996), None).await;
    pass(&db).await;
    assert_eq!(seen(&db).await, [1, 2]);
    let works = "work\ttitle\tyear\tdirector\n\
        crash-1996\tCrash\t1996\tDavid Cronenberg\n\
        crash-1996\tKollision im Regen\t1996\tDavid Cronenberg\n";
    let store = async |text: &str| {
        let lines = parse_list(text).unwrap();
        store_list(&db, &actor(), &lines).await.unwrap();
        pass(&db).await;
    };
    store(works).await;
    assert_eq!(seen(&db).await, [1, 2, 4, 5]);
    let rules: Vec<String> =
        sqlx::query_scalar("SELECT rule FROM film_work WHERE work_id = 1 ORDER BY film_id")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(rules, ["reference"; 4]);
    store("work\ttitle\n").await;
    assert_eq!(seen(&db).await, [1, 2], "the list was taken back");
    forget(&db).await;
}

/// A verdict joins the films of two chains, and rules join them to the work that was granted.
#[tokio::test]
async fn a_verdict_on_films_that_were_not_granted_widens_nothing() {
    let db = world().await;
    grant(&db, None, Some(1)).await.unwrap();
    list(&db, 4, "Crash", Some(1996), Some("David Cronenberg")).await;
    list(&db, 5, "Kollision im Regen", Some(1996), None).await;
    pass(&db).await;
    verdict(&db, "chain-4/f", "chain-5/f", PairVerdict::Same).await;
    let of_work: i64 = sqlx::query_scalar("SELECT count(*) FROM film_work WHERE work_id = 1")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(of_work, 4, "they are one work");
    assert_eq!(seen(&db).await, [1, 2]);
    verdict(&db, "chain-5/f", "chain-1/f", PairVerdict::Same).await;
    assert_eq!(seen(&db).await, [1, 2, 4, 5], "over the other film too");
    forget(&db).await;
}

/// The number of a work that was merged stays what the operator named.
#[tokio::test]
async fn a_grant_follows_its_work_into_a_merge_and_out_of_it() {
    let db = world().await;
    grant(&db, None, Some(3)).await.unwrap();
    assert_eq!(seen(&db).await, [3]);
    verdict(&db, "chain-3/f", "chain-1/f", PairVerdict::Same).await;
    let merged: i32 = sqlx::query_scalar("SELECT work_id FROM film_work WHERE film_id = 3")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(merged, 1);
    assert_eq!(
        seen(&db).await,
        [1, 3],
        "the film that a person named, and not the one that a rule has beside it"
    );
    verdict(&db, "chain-3/f", "chain-1/f", PairVerdict::Undecided).await;
    assert_eq!(seen(&db).await, [3]);
    forget(&db).await;
}
