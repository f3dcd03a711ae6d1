//! What decides the world: the same options give the same world.

use clap::Args;
use jiff::Timestamp;

/// The world that is served.
#[derive(Debug, Clone, Args)]
pub struct WorldOptions {
    /// Number from which everything else is drawn.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Chains; the seven shapes in turn: bhd-1, major-1, cds-1, amc-1, megabox-1, cgv-kr-1,
    /// cgv-id-1, bhd-2 and so on.
    #[arg(long, default_value_t = 7)]
    pub chains: usize,
    /// Cinemas of each chain; 3,200 are no trouble, nothing is made before it is asked for.
    #[arg(long, default_value_t = 20)]
    pub cinemas: u32,
    /// Most auditoriums in a cinema, 1 to 16; a cinema has half as many up to all of them.
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
    /// How many times as fast as the wall clock the calendar runs, 1 or more. At 1000 a
    /// booking curve of 14 days passes in 20 minutes; all times served stay real instants.
    #[arg(long, default_value_t = 1.0, value_parser = parse_speed)]
    pub speed: f64,
    /// Instant from which the calendar runs at `--speed`, such as 2026-11-21T06:00:00Z.
    /// [default: now] Give it to see the same world again.
    #[arg(long)]
    pub epoch: Option<Timestamp>,
    /// Requests per second that each chain allows.
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
            rate: 1000.0,
            burst: 1000,
        }
    }
}
