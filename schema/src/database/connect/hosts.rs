//! Addresses that name several servers, as libpq reads them:
//! `postgres://user@first:5432,second:5433/fullhouse?target_session_attrs=read-write`.
//!
//! The driver reads one server; this makes one address of each.

use sqlx::postgres::PgConnectOptions;

/// The parameter that says which server is wanted.
const WANTED: &str = "target_session_attrs";

/// Reads an address; returns one set of options for each server that it names, in its order.
///
/// The fleet writes, so it takes the first server that can, whether `target_session_attrs` says
/// `any`, `primary`, `read-write` or nothing.
///
/// # Errors
///
/// [`sqlx::Error::Configuration`] if the address cannot be read or asks for a standby.
pub(super) fn parse(url: &str) -> Result<Vec<PgConnectOptions>, sqlx::Error> {
    each(url)?.iter().map(|one| one.parse()).collect()
}

/// One address for each server.
fn each(url: &str) -> Result<Vec<String>, sqlx::Error> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Ok(vec![url.to_owned()]);
    };
    let (main, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match main.find('/') {
        Some(slash) => main.split_at(slash),
        None => (main, ""),
    };
    let (user, hosts) = match authority.rfind('@') {
        Some(at) => authority.split_at(at + 1),
        None => ("", authority),
    };
    let mut query_hosts = Vec::new();
    let mut ports = Vec::new();
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((WANTED, wanted)) => check_wanted(wanted)?,
            Some(("host", hosts)) => query_hosts = list(hosts),
            Some(("port", numbers)) => ports = list(numbers),
            _ => others.push(pair.to_owned()),
        }
    }
    let in_authority = list(hosts);
    let count = in_authority.len().max(query_hosts.len());
    if ![0, 1, count].contains(&ports.len()) {
        return Err(unreadable(&format!(
            "it names {count} hosts and {} ports; name one port for all or one for each",
            ports.len()
        )));
    }
    let nth = |of: &[String], number: usize| of.get(number).or_else(|| of.first()).cloned();
    Ok((0..count)
        .map(|number| {
            let host = nth(&in_authority, number).unwrap_or_default();
            let mut pairs = others.clone();
            pairs.extend(nth(&query_hosts, number).map(|host| format!("host={host}")));
            pairs.extend(nth(&ports, number).map(|port| format!("port={port}")));
            let query = if pairs.is_empty() {
                String::new()
            } else {
                format!("?{}", pairs.join("&"))
            };
            format!("{scheme}://{user}{host}{path}{query}")
        })
        .collect())
}

/// The members of a list; libpq decodes before it divides.
fn list(text: &str) -> Vec<String> {
    text.replace("%2C", ",")
        .replace("%2c", ",")
        .split(',')
        .map(str::to_owned)
        .collect()
}

fn check_wanted(wanted: &str) -> Result<(), sqlx::Error> {
    match wanted {
        "any" | "primary" | "read-write" => Ok(()),
        other => Err(unreadable(&format!(
            "{WANTED} is {other}, but the fleet writes; use read-write"
        ))),
    }
}

fn unreadable(why: &str) -> sqlx::Error {
    sqlx::Error::Configuration(format!("the address of the database cannot be used: {why}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_one_server_or_several() {
        for (url, expected) in [
            ("postgres://me:p@host/db", vec!["postgres://me:p@host/db"]),
            (
                "postgres://me:p@a:1,b,[::1]:3/db?sslmode=disable&target_session_attrs=read-write",
                vec![
                    "postgres://me:p@a:1/db?sslmode=disable",
                    "postgres://me:p@b/db?sslmode=disable",
                    "postgres://me:p@[::1]:3/db?sslmode=disable",
                ],
            ),
            (
                "postgresql:///db?host=a,b&port=1,2",
                vec![
                    "postgresql:///db?host=a&port=1",
                    "postgresql:///db?host=b&port=2",
                ],
            ),
            (
                "postgres:///db?host=/one%2C/two&port=5",
                vec![
                    "postgres:///db?host=/one&port=5",
                    "postgres:///db?host=/two&port=5",
                ],
            ),
        ] {
            assert_eq!(
                each(url).ok(),
                Some(expected.iter().map(ToString::to_string).collect())
            );
        }
    }

    #[test]
    fn the_servers_of_an_address_keep_their_order_and_share_the_rest() {
        let all = parse("postgres://me:secret@first:1,second:2/db").unwrap_or_default();
        let read: Vec<_> = all
            .iter()
            .map(|one| (one.get_host(), one.get_port(), one.get_database()))
            .collect();
        assert_eq!(read, [("first", 1, Some("db")), ("second", 2, Some("db"))]);
    }

    #[test]
    fn an_address_that_cannot_serve_is_refused_in_a_sentence() {
        for (url, sentence) in [
            (
                "postgres://a/db?target_session_attrs=standby",
                "the fleet writes",
            ),
            ("postgres:///db?host=a,b,c&port=1,2", "3 hosts and 2 ports"),
        ] {
            let refusal = parse(url)
                .map(|all| all.len())
                .map_err(|error| error.to_string());
            assert!(
                refusal.as_ref().is_err_and(|text| text.contains(sentence)),
                "{refusal:?}"
            );
        }
    }
}
