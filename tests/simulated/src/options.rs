//! Options of the world: the same options give the same world.

use clap::Args;
use jiff::Timestamp;

/// The world that is served.
#[derive(Debug, Clone, Args)]
pub struct WorldOptions {
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Number of chains; they take the seven shapes in turn: bhd-1, major-1, cds-1, amc-1,
    /// megabox-1, cgv-kr-1, cgv-id-1, bhd-2 and so on.
    #[arg(long, default_value_t = 7)]
    pub chains: usize,
    /// Cinemas of each chain; thousands cost nothing, as a cinema is made when it is requested.
    #[arg(long, default_value_t = 20)]
    pub cinemas: u32,
    /// Auditoriums of a cinema at most, 1 to 16; each cinema has at least half as many.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub auditoriums: u8,
    /// Showtimes per auditorium and day, 1 to 8.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub shows: u8,
    /// Days of showtimes that are listed ahead, 1 to 14.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u8).range(1..=14))]
    pub days: u8,
    /// Different layouts per shape.
    #[arg(long, default_value_t = 24)]
    pub layouts: usize,
    /// Speed of the calendar, as a multiple of the wall clock, 1 or more. At 1000, a booking
    /// curve of 14 days passes in 20 minutes; all times in answers stay real instants.
    #[arg(long, default_value_t = 1.0, value_parser = parse_speed)]
    pub speed: f64,
    /// Instant from which the calendar runs at `--speed`, such as 2026-11-21T06:00:00Z, for the
    /// same world again [default: now].
    #[arg(long)]
    pub epoch: Option<Timestamp>,
    /// Share of films, 0 to 1, to which a chain gives the number of another film.
    #[arg(long, default_value_t = 0.1, value_parser = parse_share)]
    pub wrong_ids: f64,
    /// Requests per second that each chain allows at most.
    #[arg(long, default_value_t = 1000.0)]
    pub rate: f64,
    /// Requests that each chain allows at once.
    #[arg(long, default_value_t = 1000)]
    pub burst: u32,
}

fn parse_speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (1.0..=100_000.0).contains(&speed) => Ok(speed),
        _ => Err("give a number from 1 to 100000, such as 1000".to_owned()),
    }
}

fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("give a number from 0 to 1, such as 0.45".to_owned()),
    }
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            chains: 7,
            cinemas: 20,
            auditoriums: 8,
            shows: 4,
            days: 14,
            layouts: 24,
            speed: 1.0,
            epoch: None,
            wrong_ids: 0.1,
            rate: 1000.0,
            burst: 1000,
        }
    }
}
