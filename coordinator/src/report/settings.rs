//! The settings of reports: who gets them, and when.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use jiff::{Timestamp, tz::TimeZone};
use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    message::{Mailbox, Mailboxes},
};
use serde::Deserialize;

use crate::alert::settings::SecretText;

/// `[reports]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportSettings {
    /// Addresses of mail that get the report of the whole fleet, none by default. The report is
    /// made and shown on the page even so.
    pub to: Vec<String>,
    /// Addresses that get the report of a partner, by the name of its role. It is of what the partner
    /// may see, and of nothing else.
    pub partners: BTreeMap<String, Vec<String>>,
    /// The hour, 0 to 23, from which on the report of the day before is made, default 7.
    pub hour: i8,
    /// The time zone of the hour, such as `Europe/London`; default `UTC`.
    pub zone: String,
    /// `smtps://user:password@host` or, with STARTTLS, `smtp://user:password@host?tls=required`.
    /// Needed if somebody gets a report.
    pub server: Option<SecretText>,
    /// The sender, such as `Fullhouse <reports@example.org>`. Needed if somebody gets a report.
    pub from: String,
}

impl Default for ReportSettings {
    fn default() -> Self {
        Self {
            to: Vec::new(),
            partners: BTreeMap::new(),
            hour: 7,
            zone: "UTC".to_owned(),
            server: None,
            from: String::new(),
        }
    }
}

impl ReportSettings {
    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// The sentence for the operator, which names the setting.
    pub fn check(&self) -> Result<(), String> {
        if !(0..=23).contains(&self.hour) {
            return Err(format!("reports.hour ({}) must be 0 to 23", self.hour));
        }
        if TimeZone::get(&self.zone).is_err() {
            return Err(format!(
                "reports.zone ({}) is no time zone such as Europe/London",
                self.zone
            ));
        }
        if self.partners.contains_key("") {
            return Err("reports.partners names a role without a name".to_owned());
        }
        let readers = self.to.iter().chain(self.partners.values().flatten());
        for address in readers {
            let parsed: Result<Mailboxes, _> = address.parse();
            parsed.map_err(|_| format!("reports: {address} is no address of mail"))?;
        }
        if self.to.is_empty() && self.partners.values().all(Vec::is_empty) {
            return Ok(());
        }
        let server = self.server.as_ref().map(SecretText::expose);
        let server = server.map(AsyncSmtpTransport::<Tokio1Executor>::from_url);
        if !matches!(server, Some(Ok(_))) {
            return Err(
                "reports.server must be smtps://user:password@host or smtp://…?tls=required, \
                 because somebody gets reports"
                    .to_owned(),
            );
        }
        let from: Result<Mailbox, _> = self.from.parse();
        from.map(drop)
            .map_err(|_| format!("reports.from ({}) is no address of mail", self.from))
    }

    /// Who gets a report: the fleet's readers first, then those of each partner.
    pub fn audiences(&self) -> impl Iterator<Item = (Option<&str>, &[String])> {
        let partners = self.partners.iter();
        let partners = partners.map(|(name, to)| (Some(name.as_str()), to.as_slice()));
        std::iter::once((None, self.to.as_slice())).chain(partners)
    }

    /// Returns the day whose report is due: the day before, from the hour on.
    #[must_use]
    pub fn due_day(&self, now: DateTime<Utc>) -> Option<NaiveDate> {
        let zone = TimeZone::get(&self.zone).ok()?;
        let now = Timestamp::from_second(now.timestamp()).ok()?.to_zoned(zone);
        if now.hour() < self.hour {
            return None;
        }
        let day = now.date().yesterday().ok()?;
        NaiveDate::from_ymd_opt(
            day.year().into(),
            u32::try_from(day.month()).ok()?,
            u32::try_from(day.day()).ok()?,
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_report_is_due_from_its_hour_in_its_zone() {
        let settings = ReportSettings {
            hour: 7,
            zone: "Asia/Tokyo".to_owned(),
            ..ReportSettings::default()
        };
        let due = |now: &str| {
            settings
                .due_day(now.parse().unwrap())
                .map(|day| day.to_string())
        };
        assert_eq!(due("2026-11-30T21:59:59Z"), None);
        assert_eq!(due("2026-11-30T22:00:00Z").as_deref(), Some("2026-11-30"));
        assert_eq!(due("2026-12-01T14:59:59Z").as_deref(), Some("2026-11-30"));
        assert_eq!(due("2026-12-01T15:00:00Z"), None);
    }

    #[test]
    fn settings_that_cannot_work_are_refused_by_name() {
        ReportSettings::default().check().unwrap();
        let refused = |settings: &str| {
            let settings: ReportSettings = serde_json::from_str(settings).unwrap();
            settings.check().unwrap_err()
        };
        assert!(refused(r#"{"hour": 24}"#).starts_with("reports.hour (24)"));
        assert!(refused(r#"{"zone": "Mars"}"#).starts_with("reports.zone (Mars)"));
        assert!(refused(r#"{"to": ["nobody"]}"#).contains("nobody is no address"));
        assert!(refused(r#"{"to": ["a@example.org"]}"#).starts_with("reports.server"));
        let server = r#"{"to": ["a@example.org"], "server": "smtp://me:word@host", "from": "me"}"#;
        let refusal = refused(server);
        assert!(
            refusal.starts_with("reports.from (me)") && !refusal.contains("word"),
            "{refusal}"
        );
    }
}
