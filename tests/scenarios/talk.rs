//! A source that wants a token first and gives its rows in pages: each request is a job
//! with a permit of its own, and a conversation that dies with its pod starts again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use tests::harness::{
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::scenario;

const CINEMAS: u32 = 20;
const PAGES: u32 = 3;
const ROWS: u32 = 4;
const RATE: f64 = 20.0;
const BURST: u32 = 10;

/// One request as the source saw it.
struct Asked {
    at: Instant,
    path: String,
    job_id: i64,
}

/// The source: it gives a token, and pages to those who have one.
#[derive(Default)]
struct Site {
    asked: Mutex<Vec<Asked>>,
    tokens: AtomicU32,
}

impl Site {
    async fn listen(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let site = self.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let site = site.clone();
                tokio::spawn(async move { site.serve(socket).await });
            }
        });
        base
    }

    async fn serve(&self, mut socket: TcpStream) {
        let mut head = Vec::new();
        let mut buffer = [0; 4096];
        while !head.ends_with(b"\r\n\r\n") {
            match socket.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => head.extend_from_slice(&buffer[..count]),
            }
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
        };
        let job_id = header("x-request-id:").unwrap().parse().unwrap();
        let authorized =
            header("authorization:").is_some_and(|value| value.starts_with("Bearer secret-"));
        self.asked.lock().unwrap().push(Asked {
            at: Instant::now(),
            path: path.clone(),
            job_id,
        });
        let (status, body) = self.answer(&path, authorized);
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        // A pod that was killed does not listen.
        let _ = socket.write_all(answer.as_bytes()).await;
    }

    fn answer(&self, path: &str, authorized: bool) -> (&'static str, String) {
        if path == "/robots.txt" {
            return ("200 OK", "User-agent: *\nDisallow: /private".to_owned());
        }
        if path == "/token" {
            let number = self.tokens.fetch_add(1, Ordering::Relaxed);
            return ("200 OK", format!(r#"{{"token":"secret-{number}"}}"#));
        }
        if !authorized {
            return ("401 Unauthorized", String::new());
        }
        if path == "/cinemas" {
            let cinema = |id| format!(r#"{{"id":"{id}"}}"#);
            return ("200 OK", list((0..CINEMAS).map(cinema)));
        }
        let (cinema, page) = path.trim_start_matches("/shows/").split_once('/').unwrap();
        let page: u32 = page.parse().unwrap();
        let show = |index| {
            format!(
                r#"{{"id":"{cinema}-{page}-{index}","at":"2126-11-21T20:00:00Z","next":{}}}"#,
                page + 1
            )
        };
        ("200 OK", list((0..ROWS).map(show)))
    }

    /// The most requests beyond what the limit allows, in any window.
    fn excess(&self) -> f64 {
        let asked = self.asked.lock().unwrap();
        let mut times: Vec<Instant> = asked.iter().map(|asked| asked.at).collect();
        times.sort();
        let mut worst = f64::MIN;
        for (from, first) in times.iter().enumerate() {
            for (count, last) in (1_u32..).zip(&times[from..]) {
                let window = last.duration_since(*first).as_secs_f64();
                worst = worst.max(f64::from(count) - f64::from(BURST) - RATE * window);
            }
        }
        worst
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    format!(
        r#"{{"pages":{PAGES},"rows":{},"items":[{}]}}"#,
        PAGES * ROWS,
        items.join(",")
    )
}

fn definition(base: &str) -> String {
    let request = |path: &str| {
        format!(
            r#"{{ url = "{{{{ vars.base }}}}{path}", headers = {{ Authorization = "Bearer {{{{ token.value }}}}" }} }}"#
        )
    };
    let (cinemas, shows) = (
        request("/cinemas"),
        request("/shows/{{ cinema.key }}/{{ page.number }}"),
    );
    format!(
        r#"
name      = "talker"
title     = "Talker"
access    = "public"
territory = "DE"
timezone  = "Europe/Berlin"
currency  = "EUR"
limit     = {{ key = "talker", rate = {RATE:.1}, burst = {BURST} }}
vars      = {{ base = "{base}" }}

[steps.cinemas]
every   = "1d"
yields  = "cinemas"
request = {cinemas}
rows    = ".items[]"
fields  = {{ key = ".id", name = ".id" }}
first.token = {{ request = {{ url = "{{{{ vars.base }}}}/token", method = "POST" }}, take = {{ value = ".token" }} }}

[steps.showtimes]
for_each = "cinemas"
every    = "1d"
yields   = "showtimes"
request  = {shows}
pages    = {{ total = ".pages", rows = ".rows" }}
rows     = ".items[]"
first.token = {{ request = {{ url = "{{{{ vars.base }}}}/token", method = "POST" }}, take = {{ value = ".token" }} }}

[steps.showtimes.fields]
key        = ".id"
film_key   = ".id"
film_title = ".id"
starts_at  = {{ path = ".at", formats = ["rfc3339"], zone = "offset" }}
"#
    )
}

/// Invariants 2, 3, 7 and 11.
#[test]
fn a_conversation_keeps_the_limit_and_outlives_its_pod() {
    scenario(async {
        let site = Arc::new(Site::default());
        let base = site.listen().await;
        let mut fleet = Fleet::start(FleetOptions {
            chains: None,
            pod_lease: Duration::from_secs(3),
            ..FleetOptions::default()
        })
        .await?;
        let file = fleet.directory().join("talker.toml");
        fs::write(&file, definition(&base)).unwrap();
        fleet.apply(&[file])?;

        let asked = || site.asked.lock().unwrap().len();
        let begun = async || Ok((asked() > 30).then_some(()));
        wait_until("some conversations", PATIENCE, begun).await?;
        fleet.pod(0)?.kill()?;
        let all = i64::from(CINEMAS * PAGES * ROWS);
        wait_until("all showtimes", PATIENCE, async || {
            let stored = fleet.number("SELECT count(*) FROM showtime").await?;
            Ok((stored == all).then_some(()))
        })
        .await?;
        fleet.stop().await?;

        let excess = site.excess();
        println!("{} requests, excess {excess:.2}", asked());
        assert!(excess <= 0.0, "{excess:.2} requests too many");
        check_history(&fleet, &site).await?;
        fleet
            .end(&[
                "dead pods' claims given back",
                "the leader ended this pod",
                "results came after their lease had ended",
            ])
            .await
    });
}

/// Each request belongs to one job that says so, and no job says more.
async fn check_history(fleet: &Fleet, site: &Site) -> Result<(), HarnessError> {
    type Job = (i64, String, i16, Option<String>, Option<i64>, String);
    let jobs: Vec<Job> = sqlx::query_as(
        "SELECT job.job_id, job.outcome::text, job.requests, job.request_url, job.parent_job_id, step.name
        FROM job INNER JOIN step USING (step_id)",
    )
    .fetch_all(fleet.db())
    .await?;
    let mut said: BTreeMap<i64, i16> = BTreeMap::new();
    let mut continued = 0;
    for (job_id, outcome, requests, url, parent, step) in &jobs {
        said.insert(*job_id, *requests);
        if outcome == "continued" {
            continued += 1;
            assert_eq!(*requests, 1);
            assert!(url.is_some());
            assert_eq!(parent.is_some(), step == "showtimes");
        }
        assert_ne!(outcome, "failed", "job {job_id}");
    }
    println!("{} jobs, {continued} of them went on", jobs.len());
    assert!(continued >= CINEMAS * PAGES);
    let mut seen = BTreeSet::new();
    for Asked { path, job_id, .. } in site.asked.lock().unwrap().iter() {
        assert!(seen.insert(*job_id), "job {job_id} asked twice: {path}");
        let lost = said[job_id] == 0;
        assert!(
            said[job_id] == 1 || lost,
            "job {job_id} of {path} says {}",
            said[job_id]
        );
    }
    let message = "SELECT count(*) FROM job_log WHERE message LIKE '%secret-%'";
    assert_eq!(
        fleet.number(message).await?,
        0,
        "tokens are nobody's business"
    );
    Ok(())
}
