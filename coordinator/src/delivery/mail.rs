//! A mail with a day as a CSV file.

use chrono::Utc;
use futures_util::StreamExt as _;
use lettre::{
    Message,
    message::{Attachment, Mailbox, MultiPart, SinglePart, header::ContentType},
};
use schema::delivery::{self, DeliveredRows, DueDelivery};
use sqlx::PgConnection;

use super::{
    content_id::content_id, csv_text::CsvText, failure::DeliveryFailure, settings::MailSettings,
};
use crate::alert::deliver::{DeliveryError, transmit};

/// Sends the mail with a day.
///
/// # Errors
///
/// [`DeliveryFailure`]; the mail may have arrived even so, and then arrives again under the same id.
pub async fn send(
    db: &mut PgConnection,
    settings: &MailSettings,
    one: &DueDelivery,
    build: &str,
) -> Result<DeliveredRows, DeliveryFailure> {
    let refused =
        |error: csv::Error| DeliveryFailure::Refused(format!("its rows are no CSV: {error}"));
    let columns = delivery::columns(&mut *db, &one.name).await?;
    let mut text = CsvText::of(&columns).map_err(refused)?;
    let mut delivered = DeliveredRows::default();
    {
        let mut rows = std::pin::pin!(delivery::rows(&mut *db, &one.name, one.day));
        while let Some(row) = rows.next().await {
            text.add(&row?).map_err(refused)?;
            delivered.documents += 1;
            if text.len() > settings.max_bytes {
                return Err(too_large(settings, one));
            }
        }
    }
    let (bytes, _) = text.take().map_err(refused)?;
    if bytes.len() > settings.max_bytes {
        return Err(too_large(settings, one));
    }
    let mail = compose(settings, one, build, delivered.documents, bytes)?;
    let Some(server) = &settings.server else {
        return Err(DeliveryFailure::unavailable(format!(
            "deliveries.{}.server is not set",
            one.destination
        )));
    };
    delivery::check_lock(db).await?;
    transmit(server, mail).await.map_err(|error| match error {
        DeliveryError::Refused { .. } => DeliveryFailure::Refused(error.to_string()),
        _ => DeliveryFailure::unavailable(error.to_string()),
    })?;
    Ok(delivered)
}

fn too_large(settings: &MailSettings, one: &DueDelivery) -> DeliveryFailure {
    DeliveryFailure::Refused(format!(
        "its file has more than {} bytes: raise deliveries.{}.max_bytes, deliver fewer rows, or deliver it to a destination of the kind csv",
        settings.max_bytes, one.destination
    ))
}

fn compose(
    settings: &MailSettings,
    one: &DueDelivery,
    build: &str,
    rows: u64,
    file: Vec<u8>,
) -> Result<Message, DeliveryFailure> {
    let wrong = |what: &str| {
        DeliveryFailure::unavailable(format!(
            "deliveries.{}.{what} is not an email address",
            one.destination
        ))
    };
    let day = one.day.map_or_else(
        || Utc::now().date_naive().to_string(),
        |day| day.to_string(),
    );
    let from = settings.from.as_deref().unwrap_or_default();
    let from: Mailbox = from.parse().map_err(|_| wrong("from"))?;
    let mut mail = Message::builder()
        .from(from)
        // The same each time, so what is sent twice is shown once.
        .message_id(Some(format!("<{}@fullhouse>", id(one, build))))
        .subject(format!("Fullhouse: {} of {day}", one.name));
    for address in &settings.to {
        mail = mail.to(address.parse().map_err(|_| wrong("to"))?);
    }
    let what = if rows == 1 { "row" } else { "rows" };
    let body = format!(
        "{} of {day}: {rows} {what}, in the file beside this.\n",
        one.name
    );
    let attachment = Attachment::new(format!("{}-{day}.csv", one.name)).body(
        file,
        ContentType::parse("text/csv; charset=utf-8").map_err(|_| wrong("to"))?,
    );
    mail.multipart(
        MultiPart::mixed()
            .singlepart(SinglePart::plain(body))
            .singlepart(attachment),
    )
    .map_err(|error| DeliveryFailure::Refused(error.to_string()))
}

/// The id of the mail with a build.
fn id(one: &DueDelivery, build: &str) -> String {
    let whole = format!("{}/{}/{:?}/{build}", one.name, one.destination, one.day);
    content_id(&whole)
}
