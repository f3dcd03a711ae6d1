//! Decides which aggregates of a day are anomalous, and whether data or the market is the cause.
//!
//! Pure: no clock, no network, no database. Thousands of cinemas with several metrics give false
//! alarms every day if each is tested, so aggregates are tested first, and cinemas are looked at
//! where an aggregate deviates. Only that a cinema went silent is tested for each.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | `metric`, `subject`, `cause` | nothing | what is measured, of what, and why it may deviate |
//! | `decision` | what was found before | whether an anomaly is new, goes on, or was rejected |
//! | `series` | values of a day and their past | the input of a [`Run`] |
//! | `probability`, `robust`, `false_discovery`, `change_point` | numbers | tails, medians, q-values, the last change of level |
//! | `baseline`, `expectation` | the past of a value, and of its peers | what is expected, and how far values lie from it |
//! | `screen`, `work`, `silence` | expectations | a test of each aggregate, work and cinema |
//! | `finding` | tests | discoveries, by subject |
//! | `fault`, `event` | discoveries | the cause, with the evidence |
//! | `words` | a test and its evidence | a sentence for people |
//! | `anomaly` | nothing | the output of a run |
//! | [`detect()`] | a run | a [`Report`] |

mod metric;
mod subject;
mod cause;
mod decision;
mod series;
mod probability;
mod robust;
mod false_discovery;
mod change_point;
mod baseline;
mod expectation;
mod screen;
mod work;
mod silence;
mod finding;
mod fault;
mod event;
mod words;
mod anomaly;
mod detect;

pub use anomaly::{Anomaly, Report};
pub use cause::Cause;
pub use decision::{Known, Standing};
pub use detect::detect;
pub use metric::Metric;
pub use series::{HISTORY_DAYS, Run, Series};
pub use subject::{Subject, SubjectKind};
