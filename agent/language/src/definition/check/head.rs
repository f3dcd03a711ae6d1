//! What must hold of the words before the steps.

use std::time::Duration;

use iso_currency::Currency;
use jiff::tz::TimeZone;
use url::Url;

use super::{Checked, Definition, territory};
use crate::definition::Limit;

/// Checks who the source is, how often it may be asked, and where its secrets are.
pub(super) fn check(definition: &Definition) -> Checked {
    identity(definition)?;
    limit(definition, &["limit"], &definition.limit)?;
    for (name, words) in &definition.limits {
        limit(definition, &["limits", name], words)?;
    }
    one_limit_for_each_key(definition)?;
    secrets(definition)
}

/// Refuses two tables with one key and different numbers: the last one stored would win.
fn one_limit_for_each_key(definition: &Definition) -> Checked {
    let mut known = vec![("limit".to_owned(), &definition.limit)];
    for (name, words) in &definition.limits {
        let same_key = known.iter().find(|(_, other)| other.key == words.key);
        if let Some((other, _)) = same_key.filter(|(_, other)| *other != words) {
            return Err(definition.error(
                &["limits", name, "key"],
                format!(
                    "`{}` is the key of `{other}` too, with other numbers",
                    words.key
                ),
                "one host has one limit: choose another key, or leave this one out",
            ));
        }
        known.push((format!("limits.{name}"), words));
    }
    Ok(())
}

fn identity(definition: &Definition) -> Checked {
    let name = &definition.name;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(definition.error(
            &["name"],
            format!("`{name}` is not a name of a source"),
            "use small letters, digits and hyphens",
        ));
    }
    if TimeZone::get(&definition.timezone).is_err() {
        return Err(definition.error(
            &["timezone"],
            format!("`{}` is not an IANA time zone", definition.timezone),
            "write one such as `Asia/Ho_Chi_Minh`",
        ));
    }
    if Currency::from_code(&definition.currency).is_none() {
        return Err(definition.error(
            &["currency"],
            format!("`{}` is not an ISO 4217 currency", definition.currency),
            "write three letters such as `VND`",
        ));
    }
    if !territory::is_known(&definition.territory) {
        return Err(definition.error(
            &["territory"],
            format!("`{}` is not an ISO 3166 territory", definition.territory),
            "write two letters such as `VN`",
        ));
    }
    Ok(())
}

fn limit(definition: &Definition, at: &[&str], limit: &Limit) -> Checked {
    let error = |word: &str, problem: &str, way_out: &str| {
        let path: Vec<&str> = at.iter().copied().chain([word]).collect();
        Err(definition.error(&path, problem, way_out))
    };
    if limit.key.trim().is_empty() {
        return error(
            "key",
            "the limit has an empty key",
            "name the host that it protects",
        );
    }
    if !(limit.rate_per_second > 0.0 && limit.rate_per_second.is_finite()) {
        return error(
            "rate",
            "a rate must be above 0 requests per second",
            "to stop asking a source, write `access = \"blocked\"`",
        );
    }
    if limit.burst == 0 {
        return error(
            "burst",
            "a burst of 0 lets no request pass",
            "write at least 1",
        );
    }
    if limit.concurrency == Some(0) {
        return error(
            "concurrency",
            "a concurrency of 0 lets no request pass",
            "leave it out",
        );
    }
    if limit.per_day == Some(0) {
        return error(
            "per_day",
            "a budget of 0 lets no request pass",
            "to stop asking a source, write `access = \"blocked\"`",
        );
    }
    if let Some(host) = limit.hosts.iter().find(|host| !is_host(host)) {
        return error(
            "hosts",
            &format!("`{host}` is not a host"),
            "write a name such as `cdn.kino.example`, with `:8443` where the port is unusual",
        );
    }
    if let Some(zone) = &limit.zone
        && TimeZone::get(zone).is_err()
    {
        return error(
            "zone",
            &format!("`{zone}` is not an IANA time zone"),
            "write one such as `Asia/Ho_Chi_Minh`",
        );
    }
    if limit
        .retry_after_at_most
        .is_some_and(|most| most.is_zero() || most > Duration::from_hours(1))
    {
        return error(
            "retry_after_at_most",
            "a source is left alone for up to an hour",
            "write such as `10m`",
        );
    }
    Ok(())
}

/// Whether this is a host as addresses name it, and nothing more.
fn is_host(text: &str) -> bool {
    Url::parse(&format!("http://{text}/")).is_ok_and(|url| {
        let port = url
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        let host = url.host_str().unwrap_or_default();
        format!("{host}{port}").eq_ignore_ascii_case(text)
    })
}

fn secrets(definition: &Definition) -> Checked {
    for (name, reference) in &definition.secrets {
        let known = reference
            .strip_prefix("env:")
            .or_else(|| reference.strip_prefix("file:"));
        if known.is_none_or(str::is_empty) {
            // The text is not shown: it may be the secret itself.
            return Err(definition.error(
                &["secrets", name],
                format!("secret `{name}` is not a reference"),
                "write `env:FULLHOUSE_SECRET_NAME` or `file:NAME`, and never the secret itself",
            ));
        }
    }
    Ok(())
}
