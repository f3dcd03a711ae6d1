//! HTML, within bounds.

use scraper::Html;

/// Deeper than any page is, even one that forgets to close its elements. For each element
/// the parser may look at all that are open, so depth is paid for twice.
const MAX_DEPTH: usize = 2_000;

/// Elements that have no end, or that the next one of their kind ends.
const UNENDING: [&str; 28] = [
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
    "optgroup", "option", "p", "param", "path", "rp", "rt", "source", "tbody", "td", "tfoot", "th",
    "thead", "tr", "wbr",
];

/// Reads a page.
///
/// # Errors
///
/// The problem: elements in elements without end.
pub(super) fn read(text: &str) -> Result<Html, String> {
    if is_deep(text) {
        return Err(format!("it is more than {MAX_DEPTH} levels deep"));
    }
    Ok(Html::parse_document(text))
}

/// Returns whether more elements are open at one place than may be.
fn is_deep(text: &str) -> bool {
    let mut open = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let closes = rest.starts_with('/');
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric());
        let name = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
        if name.is_empty()
            || UNENDING
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        {
            continue;
        }
        if closes {
            open = open.saturating_sub(1);
            continue;
        }
        open += 1;
        if open > MAX_DEPTH {
            return true;
        }
        // What looks like a tag in a script is none.
        for raw in ["script", "style"] {
            if name.eq_ignore_ascii_case(raw) {
                let end = rest.find("</").unwrap_or(rest.len());
                rest = rest.get(end..).unwrap_or_default();
            }
        }
    }
    false
}
