//! What people change: the cores of the commands, the API and the page.
//!
//! Each action is carried out with its row in the audit, in one transaction. Nothing is printed
//! here: a [`report::Report`] says what happened.
//!
//! | module | changes |
//! |---|---|
//! | [`act`] | whatever an action says, for the API and the page |
//! | [`apply`] | definitions |
//! | [`trial`] | nothing: reads a recorded answer |
//! | [`source`] | state of a source, its baselines, the meaning of its codes |
//! | [`task`] | single tasks |
//! | [`weight`] | what a sale is worth |
//! | `verdict` | a verdict on two films or two cinemas, stored and recorded |
//! | [`film`] | verdicts on pairs of films |
//! | [`venue`] | verdicts on pairs of cinemas |
//! | [`observation`] | what the subjects of observations are |
//! | [`anomaly`] | decisions on anomalies, and special days |
//! | [`data_set`] | data sets, and which of their days are due |
//! | [`event`] | clients that send events, their keys, schemas and names |
//! | [`region`] | regions to and from which events go as files |
//! | [`alert`] | silences of alerts |
//! | [`quarantined`] | nothing: bodies of answers in quarantine |
//! | [`report`] | the audit |

pub mod act;
pub mod apply;
pub mod trial;
pub mod source;
pub mod task;
pub mod weight;
mod verdict;
pub mod film;
pub mod venue;
pub mod observation;
pub mod anomaly;
pub mod data_set;
pub mod event;
pub mod region;
pub mod alert;
pub mod quarantined;
pub mod report;
