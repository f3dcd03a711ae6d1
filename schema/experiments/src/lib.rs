//! Decides what an experiment shows, from sums over its users.
//!
//! Pure: no clock, no network, no database. SQL gives sums per variation, and from them come
//! effects with intervals, p-values that stay valid under daily looks, warnings and a verdict in
//! words. No result is infinite or not a number: what cannot be computed is refused with a reason.
//!
//! Modules stand in the order of the data.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`planning`] | a wanted effect, or a number of users | users that are needed, or the effect they show |
//! | [`sums`] | what SQL adds up per variation | [`Sums`] |
//! | `moments` | sums | means and covariances, checked |
//! | [`mod@estimate`] | the sums of control and variation | difference and lift with standard errors, adjusted by a covariate |
//! | `student_t`, `normal` | a test statistic | its probability |
//! | [`interval`] | an estimate | its interval and p-value, for one look or for any number |
//! | [`correction`] | p-values of several comparisons | p-values adjusted for their number |
//! | [`ratio_mismatch`] | users and weights | whether users came in the wanted ratio |
//! | [`warning`] | sums, estimates, the ratio | reasons for doubt |
//! | [`verdict`] | one comparison | what it shows, in numbers and words |
//! | [`mod@report`] | an experiment | a verdict per metric and variation |
//! | [`refusal`] | | reasons for which there is no result |

mod real;
pub mod refusal;
mod normal;
mod student_t;
pub mod planning;
pub mod sums;
mod moments;
pub mod estimate;
pub mod interval;
pub mod correction;
pub mod ratio_mismatch;
mod wording;
pub mod warning;
pub mod verdict;
pub mod report;

pub use correction::{Correction, adjust};
pub use estimate::{Adjustment, Estimate, Estimates, estimate};
pub use interval::{Effect, Method};
pub use planning::{NeededUsers, Plan, Spread};
pub use ratio_mismatch::{UserRatio, check_ratio};
pub use refusal::{Group, Refusal};
pub use report::{Experiment, Metric, Report, Settings, report};
pub use sums::{Covariate, Denominator, Sums};
pub use verdict::{Goal, Outcome, Verdict};
pub use warning::Warning;
