//! Sources that answer with too much, beside others that do not: a real pod lives within its
//! memory, and the jobs of the others end.

use std::{fs, net::SocketAddr, time::Duration};

use schema::enums::{ErrorClass, Outcome};
use tests::harness::{
    error::HarnessError,
    fleet::{Database, Fleet, FleetOptions},
    memory::{MemoryLimit, peak_bytes},
    oversized::{Body, Oversized, ROWS},
    wait::wait_until,
};
use tokio::sync::watch;

use crate::scenario;

/// What a pod may take.
const MAX_BYTES: u64 = 512 << 20;
/// Sources that answer as they should.
const NEIGHBOURS: usize = 20;
/// Jobs of each of them that must end while the others are under way.
const MIN_JOBS: i64 = 3;
/// Nothing here takes so long unless it hangs.
const BOUND: Duration = Duration::from_mins(5);

/// A source with a listing of showtimes, and a short one of cinemas by which it is seen that it
/// can be asked again: one request at a time, so that a permit that is not given back shows.
fn definition(kind: Body, name: &str, address: SocketAddr) -> String {
    let access = match kind {
        Body::Rules => "public",
        _ => "permitted",
    };
    let (query, pages) = match kind {
        Body::Pages | Body::PagedListing => {
            ("?page={{ page.number }}", "pages = { until_empty = true }")
        }
        _ => ("", ""),
    };
    let listing = format!(
        r#"
        [steps.showtimes]
        for_each = "cinemas"
        for_each_where = "cinema.key == \"0\""
        every = "1d"
        yields = "showtimes"
        request = {{ url = "http://{address}/rows{query}", timeout = "2m" }}
        {pages}
        rows = ".[]"
        fields = {{ key = ".id", film_key = ".f", film_title = ".t", starts_at = {{ path = ".s", formats = ["epoch_seconds"], zone = "utc" }} }}
        "#
    );
    let (every, listing) = match kind {
        Body::Few => ("1s", ""),
        _ => ("2s", listing.as_str()),
    };
    format!(
        r#"
        name = "{name}"
        title = "{name}"
        access = "{access}"
        territory = "GB"
        timezone = "Europe/London"
        currency = "GBP"
        limit = {{ key = "{name}", rate = 10.0, burst = 10, concurrency = 1 }}
        [steps.cinemas]
        every = "{every}"
        yields = "cinemas"
        request = {{ url = "http://{address}/short" }}
        rows = ".[]"
        fields = {{ key = ".id", name = ".t" }}
        {listing}
        "#
    )
}

/// How the job of a large listing ended.
#[derive(Debug, sqlx::FromRow)]
struct Ended {
    job_id: i64,
    outcome: Outcome,
    error_class: Option<ErrorClass>,
    row_count: Option<i32>,
    error: Option<String>,
}

/// What was seen of a pod and of the neighbours of its bad sources.
struct Figures {
    peak_bytes: u64,
    cgroup: String,
    /// From the queue to the end: the median, and the most.
    delay: (f64, f64),
    jobs: i64,
}

/// Sources of a fleet, each with its server.
struct Sources {
    fleet: Fleet,
    released: watch::Receiver<bool>,
}

impl Sources {
    async fn add(&self, kind: Body, name: &str) -> Result<Oversized, HarnessError> {
        let server = Oversized::start(kind, self.released.clone()).await;
        let server = server.expect("a port is free");
        let file = self.fleet.directory().join(format!("{name}.toml"));
        fs::write(&file, definition(kind, name, server.address)).expect("it can be written");
        self.fleet.apply(&[file])?;
        Ok(server)
    }
}

/// The last job of the large listing of a source, once it has ended.
async fn ended(fleet: &Fleet, source: &str) -> Result<Ended, HarnessError> {
    wait_until(&format!("the listing of {source}"), BOUND, async || {
        let job = "SELECT job_id, outcome, error_class, row_count, error
            FROM job INNER JOIN step USING (step_id) INNER JOIN source USING (source_id)
            WHERE source.name = $1 AND step.name = 'showtimes' AND outcome IN ('succeeded', 'failed')
            ORDER BY finished_at LIMIT 1";
        let job = sqlx::query_as(job).bind(source);
        Ok(job.fetch_optional(fleet.db()).await?)
    })
    .await
}

/// Makes sure that a bad source ended as it should, and that its permit and its agent are free.
async fn check(fleet: &Fleet, kind: Body, source: &str) -> Result<(), HarnessError> {
    if kind == Body::Rules {
        // It is asked for nothing before its rules were read.
        return is_asked_again(fleet, source, 0).await;
    }
    let job = ended(fleet, source).await?;
    println!("{source}: {job:?}");
    let error = job.error.unwrap_or_default();
    match kind {
        Body::Window => assert_eq!(job.error_class, Some(ErrorClass::Malformed)),
        Body::Bomb => {
            assert_eq!(job.error_class, Some(ErrorClass::Oversized));
            assert!(
                error.contains("agent.body_limit, 16777216 bytes"),
                "{error}"
            );
        }
        Body::Pages => {
            assert_eq!(job.error_class, Some(ErrorClass::Oversized));
            // Which limit, its value, and what to do. Beside others it may have to give up before,
            // because it holds most of what they wait for.
            let share = (256 << 20) / 2;
            let is_over_its_share = error
                .contains(&format!("the {share} bytes that one source may take"))
                && error.contains("raise agent.memory or agent.source_share");
            let gave_up = error.contains("its part of agent.memory_wait");
            assert!(is_over_its_share || gave_up, "{error}");
        }
        Body::Listing | Body::PagedListing => {
            let rows = i32::try_from(ROWS).expect("it is small");
            assert_eq!(
                (job.outcome, job.row_count),
                (Outcome::Succeeded, Some(rows))
            );
            let stored = "SELECT count(*) FROM showtime INNER JOIN cinema USING (cinema_id)
                INNER JOIN source USING (source_id) WHERE source.name = $1";
            let stored: i64 = sqlx::query_scalar(stored)
                .bind(source)
                .fetch_one(fleet.db())
                .await?;
            assert_eq!(stored, i64::from(rows), "{source}");
        }
        Body::Stalls => assert_eq!(job.outcome, Outcome::Failed),
        Body::Rules | Body::Few => {}
    }
    is_asked_again(fleet, source, job.job_id).await
}

/// Waits for a job of the source that was claimed after this one had ended.
async fn is_asked_again(fleet: &Fleet, source: &str, after: i64) -> Result<(), HarnessError> {
    wait_until(&format!("another job of {source}"), BOUND, async || {
        let again = "SELECT count(*)
            FROM job INNER JOIN step USING (step_id) INNER JOIN source USING (source_id)
            WHERE source.name = $1 AND step.name = 'cinemas' AND outcome = 'succeeded'
                AND claimed_at > coalesce((SELECT finished_at FROM job WHERE job_id = $2), '-infinity')";
        let again: i64 = sqlx::query_scalar(again)
            .bind(source)
            .bind(after)
            .fetch_one(fleet.db())
            .await?;
        Ok((again > 0).then_some(()))
    })
    .await
}

/// Waits until each neighbour has had so many jobs that were queued after `since`.
async fn wait_for_neighbours(fleet: &Fleet, since: &str) -> Result<(), HarnessError> {
    wait_until("jobs of the neighbours", BOUND, async || {
        let least = "SELECT count(*)
            FROM (
                SELECT count(*) FROM job INNER JOIN step USING (step_id) INNER JOIN source USING (source_id)
                WHERE source.name LIKE 'neighbour-%' AND outcome = 'succeeded' AND enqueued_at > $1::timestamptz
                GROUP BY source_id HAVING count(*) >= $2
            ) AS served";
        let served: i64 = sqlx::query_scalar(least)
            .bind(since)
            .bind(MIN_JOBS)
            .fetch_one(fleet.db())
            .await?;
        Ok((usize::try_from(served) == Ok(NEIGHBOURS)).then_some(()))
    })
    .await
}

async fn now(fleet: &Fleet) -> Result<String, HarnessError> {
    let now = sqlx::query_scalar("SELECT now()::text");
    Ok(now.fetch_one(fleet.db()).await?)
}

/// Runs a pod with these sources beside its neighbours; `limit` outlives the fleet.
async fn survive(kinds: &[Body], limit: &mut Option<MemoryLimit>) -> Result<Figures, HarnessError> {
    let fleet = Fleet::start(FleetOptions {
        database: Database::Scratch,
        chains: None,
        pods: 0,
        pod_env: vec![
            ("FULLHOUSE_AGENT__MEMORY", "256MiB"),
            ("FULLHOUSE_AGENT__MEMORY_WAIT", "1m"),
            ("FULLHOUSE_AGENT__PROCESSING_TIMEOUT", "10m"),
        ],
        ..FleetOptions::default()
    })
    .await?;
    let (release, released) = watch::channel(false);
    let mut sources = Sources { fleet, released };
    for number in 0..NEIGHBOURS {
        sources
            .add(Body::Few, &format!("neighbour-{number}"))
            .await?;
    }
    let pod = sources.fleet.add_pod()?;
    let pid = sources.fleet.pod(pod)?.id();
    let made = MemoryLimit::of(pid, MAX_BYTES);
    match &made {
        Ok(_) => println!("the pod is in a cgroup with a limit of {MAX_BYTES} bytes"),
        Err(error) => println!("no cgroup can be made ({error}): only its peak is watched"),
    }
    *limit = made.ok();
    wait_for_neighbours(&sources.fleet, "-infinity").await?;

    let began_at = now(&sources.fleet).await?;
    let mut servers = Vec::new();
    for kind in kinds {
        let name = format!("{kind:?}").to_lowercase();
        servers.push((sources.add(*kind, &name).await?, *kind, name));
    }
    wait_until("requests to all", BOUND, async || {
        let all = servers.iter().all(|(server, ..)| server.asked() > 0);
        Ok(all.then_some(()))
    })
    .await?;
    // One of them stalls meanwhile: nobody waits for it.
    wait_for_neighbours(&sources.fleet, &now(&sources.fleet).await?).await?;
    if kinds.contains(&Body::Stalls) {
        wait_until("the request that stalls", BOUND, async || {
            let asks = "SELECT count(*) FROM running INNER JOIN step USING (step_id)
                INNER JOIN source USING (source_id)
                WHERE source.name = 'stalls' AND step.name = 'showtimes'";
            Ok((sources.fleet.number(asks).await? > 0).then_some(()))
        })
        .await?;
        wait_for_neighbours(&sources.fleet, &now(&sources.fleet).await?).await?;
    }
    let _ = release.send(true);
    for (_, kind, name) in &servers {
        check(&sources.fleet, *kind, name).await?;
    }

    let mut fleet = sources.fleet;
    let delays = "SELECT
            percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - enqueued_at)),
            max(extract(epoch FROM finished_at - enqueued_at))::float8, count(*),
            count(*) FILTER (WHERE outcome <> 'succeeded')
        FROM job INNER JOIN step USING (step_id) INNER JOIN source USING (source_id)
        WHERE source.name LIKE 'neighbour-%' AND enqueued_at > $1::timestamptz";
    let (median, most, jobs, failed): (f64, f64, i64, i64) = sqlx::query_as(delays)
        .bind(&began_at)
        .fetch_one(fleet.db())
        .await?;
    assert_eq!(failed, 0, "jobs of neighbours failed");
    assert!(fleet.pod(pod)?.is_running(), "the pod died");
    let figures = Figures {
        peak_bytes: peak_bytes(pid)?,
        cgroup: limit.as_ref().map_or("none".to_owned(), |limit| {
            limit
                .peak_bytes()
                .map_or_else(|error| error.to_string(), mebibytes)
        }),
        delay: (median, most),
        jobs,
    };
    assert!(
        figures.peak_bytes < MAX_BYTES,
        "{} bytes",
        figures.peak_bytes
    );
    fleet.end(&["the health of a source fell"]).await?;
    Ok(figures)
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// Prints a row for each.
fn print(all: &[(String, Figures)]) {
    println!(
        "| bad source | peak of the pod | of its cgroup | neighbours' jobs | median delay | longest |"
    );
    println!("|---|---|---|---|---|---|");
    for (name, figures) in all {
        let Figures {
            cgroup,
            delay: (median, longest),
            jobs,
            ..
        } = figures;
        let peak = mebibytes(figures.peak_bytes);
        println!("| {name} | {peak} | {cgroup} | {jobs} | {median:.3} s | {longest:.3} s |");
    }
}

/// Invariant 10: each alone, and none at all to compare with.
#[test]
fn a_pod_survives_each_bad_source() {
    scenario(async {
        let mut all = vec![("none".to_owned(), survive(&[], &mut None).await?)];
        for kind in Body::TOO_MUCH {
            let figures = survive(&[kind], &mut None).await?;
            all.push((format!("{kind:?}"), figures));
        }
        print(&all);
        Ok(())
    });
}

/// Invariant 10: a pod of 512 MiB, and all at once.
#[test]
fn a_pod_of_512_mib_survives_all_bad_sources_at_once() {
    scenario(async {
        let mut limit = None;
        let figures = survive(&Body::TOO_MUCH, &mut limit).await?;
        print(&[("all".to_owned(), figures)]);
        Ok(())
    });
}
