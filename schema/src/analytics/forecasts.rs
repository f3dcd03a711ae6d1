//! Forecasts: what was known at an origin, and what was forecast from it.
//!
//! Takes an origin, gives dated records for the package `forecast`, and stores what it made of them.
//! Every statement that reads inputs filters by the origin; the records carry their times as well,
//! so the package filters again. If a run fails, nothing of it is stored.

mod inputs;
mod outcome;
mod past;
mod release;
mod run;
mod shown;
mod store;

pub use ::forecast::QUANTILE_LEVELS;
pub use inputs::{Inputs, MAX_SHOWTIMES, read_inputs};
pub use outcome::{Unscored, settle, store_scores, unscored};
pub use release::{read_releases, store_presales};
pub use run::{RunRecord, delete_old, insert_run, latest_origin, lock};
pub use shown::{
    AccuracyRow, Shown, WorkDayQuantiles, accuracy, of_showtime, of_work, quantiles_of_work,
    refusals,
};
pub use store::{NewForecast, Refused, Target, store, store_refusals};
