//! Two databases and a directory between them.

use std::{collections::BTreeMap, io::Read as _, path::Path};

use coordinator::{
    background::{
        BackgroundPass as _,
        regions::{Regions, RegionsReport},
    },
    operate::{region::apply, report::cli_actor},
    regions::{manifest::RegionManifest, settings::RegionSettings},
};
use fleet_web::operations::OperationError;
use schema::{
    events::region::declare::{RegionStatus, list},
    scratch::Scratch,
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Six events of each of three names in each of the hours that began 5 to 2 hours ago, by three users;
/// of a fourth, at another client.
const EVENTS: &str = "
    INSERT INTO event_client (name) VALUES ('app'), ('kiosk');
    INSERT INTO event_name (client_id, received, canonical)
    VALUES (1, 'open', 'film opened'), (1, 'buy', 'ticket bought'), (1, 'login', 'signed in'), (2, 'open', 'film opened');
    INSERT INTO event_place (country, region) VALUES ('FR', 'Lyon');
    INSERT INTO event_user (client_id, is_anonymous, external_id)
    VALUES (1, false, 'ana@example.org'), (1, true, 'device-bea'), (1, false, 'carl@example.org'), (2, false, 'kim@example.org');
    INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, flags, properties, clocks)
    SELECT
        date_trunc('hour', now(), 'UTC') - make_interval(hours => hour) + make_interval(mins => number),
        date_trunc('hour', now(), 'UTC') - make_interval(hours => hour),
        gen_random_uuid(), CASE name_id WHEN 4 THEN 4 ELSE 1 + number % 3 END, name_id,
        (SELECT place_id FROM event_place WHERE region = 'Lyon'), CASE number WHEN 1 THEN 1 ELSE 0 END,
        jsonb_build_object('film', 'Film ' || number, 'email', 'mail-' || number || '@example.org',
            'ip', '10.1.2.' || number, 'price', 12.50),
        ''
    FROM generate_series(2, 5) AS hour, generate_series(1, 6) AS number, generate_series(1, 4) AS name_id";

/// What leaves.
pub(super) const RULES: &str = "[events.\"film opened\"]\nfilm = \"free\"\nprice = \"free\"\nemail = \"pseudonym\"\n[events.\"ticket bought\"]\n";

/// Events of client app that the rules let out.
pub(super) const SENT: i64 = 48;

/// Texts that no file and no receiver has.
pub(super) const PERSONAL: [&str; 5] =
    ["example.org", "device-bea", "10.1.2.", "signed in", "Lyon"];

/// A sender, a receiver and their place.
pub(super) struct Pair {
    pub(super) sender: PgPool,
    pub(super) receiver: PgPool,
    pub(super) directory: TempDir,
}

impl Pair {
    /// The region paris, with nothing sent yet.
    pub(super) async fn new() -> Self {
        let pair = Self {
            sender: sender().await,
            receiver: Scratch::new().await.unwrap().db,
            directory: tempfile::tempdir().unwrap(),
        };
        run(
            &pair.receiver,
            "INSERT INTO event_client (name) VALUES ('other'), ('app')",
        )
        .await;
        let place = pair.place();
        declare(&pair.sender, &sending("paris", &place, RULES))
            .await
            .unwrap();
        declare(&pair.receiver, &receiving("paris", &place))
            .await
            .unwrap();
        pair
    }

    pub(super) fn place(&self) -> String {
        self.directory
            .path()
            .join("paris")
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// Sends all that is due.
    pub(super) async fn send(&self) -> RegionsReport {
        pass(&self.sender).await
    }

    /// Receives all that was sent.
    pub(super) async fn receive(&self) -> RegionsReport {
        pass(&self.receiver).await
    }

    /// The state of the region where it is sent, and where it is received.
    pub(super) async fn status(&self) -> (RegionStatus, RegionStatus) {
        let sent = list(&self.sender, Some("paris")).await.unwrap();
        let received = list(&self.receiver, Some("paris")).await.unwrap();
        (sent[0].clone(), received[0].clone())
    }

    pub(super) fn manifest(&self) -> RegionManifest {
        let path = Path::new(&self.place()).join("manifest.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }
}

/// A database with events.
pub(super) async fn sender() -> PgPool {
    let db = Scratch::new().await.unwrap().db;
    run(&db, EVENTS).await;
    db
}

pub(super) async fn run(db: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(db)
        .await
        .unwrap();
}

pub(super) async fn number(db: &PgPool, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(db)
        .await
        .unwrap()
}

pub(super) async fn texts(db: &PgPool, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_all(db)
        .await
        .unwrap()
}

/// A file of a sender, from yesterday on.
pub(super) fn sending(name: &str, place: &str, more: &str) -> String {
    let since = (chrono::Utc::now() - chrono::TimeDelta::hours(6)).format("%Y-%m-%d");
    format!("name = \"{name}\"\nplace = \"{place}\"\nclients = [\"app\"]\nsince = {since}\n{more}")
}

/// A file of a receiver.
pub(super) fn receiving(name: &str, place: &str) -> String {
    format!(
        "name = \"{name}\"\ndirection = \"receive\"\nplace = \"{place}\"\nclients = [\"app\"]\n"
    )
}

pub(super) async fn declare(db: &PgPool, file: &str) -> Result<Vec<String>, OperationError> {
    let files = [("region.toml".to_owned(), file.to_owned())];
    let applied = apply(db, &cli_actor(Some("a test".to_owned())), &files).await;
    applied.map(|report| report.sentences)
}

/// Runs passes until no region has more work.
pub(super) async fn pass(db: &PgPool) -> RegionsReport {
    let mut regions = Regions::new(RegionSettings::default(), CancellationToken::new());
    let mut all = RegionsReport::default();
    for _ in 0..20 {
        let one = regions.pass(db).await.unwrap();
        all.sent_files += one.sent_files;
        all.sent_events += one.sent_events;
        all.rewritten += one.rewritten;
        all.received_files += one.received_files;
        all.received_events += one.received_events;
        all.duplicates += one.duplicates;
        all.erased += one.erased;
        all.missing = one.missing;
        all.failed = one.failed;
        if one.behind == 0 {
            return all;
        }
    }
    panic!("there is always more to do: {all:?}");
}

/// All files below a directory, unpacked, by their paths.
pub(super) fn files(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let name = path.to_str().unwrap().to_owned();
        found.insert(name.clone(), unpacked(&name, &bytes));
    }
    found
}

/// The text of a file.
pub(super) fn unpacked(name: &str, bytes: &[u8]) -> String {
    let ending = Path::new(name)
        .extension()
        .and_then(|ending| ending.to_str());
    let bytes = match ending {
        Some("zst") => zstd::decode_all(bytes).unwrap(),
        Some("gz") => {
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(bytes)
                .read_to_end(&mut text)
                .unwrap();
            text
        }
        _ => bytes.to_vec(),
    };
    String::from_utf8(bytes).unwrap()
}

/// The lines of all files of events below a directory.
pub(super) fn lines(directory: &Path) -> Vec<Value> {
    files(directory)
        .into_iter()
        .filter(|(name, _)| name.contains("events-"))
        .flat_map(|(_, text)| {
            let lines: Vec<Value> = text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            lines
        })
        .collect()
}

/// The text of every row of every table.
pub(super) async fn all_rows(db: &PgPool) -> String {
    let tables = texts(
        db,
        "SELECT oid::regclass::text FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_file'",
    )
    .await;
    let mut all = String::new();
    for table in tables {
        let rows = texts(db, &format!("SELECT row::text FROM ONLY {table} AS row")).await;
        all.extend(rows);
    }
    all
}

/// Events of the receiver by client, live.
pub(super) async fn received_events(db: &PgPool) -> i64 {
    number(
        db,
        "SELECT count(*) FROM event INNER JOIN event_name USING (name_id) INNER JOIN event_client USING (client_id) WHERE event_client.name = 'app'",
    )
    .await
}
