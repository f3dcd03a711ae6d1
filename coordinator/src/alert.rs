//! Alerts: what a person should know, and how they are notified.
//!
//! Takes facts of the database; gives alerts, and messages about them. Each condition of the list in
//! [`condition`] is looked at in a transaction of its own ([`check`]), which stores the alerts and
//! writes the messages ([`content`]), so neither is without the other, and a condition that fails
//! stops no other. Messages are sent afterwards to the receivers of [`settings`], as [`deliver`] says.
//!
//! Prometheus sees the same conditions through the metric of open alerts, and besides what only it can
//! see ([`independent`]). [`rules`], [`dashboards`] and the runbook ([`page`]) are rendered from these lists.

pub mod settings;
pub mod runbook;
pub mod condition;
pub mod independent;
pub mod rules;
pub mod dashboards;
pub mod page;
pub mod content;
pub mod check;
pub mod deliver;
