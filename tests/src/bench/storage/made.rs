//! A set of showtimes whose seats are stored as a pod stores them.

use std::{
    collections::HashMap,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use agent::pack::{count, pack, state_hash};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use schema::{
    catalogue::{
        Cinema, Discovered, SeenBy, Showtime, store_cinemas, store_showtimes, store_tasks,
    },
    enums::SeatStatus,
    finish::{Finished, Labels, Snapshot, finish},
    leader::lead,
    pod::{NewPod, register},
    queue::{Claim, Ready, claim, enqueue},
    schedule::clock,
    seat::{Layout, add_seat_code, layout_id},
};
use serde_json::json;
use sqlx::{Executor, PgPool};
use uuid::Uuid;

use super::NAME;
use crate::bench::{
    claim_to_completion::{finished, source},
    error::BenchError,
    figure::number,
    scale,
};
use simulated_chains::seed::{index, mix};

/// Showtimes of the sparse set.
const SHOWTIMES: u32 = 4_000;
/// Showtimes of one film.
const OF_A_FILM: u32 = 25;
/// The smallest auditorium, and how many sizes there are.
const SEATS: (u16, u64) = (150, 97);
/// All started so many days ago at this hour, and were first looked at so long before: all looks
/// are of one day, whenever the set is made.
const STARTED_DAYS_AGO: i64 = 5;
const STARTED_AT_HOUR: i64 = 21;
const ON_SALE: Duration = Duration::from_hours(20);
/// Tasks that are placed, claimed and stored at a time.
const AT_ONCE: usize = 1_000;
const LEASE: Duration = Duration::from_hours(4);
/// The status of each code, which is its place.
const CODES: [SeatStatus; 3] = [SeatStatus::Available, SeatStatus::Sold, SeatStatus::Held];

/// The days that the looks lie back.
const PARTITIONS: &str = "DO $$ DECLARE day date; BEGIN
    FOR day IN SELECT generate_series(current_date - 12, current_date - 2, interval '1 day')::date LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF snapshot FOR VALUES FROM (%L) TO (%L)',
            'snapshot_' || to_char(day, 'YYYYMMDD'), day::timestamp AT TIME ZONE 'UTC',
            (day + 1)::timestamp AT TIME ZONE 'UTC');
    END LOOP;
END $$";

/// Storing without the log of rollups, and with it.
const LOGGING: [&str; 2] = [
    "ALTER TABLE snapshot DISABLE TRIGGER mark_dirty_stored",
    "ALTER TABLE snapshot ENABLE TRIGGER mark_dirty_stored",
];

/// What is to be made.
#[derive(Debug)]
pub(in crate::bench) struct Set {
    /// Its name in figures.
    pub(in crate::bench) name: &'static str,
    /// How many showtimes.
    pub(in crate::bench) showtimes: u32,
    /// How many snapshots each has, from and to.
    pub(in crate::bench) looks: RangeInclusive<u32>,
    /// Whether every other look is stored without telling the rollups.
    pub(in crate::bench) is_half_logged: bool,
}

/// The two sets, as large as `SHOWTIMES` says: sparse, with the looks of the month that the fleet
/// is made for, and dense, an eighth of the showtimes with ten times as many.
pub(in crate::bench) fn sets() -> [Set; 2] {
    let showtimes = scale::of("SHOWTIMES", SHOWTIMES).max(8);
    let set = |name, showtimes, looks| Set {
        name,
        showtimes,
        looks,
        is_half_logged: false,
    };
    [
        set("sparse", showtimes, 2..=8),
        set("dense", showtimes / 8, 30..=60),
    ]
}

/// What was stored.
#[derive(Debug)]
pub(in crate::bench) struct Loaded {
    pub(in crate::bench) seat_records: u64,
    pub(in crate::bench) snapshots: u64,
    took: Duration,
    /// Of each look: how many snapshots, and how long the statements took that stored them.
    pub(in crate::bench) storing: Vec<(u64, Duration)>,
}

impl Loaded {
    pub(in crate::bench) fn snapshots_per_second(&self) -> f64 {
        number(self.snapshots) / self.took.as_secs_f64()
    }
}

/// A showtime, with its seats as they were seen last.
struct House {
    number: u64,
    showtime_id: i32,
    layout_id: i32,
    starts_at: DateTime<Utc>,
    looks: u32,
    codes: Vec<u8>,
}

impl House {
    /// Sells two or three seats, most of them side by side, or lets them go again.
    fn turn(&mut self, look: u32) {
        let parts = |what| [self.number, u64::from(look), what];
        let first = index(&parts(1), self.codes.len() - 1);
        let mut turned = vec![first, first + 1];
        if mix(&parts(2)).is_multiple_of(2) {
            turned.push(index(&parts(3), self.codes.len()));
        }
        for seat in turned {
            self.codes[seat] = u8::from(self.codes[seat] != 1);
        }
    }

    /// How long ago a look was: somewhere in its share of the time on sale.
    fn age(&self, look: u32) -> Duration {
        let apart = ON_SALE / self.looks;
        let early = mix(&[self.number, u64::from(look), 4]);
        let most = u64::try_from(apart.as_micros()).unwrap_or(u64::MAX).max(1);
        let before_start = apart * (self.looks - look - 1) + Duration::from_micros(early % most);
        let since_start = Utc::now() - self.starts_at;
        since_start.to_std().unwrap_or_default() + before_start
    }

    fn snapshot(&self) -> Snapshot {
        let packed = pack(&self.codes);
        let status = |code: &u8| CODES.get(usize::from(*code)).copied();
        Snapshot {
            showtime_id: self.showtime_id,
            layout_id: self.layout_id,
            tariff_id: None,
            state_hash: state_hash(&packed),
            packed,
            counts: count(self.codes.iter().map(status)),
            codes_version: 0,
            labels: Labels::default(),
            price_median: None,
        }
    }
}

/// Makes the partitions of the days that the looks lie back.
pub(in crate::bench) async fn partitions(db: &PgPool) -> Result<(), sqlx::Error> {
    db.execute(PARTITIONS).await?;
    Ok(())
}

/// Stores a set, look by look.
pub(in crate::bench) async fn load(db: &PgPool, set: &Set) -> Result<Loaded, BenchError> {
    let step = source(db).await?;
    let by = SeenBy {
        source_id: step.source_id,
        job_id: 1,
    };
    for (code, status) in ["free", "sold", "held"].into_iter().zip(CODES) {
        add_seat_code(db, by, code, Some(status)).await?;
    }
    let mut houses = houses(db, by, set).await?;
    let discovered: Vec<Discovered> = houses.values().map(discovered).collect();
    for chunk in discovered.chunks(5_000) {
        store_tasks(db, by, chunk).await?;
    }
    let task_of: Vec<(i32, i64)> = sqlx::query_as(
        "SELECT subject_id, task_id FROM task WHERE step_id = $1 ORDER BY subject_id",
    )
    .bind(step.step_id)
    .fetch_all(db)
    .await?;
    let term = lead(db, Uuid::from_u128(1), NAME, LEASE).await?;
    let term = term.ok_or_else(|| BenchError::nothing("another leads the fresh database"))?;
    let pod = NewPod {
        name: NAME,
        version: env!("CARGO_PKG_VERSION"),
        agents: i32::try_from(AT_ONCE).unwrap_or(i32::MAX),
        lease: LEASE,
    };
    let pod_id = register(db, &pod).await?;
    let (began, mut snapshots, mut seat_records) = (Instant::now(), 0, 0);
    let mut storing = Vec::new();
    for look in 0..*set.looks.end() {
        if set.is_half_logged {
            db.execute(LOGGING[usize::from(look.is_multiple_of(2))])
                .await?;
        }
        storing.push((0, Duration::ZERO));
        let seen: Vec<i64> = task_of
            .iter()
            .filter(|(showtime_id, _)| {
                houses
                    .get(showtime_id)
                    .is_some_and(|house| house.looks > look)
            })
            .map(|(_, task_id)| *task_id)
            .collect();
        for chunk in seen.chunks(AT_ONCE) {
            let expires_at = clock(db).await? + LEASE;
            enqueue(db, term, &ready(chunk, expires_at)).await?;
            let claims = claim(db, pod_id, 0, u32::try_from(AT_ONCE).unwrap_or(u32::MAX)).await?;
            let jobs: Vec<Finished> = claims
                .iter()
                .filter_map(|claim| saw(claim, &mut houses, look))
                .collect();
            let asked = Instant::now();
            let ended = finish(db, pod_id, &jobs).await?;
            let took = asked.elapsed();
            let stored = ended.iter().filter(|job| job.stored_snapshot).count();
            if stored != chunk.len() {
                return Err(BenchError::nothing(format!(
                    "{stored} of {} were stored",
                    chunk.len()
                )));
            }
            snapshots += stored as u64;
            if let Some(of_look) = storing.last_mut() {
                of_look.0 += stored as u64;
                of_look.1 += took;
            }
            let seats = jobs.iter().filter_map(|job| job.row_count);
            seat_records += seats
                .map(|seats| u64::from(seats.cast_unsigned()))
                .sum::<u64>();
        }
    }
    db.execute(LOGGING[1]).await?;
    Ok(Loaded {
        seat_records,
        snapshots,
        took: began.elapsed(),
        storing,
    })
}

/// Stores the showtimes with their layouts; gives them by their ids.
async fn houses(db: &PgPool, by: SeenBy, set: &Set) -> Result<HashMap<i32, House>, BenchError> {
    let cinema = Cinema {
        key: "1".to_owned(),
        name: "A cinema".to_owned(),
        timezone: "UTC".to_owned(),
        territory: "FR".to_owned(),
        city: None,
        latitude: None,
        longitude: None,
    };
    let cinemas = store_cinemas(db, by, &[cinema]).await?;
    let cinema_id = cinemas.get("1").copied().unwrap_or_default();
    let today = clock(db)
        .await?
        .date_naive()
        .and_time(NaiveTime::MIN)
        .and_utc();
    let starts_at = today - TimeDelta::days(STARTED_DAYS_AGO) + TimeDelta::hours(STARTED_AT_HOUR);
    let showtimes: Vec<Showtime> = (1..=set.showtimes)
        .map(|number| showtime(number, starts_at))
        .collect();
    let mut ids = HashMap::new();
    for chunk in showtimes.chunks(5_000) {
        ids.extend(store_showtimes(db, by, cinema_id, chunk).await?);
    }
    let mut layouts = HashMap::new();
    let mut houses = HashMap::new();
    for (key, showtime_id) in ids {
        let number: u64 = key.parse().unwrap_or_default();
        let more = u16::try_from(mix(&[number, 0]) % SEATS.1).unwrap_or_default();
        let seats = SEATS.0 + more;
        let layout_id = match layouts.get(&seats) {
            Some(known) => *known,
            None => layout_id(db, by, Uuid::from_u128(seats.into()), &layout(seats)).await?,
        };
        layouts.insert(seats, layout_id);
        let span = set.looks.end() - set.looks.start() + 1;
        let looks = set.looks.start()
            + u32::try_from(mix(&[number, 5]) % u64::from(span)).unwrap_or_default();
        let sold = |seat: u16| u8::from(mix(&[number, 6, seat.into()]).is_multiple_of(6));
        let house = House {
            number,
            showtime_id,
            layout_id,
            starts_at,
            looks,
            codes: (0..seats).map(sold).collect(),
        };
        houses.insert(showtime_id, house);
    }
    Ok(houses)
}

fn showtime(number: u32, starts_at: DateTime<Utc>) -> Showtime {
    let film = number.div_ceil(OF_A_FILM);
    Showtime {
        key: number.to_string(),
        film_key: film.to_string(),
        film_title: format!("Film {film}"),
        auditorium_key: None,
        auditorium_name: None,
        starts_at,
        business_on: starts_at.date_naive(),
        seats_total: None,
        sold_out: None,
        attributes: None,
    }
}

/// Rows of twenty seats.
fn layout(seats: u16) -> Layout {
    let numbers = || (0..seats).map(i32::from);
    let words = |word: fn(i32) -> String| numbers().map(word).collect::<Vec<_>>();
    Layout {
        x: numbers().map(|seat| Some(seat % 20)).collect(),
        y: numbers().map(|seat| Some(seat / 20)).collect(),
        seat_key: words(|seat| format!("{}-{}", seat / 20, seat % 20)),
        row_label: words(|seat| (seat / 20).to_string()),
        seat_number: words(|seat| (seat % 20 + 1).to_string()),
        area: words(|_| String::new()),
        kind: words(|_| String::new()),
        seat_group: words(|_| String::new()),
    }
}

fn discovered(house: &House) -> Discovered {
    Discovered {
        step: "seats".to_owned(),
        key: house.showtime_id.to_string(),
        params: json!({}),
        subject_id: Some(house.showtime_id),
        starts_at: None,
        gate: None,
    }
}

fn ready(task_ids: &[i64], expires_at: DateTime<Utc>) -> Vec<Ready> {
    let row = |task_id: &i64| Ready {
        task_id: *task_id,
        limit_key_id: 1,
        permits: 1,
        attempt: 1,
        expires_at,
        pod_id: None,
    };
    task_ids.iter().map(row).collect()
}

/// What a job sees at its look.
fn saw(claim: &Claim, houses: &mut HashMap<i32, House>, look: u32) -> Option<Finished> {
    let house = houses.get_mut(&claim.subject_id?)?;
    if look > 0 {
        house.turn(look);
    }
    Some(Finished {
        observed_ago: Some(house.age(look)),
        row_count: i32::try_from(house.codes.len()).ok(),
        missing: None,
        seats: Some(house.snapshot()),
        ..finished(claim)
    })
}
