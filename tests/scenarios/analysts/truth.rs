//! What the simulated chains really sold, beside what the page's questions were answered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use simulated_chains::{
    booking::SeatState,
    codes,
    layout::{Area, Kind},
    price, request,
    shape::Shape,
    witness::{Line, PageKind},
    world::{Chain, Showtime, World},
};
use tests::harness::{error::HarnessError, fleet::Fleet};

/// What was served, and which showtime has which number.
pub(super) struct Truth<'a> {
    world: &'a World,
    lines: Vec<Line>,
    known: HashMap<i64, (String, u64)>,
}

/// Number, source and key of every showtime.
const KNOWN: &str = "SELECT showtime.showtime_id::bigint, source.name, showtime.key
    FROM showtime
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    INNER JOIN source ON source.source_id = cinema.source_id";
/// Source and key of every showtime whose prices were stored.
const PRICED: &str = "SELECT DISTINCT source.name, showtime.key
    FROM showtime_tariff
    INNER JOIN showtime ON showtime.showtime_id = showtime_tariff.showtime_id
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    INNER JOIN source ON source.source_id = cinema.source_id";

impl<'a> Truth<'a> {
    /// Reads what was served to a fleet that was stopped.
    pub(super) async fn read(fleet: &'a Fleet) -> Result<Self, HarnessError> {
        let rows: Vec<(i64, String, String)> = sqlx::query_as(KNOWN).fetch_all(fleet.db()).await?;
        let known = rows
            .into_iter()
            .map(|(id, source, key)| (id, (source, key.parse().unwrap())));
        Ok(Self {
            world: fleet.chains()?.world(),
            lines: fleet.chains()?.witness(0).await?,
            known: known.collect(),
        })
    }

    /// Cinemas and showtimes of each chain: all that its answers ever listed.
    pub(super) fn listed(&self, rows: &[Value]) {
        let mut listed: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<u64>)> = BTreeMap::new();
        for line in &self.lines {
            let (PageKind::Showtimes, 200, Some(cinema)) = (line.kind, line.status, &line.cinema)
            else {
                continue;
            };
            let chain = self.world.chain(&line.chain).unwrap();
            let number = request::cinema_number(chain.shape, cinema).unwrap();
            let place = self.world.cinema(chain, number).unwrap();
            let of_chain = listed.entry(&line.chain).or_default();
            of_chain.0.insert(cinema);
            let showtimes = self.world.listed(chain, place, line.at_us / 1000);
            of_chain
                .1
                .extend(showtimes.iter().map(|showtime| showtime.key));
        }
        let truth = listed.into_iter().map(|(source, (cinemas, showtimes))| {
            (source.to_owned(), cinemas.len(), showtimes.len())
        });
        let answered = rows.iter().map(|row| {
            let count = |name| usize::try_from(whole(row, name)).unwrap();
            (text(row, "source"), count("cinemas"), count("showtimes"))
        });
        assert_eq!(answered.collect::<Vec<_>>(), truth.collect::<Vec<_>>());
    }

    /// Sold seats of each snapshot, as its job was answered.
    pub(super) fn curve(&self, rows: &[Value]) {
        for row in rows {
            let line = self.line(whole(row, "job_id"));
            let symbols = line.seats.as_deref().unwrap().chars();
            let sold = sold_symbols(self.chain(line).shape);
            let sold = symbols.filter(|symbol| {
                let symbol = symbol.to_digit(36);
                symbol.is_some_and(|symbol| sold.contains(&symbol))
            });
            assert_eq!(whole(row, "sold"), count(sold.count()), "{row}");
        }
    }

    /// Sold seats of showtimes that were looked at after their start, when nothing is sold any
    /// more; those of the chains in `except` apart.
    pub(super) fn admissions(&self, rows: &[Value], except: &[&str]) {
        for row in rows.iter().filter(|row| !row["sold_after"].is_null()) {
            let (source, key) = &self.known[&whole(row, "showtime_id")];
            if except.contains(&source.as_str()) {
                continue;
            }
            let chain = self.world.chain(source).unwrap();
            let showtime = self.world.showtime(chain, *key).unwrap();
            assert_eq!(
                whole(row, "sold_after"),
                self.sold_in_the_end(chain, &showtime),
                "{source} {key}: {row}"
            );
            assert_eq!(
                whole(row, "admissions"),
                whole(row, "sold_after"),
                "{source} {key}: {row}"
            );
        }
    }

    /// Lowest and highest prices of the tickets of the chains that the answer names.
    pub(super) async fn prices(&self, fleet: &Fleet, rows: &[Value]) -> Result<(), HarnessError> {
        let priced: Vec<(String, String)> = sqlx::query_as(PRICED).fetch_all(fleet.db()).await?;
        for row in rows {
            let (source, ticket) = (text(row, "source"), text(row, "ticket"));
            let chain = self.world.chain(&source).unwrap();
            let (_, _, share) = *price::TICKETS
                .iter()
                .find(|known| known.1 == ticket)
                .unwrap();
            let areas: &[Area] = match chain.shape {
                Shape::Bhd => &Area::ALL,
                _ => &[Area::Plain],
            };
            let of_chain = priced.iter().filter(|(name, _)| *name == source);
            let amounts: BTreeSet<i64> = of_chain
                .map(|(_, key)| self.world.showtime(chain, key.parse().unwrap()).unwrap())
                .flat_map(|showtime| {
                    let adult = |area: &Area| showtime.adult_price(chain.shape, *area);
                    areas
                        .iter()
                        .map(move |area| adult(area) * share / 100)
                        .collect::<Vec<_>>()
                })
                .collect();
            let answered = (hundredths(row, "least"), hundredths(row, "most"));
            let truth = (*amounts.first().unwrap(), *amounts.last().unwrap());
            assert_eq!(answered, truth, "{row}");
        }
        Ok(())
    }

    /// The code of each seat, as the job that saw it was answered.
    pub(super) fn seats(&self, rows: &[Value]) {
        for row in rows {
            let line = self.line(whole(row, "job_id"));
            let served = line.seat_codes(self.world).unwrap();
            let code = served
                .get(&text(row, "seat_key"))
                .map(|code| (*code).to_owned());
            assert_eq!(code, Some(text(row, "code")), "{row}");
            assert!(text(row, "request_url").ends_with(&line.path), "{row}");
        }
    }

    /// The answer that a job got.
    fn line(&self, job_id: i64) -> &Line {
        let job = job_id.to_string();
        let of_job = |line: &&Line| line.job.as_ref() == Some(&job) && line.seats.is_some();
        self.lines.iter().find(of_job).unwrap()
    }

    fn chain(&self, line: &Line) -> &Chain {
        self.world.chain(&line.chain).unwrap()
    }

    fn sold_in_the_end(&self, chain: &Chain, showtime: &Showtime) -> i64 {
        let layout = &self
            .world
            .plan(chain.shape, showtime.layout)
            .unwrap()
            .layout;
        let states = self
            .world
            .history(chain, showtime)
            .at(showtime.starts_at_ms);
        let sold = sold_symbols(chain.shape);
        let symbols = layout
            .seats
            .iter()
            .zip(states)
            .map(|(seat, state)| u32::from(codes::symbol(chain.shape, seat.kind, state)));
        count(symbols.filter(|symbol| sold.contains(symbol)).count())
    }
}

/// The symbols that the definition of a shape reads as sold. That of major does so with
/// `Reserved`, which baskets are shown as.
fn sold_symbols(shape: Shape) -> BTreeSet<u32> {
    let states: &[SeatState] = match shape {
        Shape::Major => &[SeatState::Sold, SeatState::Held],
        _ => &[SeatState::Sold],
    };
    let kinds = [
        Kind::Standard,
        Kind::SofaLeft,
        Kind::SofaRight,
        Kind::Wheelchair,
        Kind::Companion,
    ];
    let of_state = |state: &SeatState| {
        let state = *state;
        kinds.map(move |kind| u32::from(codes::symbol(shape, kind, state)))
    };
    states.iter().flat_map(of_state).collect()
}

fn text(row: &Value, name: &str) -> String {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {row}"))
        .to_owned()
}

fn whole(row: &Value, name: &str) -> i64 {
    row[name]
        .as_i64()
        .unwrap_or_else(|| panic!("no {name} in {row}"))
}

#[expect(clippy::cast_possible_truncation, reason = "prices are below 2^53")]
fn hundredths(row: &Value, name: &str) -> i64 {
    (row[name].as_f64().unwrap() * 100.0).round() as i64
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap()
}
