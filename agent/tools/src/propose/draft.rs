//! Writes a proposal down as a person would: in order, with comments where to decide.

use std::fmt::Write as _;

use reqwest::Url;

use super::column::{Found, Kind};

/// Where no address is known.
const NOWHERE: &str = "https://TODO.example/";

/// Returns the definition of `found`.
pub(super) fn definition(name: &str, url: Option<&str>, found: &Found) -> String {
    let url = url.unwrap_or(NOWHERE);
    let host = Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let mut text = head(name, &host.unwrap_or_else(|| "TODO.example".to_owned()));
    match found.kind {
        Kind::Cinemas => {}
        Kind::Showtimes => text.push_str(CINEMAS),
        Kind::Seats => {
            text.push_str(CINEMAS);
            text.push_str(SHOWTIMES);
        }
    }
    step(&mut text, url, found);
    text
}

fn head(name: &str, host: &str) -> String {
    format!(
        "\
# Proposed by `agent source new`. Every TODO and every \"uncertain\" is for a person to decide; then:
#   agent source check FILE, agent source try FILE

name      = {name:?}
title     = {name:?}          # TODO: as people call it
access    = \"public\"             # TODO: \"permitted\" if the owner agreed
contact   = \"you@example.org\"    # TODO: whom the site's owner may ask
territory = \"DE\"                 # TODO: ISO 3166 code of its cinemas
timezone  = \"Europe/Berlin\"      # TODO: their time zone
currency  = \"EUR\"                # TODO: their currency

[limit]
key   = {host:?}
rate  = 0.5                      # TODO: requests a second that the site bears easily
burst = 5
"
    )
}

/// Puts a country into the head.
pub(super) fn with_place(text: &str, territory: &str, timezone: &str, currency: &str) -> String {
    text.replacen("\"DE\" ", &format!("{territory:?} "), 1)
        .replacen("\"Europe/Berlin\" ", &format!("{timezone:?} "), 1)
        .replacen("\"EUR\" ", &format!("{currency:?} "), 1)
}

const CINEMAS: &str = r#"
# TODO: the listing of cinemas. Until then, one stands here.
[steps.cinemas]
every  = "1d"
yields = "cinemas"
fixed  = [{ key = "TODO", name = "TODO" }]
fields = { key = ".key", name = ".name" }
"#;

const SHOWTIMES: &str = r#"
# TODO: the listing of showtimes. Until then, one stands here.
[steps.showtimes]
for_each = "cinemas"
every    = "1h"
yields   = "showtimes"
fixed    = [{ key = "TODO", film = "TODO", starts_at = "2030-01-01T20:00:00Z" }]

[steps.showtimes.fields]
key        = ".key"
film_key   = ".film"
film_title = ".film"
starts_at  = { path = ".starts_at", formats = ["rfc3339"], zone = "offset" }
"#;

fn step(text: &mut String, url: &str, found: &Found) {
    let (name, above, every) = match found.kind {
        Kind::Cinemas => ("cinemas", None, "1d"),
        Kind::Showtimes => ("showtimes", Some("cinemas"), "1h"),
        Kind::Seats => ("seats", Some("showtimes"), "10m"),
    };
    let _ = write!(
        text,
        "\n# {} {name} in the body that was looked at.\n[steps.{name}]\n",
        found.count
    );
    if let Some(above) = above {
        let _ = writeln!(text, "for_each = {above:?}");
    }
    let _ = writeln!(text, "every    = {every:?}");
    let _ = writeln!(text, "yields   = {name:?}");
    if above.is_some() {
        let object = if found.kind == Kind::Seats {
            "showtime"
        } else {
            "cinema"
        };
        let _ = writeln!(
            text,
            "# TODO: what differs from one to the next is written {{{{ {object}.key }}}}"
        );
    }
    let _ = writeln!(
        text,
        "request  = {{ url = {} }}",
        quoted(&url.replace("{{", "").replace("{%", ""))
    );
    if let Some(decode) = &found.decode {
        let _ = writeln!(text, "decode   = {decode}");
    }
    let _ = writeln!(text, "rows     = {}", quoted(&found.rows));
    if !found.levels.is_empty() {
        let levels: Vec<String> = found.levels.iter().map(|level| quoted(level)).collect();
        let _ = writeln!(text, "levels   = [{}]", levels.join(", "));
    }
    for line in &found.further {
        let _ = writeln!(text, "{line}");
    }
    let _ = write!(text, "\n[steps.{name}.fields]\n");
    for field in &found.fields {
        let doubt = field.doubt.as_ref();
        let doubt = doubt.map_or_else(String::new, |doubt| format!("   # uncertain: {doubt}"));
        let _ = writeln!(text, "{} = {}{doubt}", field.name, field.word);
    }
    if let Some((of, codes)) = &found.status {
        let _ = write!(
            text,
            "\n[steps.{name}.status]\nof        = {of}\notherwise = \"unmapped\"\n"
        );
        let _ = write!(
            text,
            "\n# TODO: what each code means: available, sold, held, blocked, broken, house, unknown.\n[steps.{name}.status.map]\n"
        );
        for (code, count) in codes {
            let _ = writeln!(text, "# {} = \"TODO\"   # {count} times", quoted(code));
        }
    }
}

/// A text of TOML on one line.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A definition that asks `url` once, to see what comes.
pub(super) fn probe(url: &Url) -> Result<String, String> {
    let host = url
        .host_str()
        .ok_or("an address has a host, such as https://kino.example/")?;
    Ok(format!(
        "{}\n[steps.page]\nevery = \"1d\"\nyields = \"items\"\nas = \"thing\"\nrequest = {{ url = {} }}\ndecode = \"html\"\nrows = \"html\"\nfields = {{ key = {{ const = \"page\" }} }}\n",
        head("new-source", host),
        quoted(&url.as_str().replace("{{", "%7B%7B").replace("{%", "%7B%25"))
    ))
}
