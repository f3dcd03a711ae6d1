//! The mail with a report: what the outbox has of it, and how it is sent.

use lettre::{
    Message,
    message::{Mailbox, Mailboxes, MultiPart},
};
use schema::{message::Claimed, report::DailyReport};
use serde::{Deserialize, Serialize};

use super::settings::ReportSettings;
use crate::alert::deliver::{DeliveryError, transmit};

/// The receiver of mails with reports, as the outbox names it.
pub const RECEIVER: &str = "daily reports";
/// Their kind, as the outbox names it.
pub const KIND: &str = "report";

/// A mail with a report, as it was when the report was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportMail {
    /// The readers.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// The report as text.
    pub text: String,
    /// The report as HTML.
    pub html: String,
}

impl ReportMail {
    /// Makes the mail with a report.
    ///
    /// # Errors
    ///
    /// If the report cannot be put into words.
    pub fn of(
        report: &DailyReport,
        to: &[String],
    ) -> Result<Self, fleet_web::page::reports::daily_report::RenderError> {
        let shown = fleet_web::page::reports::daily_report::ShownReport::of(report);
        Ok(Self {
            to: to.to_vec(),
            subject: format!("Fullhouse: {}", shown.title),
            text: fleet_web::page::reports::daily_report::text(report),
            html: fleet_web::page::reports::daily_report::html(report)?,
        })
    }

    fn compose(&self, from: &str, claimed: &Claimed) -> Result<Message, DeliveryError> {
        let wrong =
            |what: &str| DeliveryError::Unreachable(format!("{what} is no address of mail"));
        let sender: Mailbox = from.parse().map_err(|_| wrong("reports.from"))?;
        let readers: Mailboxes = self
            .to
            .join(", ")
            .parse()
            .map_err(|_| wrong("reports.to"))?;
        readers
            .into_iter()
            .fold(Message::builder(), lettre::message::MessageBuilder::to)
            .from(sender)
            // The same each time, so what is sent twice is shown once.
            .message_id(Some(format!("<{}@fullhouse>", claimed.message_id.simple())))
            .date(claimed.created_at.into())
            .subject(&self.subject)
            .multipart(MultiPart::alternative_plain_html(
                self.text.clone(),
                self.html.clone(),
            ))
            .map_err(|error| DeliveryError::Unreachable(error.to_string()))
    }
}

/// Sends a mail of the outbox; returns what the server answered.
///
/// # Errors
///
/// [`DeliveryError`]; the mail may have arrived even so.
pub async fn send(settings: &ReportSettings, claimed: &Claimed) -> Result<String, DeliveryError> {
    let unreadable =
        |error| DeliveryError::Unreachable(format!("this version cannot read the mail: {error}"));
    let mail: ReportMail = serde_json::from_value(claimed.content.clone()).map_err(unreadable)?;
    let Some(server) = &settings.server else {
        return Err(DeliveryError::Unreachable(
            "reports.server is not set".to_owned(),
        ));
    };
    transmit(server, mail.compose(&settings.from, claimed)?).await
}
