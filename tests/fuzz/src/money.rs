//! Amounts by anybody.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use source_language::{definition::Definition, rows::Rows, source::Source};

use super::case;

/// Decimal signs and currencies that an input chooses from.
const SIGNS: [&str; 4] = [
    "",
    "decimal_sign = \".\"",
    "decimal_sign = \",\"",
    "minor_digits = 2",
];
const CURRENCIES: [&str; 5] = ["EUR", "JPY", "KWD", "INR", "GBP"];

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let all = CURRENCIES.iter().flat_map(|currency| {
        SIGNS.iter().filter_map(move |sign| {
            let text = definition(currency, sign);
            Definition::parse(&text, "any.toml")
                .and_then(Source::compile)
                .ok()
        })
    });
    all.collect()
});

fn definition(currency: &str, sign: &str) -> String {
    let sign = if sign.is_empty() {
        String::new()
    } else {
        format!(", {sign}")
    };
    format!(
        r#"
name = "any"
title = "Any"
access = "permitted"
contact = "operator@example.org"
territory = "DE"
timezone = "Europe/Berlin"
currency = "{currency}"
limit = {{ key = "any", rate = 1.0, burst = 5 }}

[steps.cinemas]
every = "1d"
yields = "cinemas"
fixed = [{{ key = "1", name = "Any" }}]

[steps.showtimes]
for_each = "cinemas"
every = "1d"
yields = "showtimes"
fixed = [{{ key = "1", film_key = "1", film_title = "Any", at = "2026-12-05T20:00:00Z" }}]
fields = {{ starts_at = {{ path = ".at", formats = ["rfc3339"], zone = "offset" }} }}

[steps.prices]
for_each = "showtimes"
every = "1d"
yields = "prices"
request = {{ url = "https://any.example" }}
rows = ".[]"
fields = {{ amount = {{ path = "."{sign} }} }}
"#
    )
}

/// Reads the bytes after the first as an amount: as a text, and, where they are one, as a number
/// of JSON. The first chooses the currency and the words.
///
/// # Panics
///
/// If an amount has other digits than the text, or more decimals than its currency, or is below
/// zero.
pub fn money(bytes: &[u8]) {
    let (Some((first, rest)), Some(source)) = (bytes.split_first(), SOURCES.first()) else {
        return;
    };
    let source = SOURCES
        .get(usize::from(*first) % SOURCES.len())
        .unwrap_or(source);
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    judge(source, text, &Value::from(vec![text]).to_string());
    if serde_json::from_str::<serde_json::Number>(text).is_ok() {
        judge(source, "", &format!("[{text}]"));
    }
}

fn judge(source: &Source, text: &str, body: &str) {
    let Ok(Rows::Prices(prices)) =
        source.extract("prices", &Map::new(), &case::answer(body.as_bytes()))
    else {
        return;
    };
    for price in prices {
        let amount = price.amount.to_string();
        assert!(!amount.starts_with('-'), "{text}: {amount}");
        let decimals = amount
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        let most = match price.currency.as_str() {
            "JPY" => 0,
            "KWD" => 3,
            _ => 2,
        };
        assert!(decimals <= most, "{text}: {amount} {}", price.currency);
        // A text with an exponent has the digits of its mantissa and others.
        if text.is_ascii() && !text.is_empty() && !text.contains(['e', 'E']) {
            let digits = |text: &str| {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                digits.trim_matches('0').to_owned()
            };
            assert_eq!(digits(text), digits(&amount), "{text}: {amount}");
        }
    }
}
