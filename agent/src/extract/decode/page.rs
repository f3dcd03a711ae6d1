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

/// Elements of a drawing that hold no HTML; there `<rect/>` closes itself.
const DRAWING: [&str; 24] = [
    "a",
    "animate",
    "circle",
    "clippath",
    "defs",
    "ellipse",
    "filter",
    "g",
    "image",
    "line",
    "lineargradient",
    "marker",
    "mask",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialgradient",
    "rect",
    "stop",
    "svg",
    "symbol",
    "tspan",
    "use",
];

/// Where in a page a scan is.
#[derive(Default)]
struct Scan {
    open: usize,
    in_drawing: bool,
    /// Titles and descriptions of a drawing hold HTML again.
    in_notes: usize,
}

/// Returns whether more elements are open at one place than may be; a little more is
/// counted than the parser opens, never less.
fn is_deep(text: &str) -> bool {
    let mut scan = Scan::default();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let closes = rest.starts_with('/');
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric());
        let name = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
        if name.is_empty() {
            continue;
        }
        if closes {
            scan.close(name);
        } else {
            scan.start(name, rest);
        }
        if scan.open > MAX_DEPTH {
            return true;
        }
        // What looks like a tag in a script is none.
        if !closes && is_one(&["script", "style"], name) {
            let end = rest.find("</").unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    false
}

impl Scan {
    fn start(&mut self, name: &str, tag: &str) {
        if is_one(&["title", "desc"], name) {
            self.in_notes += 1;
        } else if is_one(&["svg"], name) {
            self.in_drawing = true;
        } else if self.in_notes == 0 && !is_one(&DRAWING, name) && !is_one(&["text"], name) {
            // HTML ends a drawing.
            self.in_drawing = false;
        }
        let draws = self.in_drawing && self.in_notes == 0;
        // The end of a tag is near, or it is no tag worth a closer look.
        let tag = tag
            .get(..tag.find(['>', '<']).unwrap_or(0))
            .unwrap_or_default();
        let closed = draws && tag.ends_with('/');
        if !closed && !is_one(&UNENDING, name) {
            self.open += 1;
        }
    }

    fn close(&mut self, name: &str) {
        if is_one(&["title", "desc"], name) {
            self.in_notes = self.in_notes.saturating_sub(1);
        } else if is_one(&["svg"], name) {
            self.in_drawing = false;
        }
        if !is_one(&UNENDING, name) {
            self.open = self.open.saturating_sub(1);
        }
    }
}

fn is_one(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_of_many_seats_is_not_deep() {
        let seats = "<circle r='1'><title>A1</title></circle><rect/><use x=1 />".repeat(3_000);
        assert!(!is_deep(&format!("<div><svg><g>{seats}</g></svg></div>")));
        // Outside of a drawing nothing closes itself, and HTML ends a drawing.
        assert!(is_deep(&"<rect/>".repeat(3_000)));
        assert!(is_deep(&format!("<svg><div>{seats}")));
        assert!(is_deep(&format!("<svg><title>{}", "<rect/>".repeat(3_000))));
    }

    #[test]
    fn tags_in_a_script_are_none() {
        assert!(!is_deep(&format!(
            "<script>{}</script>",
            "'<div>'".repeat(3_000)
        )));
        assert!(is_deep(&"<DIV>".repeat(3_000)));
    }
}
