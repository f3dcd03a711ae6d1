//! HTML, within bounds.
//!
//! The parser is fed piece by piece, and what it built is looked at between two pieces: how
//! deep elements stand in each other and how many there are is for its rules to say (end
//! tags that it ignores, elements that it opens again), not for a scan of the text.

use html5ever::{
    driver,
    tendril::{StrTendril, TendrilSink},
};
use scraper::{Html, HtmlTreeSink};

use crate::extract::allowance;

/// Deeper than any page is, even one that forgets to close its elements. For each element
/// the parser may look at all that are open, so depth is paid for twice.
const MAX_DEPTH: usize = 2_000;
/// What is read between two looks. So much may add a few hundred levels.
const PIECE_BYTES: usize = 1 << 10;
/// More than a page of few bytes has. A larger one has fewer nodes than bytes, unless it
/// makes the parser open the same elements again and again.
const FREE_NODES: usize = 10_000;
/// Bytes of a node with its links, its name and its attributes, about.
const NODE_BYTES: usize = 256;

/// Reads a page.
///
/// # Errors
///
/// The problem: elements in elements without end, or more nodes than the page has bytes.
pub(super) fn read(text: &str) -> Result<Html, String> {
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = driver::parse_document(sink, driver::ParseOpts::default());
    let mut rest = text;
    let mut known = 0;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        parser.process(StrTendril::from(piece));
        rest = after;
        let page = parser.tokenizer.sink.sink.0.borrow();
        let count = page.tree.values().len();
        if count > FREE_NODES + text.len() - rest.len() {
            return Err("it opens the same elements again and again".to_owned());
        }
        if depth(&page, count - known) > MAX_DEPTH {
            return Err(format!("it is more than {MAX_DEPTH} levels deep"));
        }
        allowance::take((count - known) * NODE_BYTES + piece.len());
        known = count;
    }
    Ok(parser.finish())
}

/// Returns how deep the last element of `new` nodes stands, 0 if none of them is one. What
/// comes next is put there or above; a comment may stand anywhere.
fn depth(page: &Html, new: usize) -> usize {
    let mut latest = page.tree.nodes().rev().take(new);
    let element = latest.find(|node| node.value().is_element());
    element.map_or(0, |element| element.ancestors().take(MAX_DEPTH + 1).count())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::format_collect)]

    use super::*;

    fn refuses(text: &str, because: &str) {
        let start: String = text.chars().take(40).collect();
        let problem = read(text).map(|_| ()).expect_err(&start);
        assert!(problem.contains(because), "{problem}");
    }

    #[test]
    fn a_drawing_of_many_seats_is_not_deep() {
        let seats = "<circle r='1'><title>A1</title></circle><rect/><use x=1 />".repeat(3_000);
        assert!(read(&format!("<div><svg><g>{seats}</g></svg></div>")).is_ok());
        // Outside of a drawing nothing closes itself.
        refuses(&"<rect/>".repeat(4_000), "levels deep");
        refuses(
            &format!("<svg><title>{}", "<rect/>".repeat(4_000)),
            "levels deep",
        );
    }

    #[test]
    fn tags_in_a_script_are_none() {
        let script = "'<div>'".repeat(4_000);
        assert!(read(&format!("<script>{script}</script>")).is_ok());
        refuses(&"<DIV>".repeat(4_000), "levels deep");
    }

    /// The end of what is not open closes nothing.
    #[test]
    fn ends_of_other_elements_do_not_hide_depth() {
        for piece in [
            "<div></x>",
            "<div></b>",
            "<span><div></span>",
            "<i></body><!-- -->",
        ] {
            refuses(&piece.repeat(20_000), "levels deep");
        }
    }

    /// Bold text that never ends begins again in each paragraph: 50 KB would be 20 million
    /// elements.
    #[test]
    fn elements_that_begin_again_and_again_are_refused() {
        let open: String = (0..1_500).map(|n| format!("<b id={n}>")).collect();
        refuses(
            &format!("<p>{open}{}", "<p>x".repeat(12_000)),
            "again and again",
        );
        let few = "<b><font color=red>".repeat(3);
        assert!(read(&format!("<p>{few}{}", "<p>Eins, zwei, drei".repeat(2_000))).is_ok());
    }

    #[test]
    fn a_letter_between_two_pieces_stays_whole() {
        let text = "ü".repeat(PIECE_BYTES);
        let page = read(&format!("<p>{text}</p>")).expect("a page");
        assert_eq!(page.root_element().text().collect::<String>(), text);
    }
}
