//! `coordinator limit list`: each limit key with its rate, its permits and what slows it down.

use clap::Subcommand;
use comfy_table::Table;
use schema::limit::{LimitStatus, statuses};
use sqlx::PgPool;

use super::table;

/// The commands of `coordinator limit`.
#[derive(Debug, Clone, Subcommand)]
pub enum LimitCommand {
    /// Lists every limit key: its rate, its rate share with the reason, what is left of today.
    List,
}

/// Lists every limit key.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn list(db: &PgPool) -> anyhow::Result<()> {
    let limits = statuses(db, None).await?;
    if limits.is_empty() {
        println!("no limits yet; they come with the sources: `coordinator source apply FILE…`");
        return Ok(());
    }
    println!("{}", table(&limits));
    Ok(())
}

/// Lays limit keys out for a person.
pub(super) fn table(limits: &[LimitStatus]) -> Table {
    let mut table = table::with_header([
        "limit", "rate/s", "burst", "now/s", "today", "hours", "why less",
    ]);
    for limit in limits {
        table.add_row([
            limit.limit_key.clone(),
            limit.rate_per_second.to_string(),
            limit.burst.to_string(),
            number(if is_stopped(limit) {
                0.0
            } else {
                limit.rate_now
            }),
            limit
                .per_day
                .map(|most| format!("{} of {most}", limit.day_reserved))
                .unwrap_or_default(),
            hours(limit),
            why_less(limit),
        ]);
    }
    table
}

fn is_stopped(limit: &LimitStatus) -> bool {
    limit.paused_until.is_some() || !limit.is_open
}

/// Two digits behind the point at most.
fn number(rate: f64) -> String {
    let text = format!("{rate:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

fn hours(limit: &LimitStatus) -> String {
    let Some((opens_at, closes_at)) = limit.opens_at.zip(limit.closes_at) else {
        return String::new();
    };
    format!(
        "{}-{} {}",
        opens_at.format("%H:%M"),
        closes_at.format("%H:%M"),
        limit.zone.as_deref().unwrap_or_default()
    )
}

fn why_less(limit: &LimitStatus) -> String {
    if let Some(until) = limit.paused_until {
        let reason = limit.pause_reason.as_deref().unwrap_or("paused");
        return format!("until {} UTC: {reason}", until.format("%H:%M:%S"));
    }
    if !limit.is_open {
        return "closed at this hour".to_owned();
    }
    if limit.per_day.is_some_and(|most| limit.day_reserved >= most) {
        return "the budget of today is spent, or nearly".to_owned();
    }
    limit.share_reason.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit() -> LimitStatus {
        LimitStatus {
            limit_key: "host".to_owned(),
            rate_per_second: 2.0,
            burst: 5,
            rate_now: 2.0,
            share_reason: None,
            paused_until: None,
            pause_reason: None,
            concurrency: None,
            per_day: None,
            day_reserved: 0,
            opens_at: None,
            closes_at: None,
            zone: None,
            is_open: true,
        }
    }

    #[test]
    fn the_gravest_reason_is_told() {
        assert_eq!(why_less(&limit()), "");
        let slowed = LimitStatus {
            share_reason: Some("429".to_owned()),
            ..limit()
        };
        assert_eq!(why_less(&slowed), "429");
        let closed = LimitStatus {
            is_open: false,
            ..slowed
        };
        assert!(why_less(&closed).contains("closed") && is_stopped(&closed));
    }

    #[test]
    fn rates_are_short() {
        assert_eq!([2.0, 0.15625, 10.5].map(number), ["2", "0.16", "10.5"]);
    }
}
