//! Forecasts admissions of showtimes, days and works, and estimates cinemas without seat maps.
//!
//! Pure: no clock, no network, no database. A caller gives dated records; a forecast reads only
//! what was known at its origin, because [`Known`] is all that it can be made from.

mod real;
mod ratio;
pub mod origin;
pub mod record;
pub mod weather;
pub mod distribution;
pub mod past;
pub mod history;
pub mod refusal;
mod rank;
mod spread;
mod calibration;
mod factor;
mod trend;
mod level;
pub mod showtime;
mod day_shape;
mod decay;
mod opening;
mod programme;
mod total_calibration;
pub mod work_day;
pub mod comparable;
pub mod extrapolation;
mod pickup;
pub mod baseline;
pub mod total_baseline;
pub mod score;

pub use baseline::{BASELINES, Baselines};
pub use calibration::size_class;
pub use comparable::{Comparable, Opening, OpeningForecast, Presale, Release, Releases};
pub use distribution::Predictive;
pub use extrapolation::{CinemaDay, Estimate, extrapolate};
pub use history::{History, Known, KnownShowtime, PAST_DAYS};
pub use origin::{Origin, Recorded};
pub use past::{PastForecast, PastTotal, Phase};
pub use record::{Count, Holidays, Listing, Outcome, Territory, Weather, territory};
pub use refusal::Refusal;
pub use score::{Accuracy, Scored, pinball};
pub use showtime::{MIN_FINISHED, QUANTILE_LEVELS, ShowtimeForecast, ShowtimeForecaster};
pub use total_baseline::TotalBaselines;
pub use weather::{DayWeather, outdoor};
pub use work_day::{WorkDayForecast, forecast_work_days};
