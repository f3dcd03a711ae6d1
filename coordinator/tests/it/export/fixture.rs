//! A database with days that are over, and what is asked of exports of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::NaiveDate;
use coordinator::export::{
    manifest::Manifest,
    order::{ExportError, ExportReport, Order},
    place::{Place, StoreOptions},
    run::run,
    table::DataSet,
};
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory, path::Path};
use schema::{scratch::Scratch, seal::Pass};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::read_back::{MICROS, Row, rows, stored};

/// Three days of two showtimes, the first of them sealed; codes 0 to 2 mean something, and 3,
/// which comes on the second day, does not yet. Seats stand in the order of x.
const DAYS: &str = "
    INSERT INTO limit_key (burst, rate_per_second, name) VALUES (1, 1, 'host');
    INSERT INTO source (name, title) VALUES ('plaza', 'Plaza');
    INSERT INTO step (source_id, limit_key_id, every_seconds, timeout_seconds, priority, yields, name)
    VALUES (1, 1, 60, 10, 5, 'seats', 'seats');
    INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
    VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC');
    INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'A film'), (1, 1, '2', 'Another');
    INSERT INTO work (film_id, title) VALUES (1, 'A work');
    INSERT INTO film_work (film_id, work_id, rule, reason) VALUES (1, 1, 'alone', 'none');
    INSERT INTO work_title (work_id, title, key) VALUES (1, 'A work', 'work');
    INSERT INTO auditorium (cinema_id, discovered_by, key, name) VALUES (1, 1, 's', 'The saloon');
    INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, auditorium_id, business_on, seats_total, sold_out, key, discovered_at)
    SELECT 1, 7, 8, day_at(1) + interval '20 hours', number, nullif(number, 2), current_date, nullif(number, 1), nullif(number = 1, false), 'key-' || number,
        day_at(number) + interval '1 hour' FROM generate_series(1, 2) AS number;
    INSERT INTO task (step_id, key, subject_id) VALUES (1, '1', 1), (1, '2', 2);
    INSERT INTO seat_code VALUES (1, 0, 1, 'available', 'free'), (1, 1, 1, 'sold', 'a \"sold\", one'),
        (1, 2, 1, 'held', ''), (1, 3, 1, NULL, 'odd');
    INSERT INTO layout (source_id, discovered_by, content_hash, seat_count, x, y, seat_key, row_label,
        seat_number, area, kind, seat_group)
    VALUES (1, 1, gen_random_uuid(), 3, '{1,2,3}', '{-1,0,7}', '{a,b,c}', '{A,A,Ä}', '{1,2,1}',
            '{\"\",\"\",Loge}', '{\"\",sofa,\"\"}', '{\"\",g,g}'),
        (1, 1, gen_random_uuid(), 2, '{4,5}', '{1,1}', '{a,b}', '{A,A}', '{1,2}', '{\"\",\"\"}', '{\"\",\"\"}', '{\"\",\"\"}');
    INSERT INTO snapshot SELECT day_at(day) + make_interval(hours => hour, secs => 0.000007), day * 100 + hour, showtime_id, layout_id,
        count[1], count[2], count[3], count[4], count[5], count[6], count[7], count[8], seats
    FROM (VALUES (1, 3, 1, 1, '\\x0000'::bytea), (1, 5, 1, 1, '\\x1000'), (2, 0, 1, 1, '\\x1001'),
            (2, 4, 2, 2, '\\x31'), (2, 6, 2, 2, '\\x0003'), (3, 23, 2, 2, '\\x12'))
        AS made (day, hour, showtime_id, layout_id, seats)
    INNER JOIN layout USING (layout_id)
    CROSS JOIN LATERAL count_seats(1, seats, seat_count) AS count;
    INSERT INTO tariff (source_id, discovered_by, content_hash, currency, amount, amount_max, fee, tax_included, ticket, area)
    VALUES (1, 1, gen_random_uuid(), 'EUR', '{12.5,8}', '{NULL,9.25}', '{0.123456,NULL}', '{NULL,true}', '{Adult,Child}', '{\"\",Loge}');
    INSERT INTO showtime_tariff VALUES (day_at(1) + interval '1 hour', 103, 1, 1), (day_at(3) + interval '1 hour', 303, 2, 1);
    INSERT INTO job (job_id, task_id, parent_job_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id, definition_id,
        step_id, fetch_micros, response_bytes, row_count, outcome, error_class, http_status, requests, attempt, sold, changed, request_url, error)
    VALUES (103, 1, NULL, day_at(1), day_at(1), day_at(1) + interval '1 ms', day_at(1) + interval '2 ms', 1, 1, 1, 5, 6, 7, 'succeeded', NULL,
            200, 1, 1, 0, true, 'https://plaza/1', NULL),
        (104, 2, 103, day_at(1), day_at(1), NULL, day_at(2) - interval '1 microsecond', 1, 1, 1, NULL, NULL, NULL, 'failed', 'timeout',
            NULL, 1, 2, NULL, NULL, 'https://plaza/2', 'too, late'),
        (204, 2, 103, day_at(2), day_at(2), NULL, day_at(2), 2, 1, 1, NULL, NULL, NULL, 'lost', NULL, NULL, 0, 1, NULL, NULL, NULL, NULL);
    INSERT INTO event_client (name, time_zone) VALUES ('kiosk', 'Europe/Paris'), ('app', 'UTC');
    INSERT INTO event_name (client_id, received, canonical) VALUES (1, 'ticket sold', 'ticket sold'), (2, 'open', 'film opened'), (2, 'opened', 'film opened');
    INSERT INTO event_place (country, region) VALUES ('FR', NULL), ('FR', 'Île-de-France');
    INSERT INTO event_user (client_id, is_anonymous, external_id) VALUES (1, false, 'ana'), (2, false, 'ana'), (2, true, 'bea');
    INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, flags, properties, clocks)
    SELECT day_at(day) + interval '1 hour' * name_id, day_at(day) - interval '1 microsecond' * number, gen_random_uuid(),
        CASE name_id WHEN 1 THEN number % 2 ELSE 2 + number % 2 END,
        name_id, place_id, CASE number WHEN 5 THEN 1 WHEN 6 THEN 6 WHEN 7 THEN 24 ELSE 0 END,
        CASE number WHEN 1 THEN '{}' ELSE jsonb_build_object('film', 'Film ' || number, 'seats', number, 'a \"word\"', NULL) END,
        CASE number WHEN 2 THEN pack_clocks(day_at(day), NULL) WHEN 3 THEN pack_clocks(NULL, day_at(9)) WHEN 6 THEN pack_clocks(day_at(day), day_at(8)) ELSE '' END
    FROM generate_series(1, 3) AS day CROSS JOIN generate_series(1, 3) AS name_id CROSS JOIN generate_series(1, 7) AS number
    INNER JOIN event_place ON (event_place.region IS NULL) = (number % 2 = 0);
    SELECT seal_events(day_at(1), name_id), seal_events(day_at(2), 1) FROM generate_series(1, 2) AS name_id";

/// The first moment of the days: the fourth is two days ago, and stays so while a test runs.
const DAY_AT: &str = "CREATE TABLE base AS SELECT (now() AT TIME ZONE 'UTC')::date - 6 AS on_day;
    CREATE FUNCTION day_at(number integer) RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT (on_day + number)::timestamp AT TIME ZONE 'UTC' FROM base $$;
    UPDATE first_day SET on_day = (day_at(1) AT TIME ZONE 'UTC')::date;
    DO $$ BEGIN FOR day IN 1 .. 4 LOOP FOR parent IN 0 .. 1 LOOP
        EXECUTE format('CREATE TABLE %1$s_%2$s PARTITION OF %1$s FOR VALUES FROM (%3$L) TO (%4$L)',
            (ARRAY['event', 'event_block'])[parent + 1], day, day_at(day), day_at(day + 1));
    END LOOP; END LOOP; END $$";

/// A database with days of history and its address.
pub(crate) struct World {
    pub(crate) db: PgPool,
    pub(crate) url: String,
    pub(crate) days: Vec<NaiveDate>,
    /// What is exported.
    pub(crate) data_sets: Vec<DataSet>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let Scratch { db, url } = Scratch::new().await.unwrap();
        sqlx::raw_sql(DAY_AT).execute(&db).await.unwrap();
        sqlx::raw_sql(MICROS).execute(&db).await.unwrap();
        sqlx::raw_sql(DAYS).execute(&db).await.unwrap();
        let mut sealing = Pass::of(vec![1]);
        while sealing.batch(&db).await.unwrap() {}
        assert_eq!(sealing.done().snapshots, 3);
        let days = sqlx::query_scalar(
            "SELECT (day_at(number) AT TIME ZONE 'UTC')::date FROM generate_series(1, 4) AS number",
        )
        .fetch_all(&db)
        .await
        .unwrap();
        // In another order than they are exported in.
        let data_sets = DataSet::ALL.into_iter().rev().collect();
        Self {
            db,
            url,
            days,
            data_sets,
        }
    }

    pub(crate) async fn sql(&self, statements: &'static str) {
        sqlx::raw_sql(statements).execute(&self.db).await.unwrap();
    }

    /// The rows of a day as the database has them.
    pub(crate) async fn stored(&self, data_set: DataSet, day: NaiveDate) -> Vec<Row> {
        stored(&self.db, data_set, day).await.unwrap()
    }

    /// All of these days: the day after them may end while a test runs.
    pub(crate) fn order(&self, place: &Place) -> Order {
        Order {
            until: self.days[3].succ_opt(),
            ..Order::new(place.clone(), self.data_sets.clone())
        }
    }

    pub(crate) async fn export(&self, place: &Place) -> Result<ExportReport, ExportError> {
        let stop = CancellationToken::new();
        run(&self.db, &self.order(place), &stop, &mut |_| {}).await
    }

    /// What is at a place agrees with the manifest, the manifest with the database, and every
    /// row with what is stored.
    pub(crate) async fn assert_whole(&self, place: &Place, store: &dyn ObjectStore) {
        let manifest = place.manifest().await.unwrap().0.unwrap();
        let there = objects(store).await;
        let named: BTreeSet<String> = DataSet::ALL
            .iter()
            .flat_map(|data_set| manifest.paths_of(*data_set))
            .collect();
        let files: BTreeSet<String> = there
            .keys()
            .filter(|name| *name != "manifest.json")
            .cloned()
            .collect();
        assert_eq!(files, named, "only what the manifest names is there");
        for (data_set, table) in &manifest.tables {
            let hint = format!("{data_set}/metadata/version-hint.text");
            assert_eq!(there[&hint], table.version.to_string().as_bytes());
        }
        for file in &manifest.files {
            assert_eq!(there[&file.path].len() as u64, file.bytes, "{}", file.path);
        }
        for &data_set in &self.data_sets {
            for day in &self.days {
                let paths = manifest.files_of(data_set, *day).unwrap_or_default();
                let read: Vec<Row> = paths.iter().flat_map(|path| rows(&there[*path])).collect();
                assert_eq!(
                    read,
                    self.stored(data_set, *day).await,
                    "{data_set} of {day}"
                );
            }
        }
        let known: Vec<(String, NaiveDate, i64, Vec<String>)> = sqlx::query_as(
            "SELECT data_set, on_day, row_count, files FROM exported_day
            JOIN export_place USING (place_id) WHERE address = $1",
        )
        .bind(place.address())
        .fetch_all(&self.db)
        .await
        .unwrap();
        assert_eq!(known.len(), manifest.days.len());
        for (data_set, day, row_count, files) in known {
            let data_set: DataSet = data_set.parse().unwrap();
            assert_eq!(manifest.files_of(data_set, day).unwrap(), files);
            assert_eq!(
                row_count,
                i64::try_from(rows_of(&manifest, data_set, day)).unwrap()
            );
        }
    }
}

fn rows_of(manifest: &Manifest, data_set: DataSet, day: NaiveDate) -> u64 {
    let known = manifest.days.iter();
    known
        .filter(|one| (one.data_set, one.date) == (data_set, day))
        .map(|one| one.rows)
        .sum()
}

/// A place in memory, with its store.
pub(crate) fn in_memory(name: &str) -> (Place, Arc<InMemory>) {
    let store = Arc::new(InMemory::new());
    (Place::in_store(name, store.clone()), store)
}

/// A place in a directory, with a store to look into it.
pub(crate) fn in_directory(directory: &std::path::Path) -> Place {
    Place::open(directory.to_str().unwrap(), &StoreOptions::default()).unwrap()
}

/// All objects of a store, by name.
pub(crate) async fn objects(store: &dyn ObjectStore) -> BTreeMap<String, Vec<u8>> {
    use futures_util::TryStreamExt as _;

    let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
    let mut found = BTreeMap::new();
    for meta in listed {
        let content = store
            .get(&Path::from(meta.location.as_ref()))
            .await
            .unwrap();
        found.insert(
            meta.location.to_string(),
            content.bytes().await.unwrap().to_vec(),
        );
    }
    found
}

/// The files that count, by name. Others say when they were written, or were replaced.
pub(crate) async fn counting(store: &dyn ObjectStore) -> BTreeMap<String, Vec<u8>> {
    let mut found = objects(store).await;
    let manifest = found.remove("manifest.json").unwrap();
    let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
    found.retain(|name, _| manifest.files.iter().any(|file| file.path == *name));
    found
}
