//! What companies and seasons of a stage say: productions are known by both.

use super::{Reason, Signal};
use crate::{Candidate, attribute::AttributeKind};

/// What the same company or season weighs.
const SAME_STAGE_BITS: f64 = 5.0;
/// What the same company weighs if neither names its season: companies show a work again.
const SAME_COMPANY_BITS: f64 = 2.0;

/// Names of series, with the companies whose broadcasts they are.
const COMPANIES: [(&str, &[&str]); 18] = [
    ("royal ballet and opera", &["royal ballet", "royal opera"]),
    ("royal opera house", &["royal ballet", "royal opera"]),
    ("rbo", &["royal ballet", "royal opera"]),
    ("roh", &["royal ballet", "royal opera"]),
    ("royal ballet", &["royal ballet"]),
    ("royal opera", &["royal opera"]),
    ("met opera", &["met"]),
    ("metropolitan opera", &["met"]),
    ("met", &["met"]),
    ("nt live", &["nt"]),
    ("ntl", &["nt"]),
    ("national theatre live", &["nt"]),
    ("national theatre", &["nt"]),
    ("bolshoi", &["bolshoi"]),
    ("bolshoi ballet", &["bolshoi"]),
    ("rsc", &["rsc"]),
    ("rsc live", &["rsc"]),
    ("royal shakespeare company", &["rsc"]),
];

/// Compares companies and seasons: other ones are a veto.
pub(super) fn compare(a: &Candidate, b: &Candidate) -> Option<Reason> {
    let both = |kind| a.title.attribute(kind).zip(b.title.attribute(kind));
    let seasons = both(AttributeKind::Season);
    let series = both(AttributeKind::Series);
    if let Some((one, other)) = seasons
        && season(one) != season(other)
    {
        let text = format!("seasons {one} and {other}");
        return Some(Reason::veto(Signal::Season, text));
    }
    if let Some((one, other)) = series {
        let others = companies(other);
        if !companies(one)
            .iter()
            .any(|company| others.contains(company))
        {
            let text = format!("{one} and {other}");
            return Some(Reason::veto(Signal::Season, text));
        }
        let text = format!("same company: {one} and {other}");
        let has_season = [a, b]
            .iter()
            .any(|film| film.title.attribute(AttributeKind::Season).is_some());
        let weight = if has_season {
            SAME_STAGE_BITS
        } else {
            SAME_COMPANY_BITS
        };
        return Some(Reason::new(Signal::Season, weight, text));
    }
    let (one, _) = seasons?;
    let text = format!("season {one}");
    Some(Reason::new(Signal::Season, SAME_STAGE_BITS, text))
}

/// Returns the companies whose broadcasts a series has; a name that is not known is its own.
fn companies(series: &str) -> Vec<&str> {
    COMPANIES
        .iter()
        .find(|(name, _)| *name == series)
        .map_or_else(|| vec![series], |(_, companies)| companies.to_vec())
}

/// Returns the last two digits of both years of a season.
fn season(text: &str) -> Vec<&str> {
    text.split(' ')
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|word| word.get(word.len().checked_sub(2)?..))
        .collect()
}
