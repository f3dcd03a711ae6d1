//! Snapshots against the seats that were served.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::PgPool;

use super::{
    Audit, Rule,
    history::{by_job, was_served},
    record::{Job, Record, Snapshot},
};
use simulated_chains::{
    codes,
    witness::{GONE, Line, PageKind},
    world::World,
};

/// Snapshots that are also asked for in the view; the others are decoded here.
const SAMPLE: usize = 300;

/// The words of the counters, in their order; the last counts seats without a status.
const STATUSES: [&str; 7] = [
    "available",
    "sold",
    "held",
    "blocked",
    "broken",
    "house",
    "unknown",
];

/// For each seat of a stored layout, its place in the symbols of a served one;
/// `None` if the two have different seats.
type Places = HashMap<(i32, usize, u8, usize), Option<Vec<usize>>>;

/// Checks every snapshot, and every answer that was none.
pub(super) fn check(audit: &mut Audit, record: &Record, lines: &[Line], world: &World) {
    let requests = by_job(lines);
    let jobs: HashMap<i64, &Job> = record.jobs.iter().map(|job| (job.id, job)).collect();
    let mut places = Places::new();
    let mut stored = HashSet::new();
    for snapshot in &record.snapshots {
        audit.add("snapshots", 1);
        let id = snapshot.job_id;
        let job = jobs.get(&id).copied();
        let is_of_success = job.is_some_and(|job| job.outcome == "succeeded");
        if !stored.insert(id) || !is_of_success {
            audit.breaks(Rule::StoredOnce, || {
                let outcome = job.map_or("in no history", |job| job.outcome.as_str());
                format!("a snapshot of job {id}: the job is {outcome}, or has two")
            });
        }
        let line = requests.get(&id).and_then(|lines| lines.first());
        match (line, job) {
            (Some(line), Some(job)) => {
                compare(audit, record, snapshot, job, line, world, &mut places);
            }
            _ => audit.breaks(Rule::SeatsAsServed, || {
                format!("a snapshot of job {id}, which asked for nothing")
            }),
        }
    }
    check_changes(audit, record, &requests, &stored);
}

/// Compares one snapshot with the map that its job was served, seat by seat.
fn compare(
    audit: &mut Audit,
    record: &Record,
    snapshot: &Snapshot,
    job: &Job,
    line: &Line,
    world: &World,
    places: &mut Places,
) {
    let keys = record.layouts.get(&snapshot.layout_id);
    let known = record.codes.get(&job.source);
    let showtime = world.chain(&line.chain).and_then(|chain| {
        let key = line.showtime.as_ref()?.parse().ok()?;
        Some((chain, world.showtime(chain, key)?))
    });
    let (Some(keys), Some(known), Some((chain, showtime)), Some(symbols)) =
        (keys, known, showtime, line.seats.as_ref())
    else {
        return audit.breaks(Rule::SeatsAsServed, || {
            format!("job {} was not served a whole seat map", job.id)
        });
    };
    let is_asked = line.cinema.as_ref() == Some(&snapshot.cinema)
        && line.showtime.as_ref() == Some(&snapshot.showtime);
    // Seats have the same keys in all showtimes of an auditorium.
    let same = (
        snapshot.layout_id,
        chain.number,
        showtime.auditorium,
        showtime.layout,
    );
    let place = places.entry(same).or_insert_with(|| {
        let served = line.seat_keys(world)?;
        let by_key: HashMap<&String, usize> = served
            .iter()
            .zip(symbols.chars())
            .enumerate()
            .filter(|(_, (_, symbol))| *symbol != GONE)
            .map(|(at, (key, _))| (key, at))
            .collect();
        let places = keys.iter().map(|key| by_key.get(key).copied());
        let places: Option<Vec<usize>> = places.collect();
        places.filter(|places| places.len() == by_key.len())
    });
    let (Some(place), true) = (place, is_asked) else {
        return audit.breaks(Rule::SeatsAsServed, || {
            format!(
                "job {} stored other seats, or those of another showtime: {} {}",
                job.id, snapshot.cinema, snapshot.showtime
            )
        });
    };
    audit.add("seat records", keys.len() as u64);
    let (codes, symbols) = (codes::codes(chain.shape), symbols.as_bytes());
    let mut counters = [0_i16; 8];
    for ((at, index), key) in place
        .iter()
        .zip(snapshot.code_indices(keys.len()))
        .zip(keys)
    {
        let symbol = symbols
            .get(*at)
            .and_then(|symbol| char::from(*symbol).to_digit(36));
        let served = symbol
            .and_then(|symbol| codes.get(symbol as usize))
            .copied();
        let stored = known.get(&index).map(|(code, _)| code.as_str());
        let status = known.get(&index).and_then(|(_, status)| status.as_deref());
        counters[counter_of(status)] += 1;
        if served.is_none() || served != stored {
            audit.breaks(Rule::SeatsAsServed, || {
                format!(
                    "job {}, seat {key}: {stored:?} stored, {served:?} served",
                    job.id
                )
            });
        }
    }
    let [.., unmapped] = counters;
    audit.add(
        "  of these: not mapped, kept as they came",
        u64::try_from(unmapped).unwrap_or(0),
    );
    check_counters(audit, snapshot, counters);
}

/// The place of a status among the counters.
fn counter_of(status: Option<&str>) -> usize {
    let named = STATUSES.iter().position(|known| status == Some(known));
    named.unwrap_or(STATUSES.len())
}

fn check_counters(audit: &mut Audit, snapshot: &Snapshot, counted: [i16; 8]) {
    if counted.as_slice() != snapshot.counters {
        audit.breaks(Rule::NothingGuessed, || {
            format!(
                "job {}: counters {:?}, seats {counted:?}",
                snapshot.job_id, snapshot.counters
            )
        });
    }
}

/// Checks that each showtime's snapshots are its changes: walks through the
/// answers to each task in order.
fn check_changes(
    audit: &mut Audit,
    record: &Record,
    requests: &HashMap<i64, Vec<&Line>>,
    stored: &HashSet<i64>,
) {
    let mut last: HashMap<i64, &String> = HashMap::new();
    let seats = |job: &&Job| job.yields == "seats" && job.outcome == "succeeded";
    for job in record.jobs.iter().filter(seats) {
        let mut lines = requests.get(&job.id).into_iter().flatten();
        let served = lines.find(|line| was_served(line) && line.kind == PageKind::Seats);
        // Without, it is among those that succeeded and were not served.
        let Some(state) = served.and_then(|line| line.seats.as_ref()) else {
            continue;
        };
        audit.add("seat maps seen", 1);
        let before = last.insert(job.task_id, state);
        let differs = before != Some(state);
        if !differs {
            audit.add("  of these: unchanged, no snapshot needed", 1);
        }
        if job.changed != Some(differs) || stored.contains(&job.id) != differs {
            audit.breaks(Rule::ChangesStored, || {
                format!(
                    "job {} of {}: differs from the last: {differs}, said: {:?}, stored: {}",
                    job.id,
                    served.map_or("?", |line| line.chain.as_str()),
                    job.changed,
                    stored.contains(&job.id)
                )
            });
        }
    }
}

/// Asks the view for some of the snapshots, as an analyst would, and compares those too.
pub(super) async fn check_view(
    audit: &mut Audit,
    db: &PgPool,
    record: &Record,
    lines: &[Line],
    world: &World,
) -> Result<(), sqlx::Error> {
    let requests = by_job(lines);
    let step = record.snapshots.len().div_ceil(SAMPLE).max(1);
    for snapshot in record.snapshots.iter().step_by(step) {
        audit.add("snapshots asked for in the view", 1);
        let seats: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT seat_key, code, status::text FROM seat_record WHERE showtime_id = $1 AND job_id = $2",
        )
        .bind(snapshot.showtime_id)
        .bind(snapshot.job_id)
        .fetch_all(db)
        .await?;
        let mut counters = [0_i16; 8];
        for (_, _, status) in &seats {
            counters[counter_of(status.as_deref())] += 1;
        }
        check_counters(audit, snapshot, counters);
        let shown: BTreeMap<String, &str> = seats
            .iter()
            .map(|(key, code, _)| (key.clone(), code.as_str()))
            .collect();
        let line = requests
            .get(&snapshot.job_id)
            .and_then(|lines| lines.first());
        if line.and_then(|line| line.seat_codes(world)) != Some(shown) {
            audit.breaks(Rule::SeatsAsServed, || {
                format!(
                    "the view shows job {} otherwise than served",
                    snapshot.job_id
                )
            });
        }
    }
    Ok(())
}
