//! Incoming webhooks of Slack, within its limits: 50 blocks, 3,000 characters each, 13,000 in all.

use reqwest::Client;
use serde_json::{Value, json};

use super::{DeliveryError, Outgoing, judge};
use crate::alert::{content::MessageContent, settings::SecretText};

/// Characters of a block, and of all blocks together, below what Slack takes.
const MAX_BLOCK_CHARS: usize = 2_800;
const MAX_CHARS: usize = 12_000;

pub(super) async fn post(
    client: &Client,
    url: &SecretText,
    message: &Outgoing,
) -> Result<String, DeliveryError> {
    let request = client
        .post(url.expose())
        .header("content-type", "application/json")
        .body(body(&message.content).to_string());
    judge(request.send().await?).await
}

fn body(content: &MessageContent) -> Value {
    let headline = escape(&content.headline());
    let mut texts = vec![format!("*{headline}*\n{}", escape(&content.means))];
    let mut chars = texts[0].chars().count();
    let lines = content.lines();
    for (number, line) in lines.iter().enumerate() {
        let line = format!("• {}", cut(&escape(line), MAX_BLOCK_CHARS - 2));
        let length = line.chars().count() + 1;
        if chars + length > MAX_CHARS {
            let left = lines.len() - number;
            texts.push(format!(
                "and {left} more: `coordinator alert list` shows all"
            ));
            break;
        }
        chars += length;
        match texts.last_mut() {
            Some(last) if last.chars().count() + length <= MAX_BLOCK_CHARS => {
                last.push('\n');
                last.push_str(&line);
            }
            _ => texts.push(line),
        }
    }
    texts.push(format!("runbook: {}", escape(&content.runbook)));
    if let Some(page) = &content.page {
        texts.push(escape(page));
    }
    let blocks: Vec<Value> = texts
        .iter()
        .map(|text| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }))
        .collect();
    json!({ "text": headline, "blocks": blocks })
}

/// Escapes what Slack takes for its own signs.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    text.chars().take(chars - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use chrono::Utc;

    use super::*;

    #[test]
    fn a_long_message_stays_within_the_limits() {
        let mut content = MessageContent::test(Some("https://fleet.example.org/"), Utc::now());
        let mut alert = content.alerts.remove(0);
        alert.text = "<&>".repeat(300);
        content.alerts = vec![alert; 50];
        let body = body(&content);
        let blocks = body["blocks"].as_array().unwrap();
        let lengths: Vec<usize> = blocks
            .iter()
            .map(|block| block["text"]["text"].as_str().unwrap().chars().count())
            .collect();
        assert!(blocks.len() <= 50 && lengths.iter().all(|length| *length <= 3_000));
        assert!(lengths.iter().sum::<usize>() <= 13_000, "{lengths:?}");
        assert!(body.to_string().contains("more: `coordinator alert list`"));
        assert!(!body.to_string().contains("<&>"));
    }
}
