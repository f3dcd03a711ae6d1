//! Mail over SMTP. The id of the message is that of the mail, so what is sent twice is shown once.

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, Mailboxes, header::ContentType},
};

use super::{DeliveryError, Outgoing, TIMEOUT};
use crate::alert::settings::SecretText;

pub(super) async fn send(
    server: &SecretText,
    from: &str,
    to: &str,
    message: &Outgoing,
) -> Result<String, DeliveryError> {
    transmit(server, compose(from, to, message)?).await
}

/// Gives a mail to a server; returns what the server answered.
///
/// # Errors
///
/// [`DeliveryError`]; the mail may have arrived even so.
pub async fn transmit(server: &SecretText, mail: Message) -> Result<String, DeliveryError> {
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(server.expose())
        // Its error would show the address.
        .map_err(|_| DeliveryError::Unreachable("the address of the server is wrong".to_owned()))?
        .timeout(Some(TIMEOUT))
        .build();
    let answer = transport.send(mail).await.map_err(|error| {
        let says = source_language::wording::with_causes(&error);
        match error.status() {
            Some(code) if error.is_permanent() => DeliveryError::Refused {
                status: code.into(),
                says,
            },
            _ => DeliveryError::Unreachable(says),
        }
    })?;
    let says: Vec<&str> = answer.message().collect();
    Ok(format!("{} {}", answer.code(), says.join(" ")))
}

fn compose(from: &str, to: &str, message: &Outgoing) -> Result<Message, DeliveryError> {
    let wrong = |what: &str| DeliveryError::Unreachable(format!("{what} is no address of mail"));
    let sender: Mailbox = from.parse().map_err(|_| wrong("from"))?;
    let readers: Mailboxes = to.parse().map_err(|_| wrong("to"))?;
    let content = &message.content;
    let mut lines = vec![content.means.clone(), String::new()];
    lines.extend(content.lines().iter().map(|line| format!("- {line}")));
    lines.push(format!("runbook: {}", content.runbook));
    lines.extend(content.page.clone());
    readers
        .into_iter()
        .fold(Message::builder(), lettre::message::MessageBuilder::to)
        .from(sender)
        .message_id(Some(format!("<{}@fullhouse>", message.id.simple())))
        .date(message.created_at.into())
        .subject(format!("Fullhouse {}", content.headline()))
        .header(ContentType::TEXT_PLAIN)
        .body(lines.join("\n") + "\n")
        .map_err(|error| DeliveryError::Unreachable(error.to_string()))
}
