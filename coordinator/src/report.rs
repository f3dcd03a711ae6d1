//! Reports of the fleet and of partners: when they are due, and the mails with them.
//!
//! [`schema::report`] reads what a report says, and [`fleet_web::page::reports::daily_report`] puts it into words.

pub mod settings;
pub mod mail;
