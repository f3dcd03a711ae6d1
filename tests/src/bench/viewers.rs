//! What open pages add to the load of the database, while the fleet works.
//!
//! Each viewer asks for its page as the page's own script does: at the interval that the page states.
//! Half of them look at the fleet, the others at sources, jobs and the database. Windows with and
//! without viewers take turns, so that both see the same machine. What viewers add is what the sessions
//! of the web page use more of the processors: the load of the fleet itself varies by more than that
//! from window to window.

use std::time::Duration;

use reqwest::Client;
use tokio::{task::JoinSet, time::sleep};

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, quantile},
    scale,
    steady::{CINEMAS, Steady, Window},
};

/// Name on the command line.
pub const NAME: &str = "viewers";

/// Viewers; `VIEWERS` gives another number.
const VIEWERS: u32 = 200;
/// Jobs per second meanwhile; `RATE` gives another.
const RATE: u32 = 300;
/// Windows with viewers, and as many without.
const ROUNDS: usize = 3;
const DURATION: Duration = Duration::from_secs(20);
/// Time for what viewers share to be read, and for what they asked to be answered.
const SETTLE: Duration = Duration::from_secs(4);
/// What they may add, in percent.
const REACH: f64 = 5.0;

/// Of twenty viewers: how many look at a page, and how often it is read again.
const PAGES: [(usize, &str, Duration); 5] = [
    (10, "", Duration::from_secs(3)),
    (4, "sources", Duration::from_secs(10)),
    (3, "jobs", Duration::from_secs(5)),
    (2, "sources/bhd-1", Duration::from_secs(10)),
    (1, "database", Duration::from_secs(15)),
];

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    let viewers = scale::of("VIEWERS", VIEWERS).max(1);
    let env = [
        ("FULLHOUSE_WEB__LISTEN", "127.0.0.1:0"),
        ("FULLHOUSE_WEB__OPEN_ON_LOOPBACK", "true"),
        ("FULLHOUSE_WEB__REQUESTS_PER_SECOND", "100000"),
    ];
    let mut steady = Steady::start_with(scale::of("RATE", RATE), CINEMAS, &env).await?;
    let address = steady.fleet().page_address().await?;
    let duration = scale::duration(DURATION);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        eprintln!("  round {round} of {ROUNDS}, {duration:?} without and with {viewers} viewers");
        without.push(steady.window(duration).await?);
        let mut looking = look(&address, viewers);
        sleep(SETTLE).await;
        let window = steady.window(duration).await;
        looking.abort_all();
        while let Some(ended) = looking.join_next().await {
            // A viewer looks until it is ended; one that ended by itself met an error.
            if let Ok(ended) = ended {
                return Err(ended);
            }
        }
        with.push(window?);
        sleep(SETTLE).await;
    }
    steady.end().await;
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    let all: fn(&Window) -> f64 = |window| window.postgres_micros;
    let web: fn(&Window) -> f64 = |window| window.web_micros;
    let (without_all, without_web) = (median(&without, all), median(&without, web));
    let (with_all, with_web) = (median(&with, all), median(&with, web));
    let added = (with_web - without_web) / without_all * 100.0;
    Ok(vec![
        figure("load_added", added, "%").reach(Reach::AtMost(REACH)),
        figure("cpu_web", with_web, "µs/job").beside("without viewers", without_web),
        figure("cpu_postgres", with_all, "µs/job").beside("without viewers", without_all),
    ])
}

fn median(windows: &[Window], of: fn(&Window) -> f64) -> f64 {
    let mut values: Vec<f64> = windows.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

/// Starts viewers, who begin one after the other over three seconds.
fn look(address: &str, viewers: u32) -> JoinSet<BenchError> {
    let pages = PAGES
        .iter()
        .flat_map(|(count, path, every)| std::iter::repeat_n((*path, *every), *count))
        .cycle();
    let client = Client::new();
    let mut looking = JoinSet::new();
    for (number, (path, every)) in (0..viewers).zip(pages) {
        let (client, url) = (client.clone(), format!("{address}/{path}"));
        looking.spawn(async move {
            sleep(SETTLE * number / viewers).await;
            loop {
                if let Err(error) = read(&client, &url).await {
                    return error.into();
                }
                sleep(every).await;
            }
        });
    }
    looking
}

async fn read(client: &Client, url: &str) -> Result<(), reqwest::Error> {
    let answer = client.get(url).send().await?;
    answer.error_for_status()?.bytes().await?;
    Ok(())
}
