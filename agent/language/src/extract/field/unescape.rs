//! Character references of HTML in a text that is no HTML: `Tom &amp; Jerry`.

use std::borrow::Cow;

use scraper::Html;

/// Returns a text with what its character references stand for. Tags stay text.
pub(super) fn html(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('&') {
        return text;
    }
    // The parser knows all names, and which of them end without a semicolon.
    let page = Html::parse_fragment(&text.replace('<', "&lt;"));
    Cow::Owned(page.root_element().text().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_what_they_stand_for() {
        for (text, read) in [
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("L&#39;Avare &#x201c;live&#x201D;", "L'Avare “live”"),
            ("caf&eacute; &lt;b&gt; <i>x</i>", "café <b> <i>x</i>"),
            (" AT&T &amp;amp; R&D ", " AT&T &amp; R&D "),
            ("plain", "plain"),
        ] {
            assert_eq!(html(text.into()), read);
        }
    }
}
