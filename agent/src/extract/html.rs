//! One value in or around an element of a page.

use std::borrow::Cow;

use scraper::{ElementRef, Selector};

/// Where to go from a row's element, and what to take there.
#[derive(Debug)]
pub(crate) struct HtmlGetter {
    ancestor: Option<Selector>,
    before: Option<Selector>,
    css: Option<Selector>,
    take: Take,
}

/// No heading is further away; looking on would make a page of many rows take forever.
const MAX_SIBLINGS: usize = 2_000;

/// What to take from an element.
#[derive(Debug)]
pub(crate) enum Take {
    /// An attribute.
    Attribute(String),
    /// All text, its white space folded.
    AllText,
    /// The text that is not in an element inside.
    OwnText,
    /// The first of these classes that it has.
    ClassOf(Vec<String>),
    /// The rest of the first class that starts so.
    ClassPrefix(String),
    /// A length in pixels of its `style`.
    Pixels(String),
    /// The place of the nearest element above that matches, among its siblings.
    Position(Selector),
}

/// Compiles a selector.
pub(crate) fn selector(css: &str) -> Result<Selector, String> {
    Selector::parse(css).map_err(|error| format!("`{css}` is not a CSS selector: {error}"))
}

impl HtmlGetter {
    /// Compiles the long form.
    pub(crate) fn compile(
        ancestor: Option<&str>,
        before: Option<&str>,
        css: Option<&str>,
        take: Take,
    ) -> Result<Self, String> {
        Ok(Self {
            ancestor: ancestor.map(selector).transpose()?,
            before: before.map(selector).transpose()?,
            css: css.map(selector).transpose()?,
            take,
        })
    }

    /// Compiles the short form: `@attribute`, `text` or `own_text`.
    pub(crate) fn short(text: &str) -> Result<Self, String> {
        let take = match (text, text.strip_prefix('@')) {
            ("text", _) => Take::AllText,
            ("own_text", _) => Take::OwnText,
            (_, Some(name)) if !name.is_empty() => Take::Attribute(name.to_owned()),
            _ => {
                return Err(format!(
                    "`{text}` is not a place in a page: write @attribute, text, own_text, or a \
                     table such as {{ css = \"…\", attr = \"…\" }}"
                ));
            }
        };
        Self::compile(None, None, None, take)
    }

    /// Returns the value, if there is one.
    pub(crate) fn find<'x>(&self, row: ElementRef<'x>) -> Option<Cow<'x, str>> {
        let mut element = row;
        if let Some(selector) = &self.ancestor {
            element = nearest(element, selector)?;
        }
        if let Some(selector) = &self.before {
            element = before(element, selector)?;
        }
        if let Some(selector) = &self.css {
            element = element.select(selector).next()?;
        }
        self.take.from(element)
    }
}

impl Take {
    fn from<'x>(&self, element: ElementRef<'x>) -> Option<Cow<'x, str>> {
        match self {
            Self::Attribute(name) => element.attr(name).map(|text| Cow::Borrowed(text.trim())),
            Self::AllText => folded(element.text()),
            Self::OwnText => folded(
                element
                    .children()
                    .filter_map(|child| Some(&*child.value().as_text()?.text)),
            ),
            Self::ClassOf(classes) => {
                let class = classes.iter().find(|class| has_class(element, class));
                class.map(|class| Cow::Owned(class.clone()))
            }
            Self::ClassPrefix(prefix) => element
                .value()
                .classes()
                .find_map(|class| class.strip_prefix(prefix.as_str()))
                .map(Cow::Borrowed),
            Self::Pixels(property) => pixels(element.attr("style")?, property).map(Cow::Borrowed),
            Self::Position(selector) => {
                let placed = nearest(element, selector)?;
                let before = placed
                    .prev_siblings()
                    .filter(|node| node.value().is_element());
                Some(before.count().to_string().into())
            }
        }
    }
}

/// Returns whether the element has the class.
pub(crate) fn has_class(element: ElementRef<'_>, class: &str) -> bool {
    element.value().classes().any(|own| own == class)
}

/// Returns the nearest element that matches: this one, or one above.
fn nearest<'x>(element: ElementRef<'x>, selector: &Selector) -> Option<ElementRef<'x>> {
    let above = element.ancestors().filter_map(ElementRef::wrap);
    std::iter::once(element)
        .chain(above)
        .find(|candidate| selector.matches(candidate))
}

/// Returns the nearest sibling before that matches: one of this element, or else one of the
/// elements around it, as a heading is of all that follows it.
fn before<'x>(element: ElementRef<'x>, selector: &Selector) -> Option<ElementRef<'x>> {
    let around = element.ancestors().filter_map(ElementRef::wrap);
    std::iter::once(element)
        .chain(around)
        .flat_map(|element| element.prev_siblings().filter_map(ElementRef::wrap))
        .take(MAX_SIBLINGS)
        .find(|sibling| selector.matches(sibling))
}

/// Joins texts with single spaces; a text of nothing but space is no value.
fn folded<'x>(texts: impl Iterator<Item = &'x str>) -> Option<Cow<'x, str>> {
    let mut words = texts.flat_map(str::split_whitespace);
    let first = words.next()?;
    let Some(second) = words.next() else {
        return Some(Cow::Borrowed(first));
    };
    let mut joined = format!("{first} {second}");
    for word in words {
        joined.push(' ');
        joined.push_str(word);
    }
    Some(joined.into())
}

/// Returns the number of pixels of a property such as `left` in a style.
fn pixels<'x>(style: &'x str, property: &str) -> Option<&'x str> {
    style.split(';').find_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        if !name.trim().eq_ignore_ascii_case(property) {
            return None;
        }
        let value = value.trim();
        value
            .strip_suffix("px")
            .or_else(|| (value == "0").then_some(value))
            .map(str::trim)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_read_from_a_style() {
        assert_eq!(
            pixels("position:absolute; left:251px; top:50px", "left"),
            Some("251")
        );
        assert_eq!(pixels("left: -3.5px", "left"), Some("-3.5"));
        assert_eq!(pixels("LEFT:0", "left"), Some("0"));
        assert_eq!(pixels("margin-left:4px", "left"), None);
        assert_eq!(pixels("left:40%", "left"), None);
    }
}
