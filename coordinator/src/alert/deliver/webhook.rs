//! Webhooks by the Standard Webhooks specification 1.0: id, time and signature in headers.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Client;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{DeliveryError, Outgoing, judge};
use crate::alert::settings::{SecretText, webhook_key};

pub(super) async fn post(
    client: &Client,
    url: &SecretText,
    secret: &SecretText,
    message: &Outgoing,
) -> Result<String, DeliveryError> {
    let key = webhook_key(secret).map_err(DeliveryError::Unreachable)?;
    let id = format!("msg_{}", message.id.simple());
    let timestamp = message.now.timestamp();
    let body = payload(message).to_string();
    let request = client
        .post(url.expose())
        .header("content-type", "application/json")
        .header("webhook-signature", sign(&key, &id, timestamp, &body))
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-id", id)
        .body(body);
    judge(request.send().await?).await
}

fn payload(message: &Outgoing) -> Value {
    json!({
        "type": format!("alert.{}", message.content.kind),
        "timestamp": message.created_at,
        "data": message.content,
    })
}

/// Signs a webhook: `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`.
#[must_use]
pub fn sign(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    // HMAC takes keys of any length, so the empty text stands for what cannot happen.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let code = mac.finalize().into_bytes();
    format!("v1,{}", BASE64_STANDARD.encode(code))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// As the library `standardwebhooks` of the specification signs it.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = SecretText::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let key = webhook_key(&secret).unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        assert_eq!(
            sign(&key, id, 1_614_265_330, r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
