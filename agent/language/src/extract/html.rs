//! One value in or around an element of a page.

use std::borrow::Cow;

use ego_tree::NodeRef;
use scraper::{ElementRef, Node, Selector};

use super::{field::FieldProblem, given::Given};

/// The place of a value from the element of its row, and the part to take.
#[derive(Debug)]
pub(crate) struct HtmlGetter {
    ancestor: Option<Selector>,
    before: Option<Selector>,
    css: Option<Selector>,
    take: Take,
}

/// No heading is further away; looking on would make a page of many rows take forever.
const MAX_SIBLINGS: usize = 2_000;

/// The part to take from an element.
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
    Selector::parse(css).map_err(|_| crate::wording::selector(css))
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
    ///
    /// # Errors
    ///
    /// The problem, if that has this answer looked at too often.
    pub(crate) fn find<'x>(
        &self,
        row: ElementRef<'x>,
        given: &Given<'_>,
    ) -> Result<Option<Cow<'x, str>>, FieldProblem> {
        let mut element = row;
        if let Some(selector) = &self.ancestor {
            let Some(found) = nearest(element, selector, given)? else {
                return Ok(None);
            };
            element = found;
        }
        if let Some(selector) = &self.before {
            let Some(found) = before(element, selector, given)? else {
                return Ok(None);
            };
            element = found;
        }
        if let Some(selector) = &self.css {
            let Some(found) = inside(element, selector, given)? else {
                return Ok(None);
            };
            element = found;
        }
        self.take.from(element, given)
    }
}

impl Take {
    fn from<'x>(
        &self,
        element: ElementRef<'x>,
        given: &Given<'_>,
    ) -> Result<Option<Cow<'x, str>>, FieldProblem> {
        Ok(match self {
            Self::Attribute(name) => element.attr(name).map(|text| Cow::Borrowed(text.trim())),
            Self::AllText => {
                // Rows in rows have the same text again and again.
                let walk = given.walk(element.descendants());
                folded(walk.filter_map(text), given)?
            }
            Self::OwnText => {
                let walk = given.walk(element.children());
                folded(walk.filter_map(text), given)?
            }
            Self::ClassOf(classes) => {
                let class = classes.iter().find(|class| has_class(element, class));
                class.map(|class| Cow::Owned(class.clone()))
            }
            Self::ClassPrefix(prefix) => element
                .value()
                .classes()
                .find_map(|class| class.strip_prefix(prefix.as_str()))
                .map(Cow::Borrowed),
            Self::Pixels(property) => element
                .attr("style")
                .and_then(|style| pixels(style, property))
                .map(Cow::Borrowed),
            Self::Position(selector) => match nearest(element, selector, given)? {
                Some(placed) => {
                    let before = given.walk(placed.prev_siblings());
                    let before = before.filter(|node| node.value().is_element()).count();
                    given.is_within_reach()?;
                    Some(before.to_string().into())
                }
                None => None,
            },
        })
    }
}

/// Returns whether the element has the class.
pub(crate) fn has_class(element: ElementRef<'_>, class: &str) -> bool {
    element.value().classes().any(|own| own == class)
}

/// Returns the nearest element that matches: this one, or one above.
fn nearest<'x>(
    element: ElementRef<'x>,
    selector: &Selector,
    given: &Given<'_>,
) -> Result<Option<ElementRef<'x>>, FieldProblem> {
    let above = element.ancestors().filter_map(ElementRef::wrap);
    let mut all = given.walk(std::iter::once(element).chain(above));
    let found = all.find(|candidate| selector.matches(candidate));
    given.is_within_reach().map(|()| found)
}

/// Returns the nearest sibling before that matches: one of this element, or else one of the
/// elements around it, as a heading is of all that follows it.
fn before<'x>(
    element: ElementRef<'x>,
    selector: &Selector,
    given: &Given<'_>,
) -> Result<Option<ElementRef<'x>>, FieldProblem> {
    let around = given.walk(element.ancestors().filter_map(ElementRef::wrap));
    let siblings = std::iter::once(element)
        .chain(around)
        .flat_map(|element| element.prev_siblings().filter_map(ElementRef::wrap));
    let mut all = given.walk(siblings.take(MAX_SIBLINGS));
    let found = all.find(|sibling| selector.matches(sibling));
    given.is_within_reach().map(|()| found)
}

/// Returns the first element inside this one that matches.
///
/// # Errors
///
/// The problem, if that has this answer looked at too often.
pub(crate) fn inside<'x>(
    element: ElementRef<'x>,
    selector: &Selector,
    given: &Given<'_>,
) -> Result<Option<ElementRef<'x>>, FieldProblem> {
    let below = element.descendants().skip(1).filter_map(ElementRef::wrap);
    let mut all = given.walk(below);
    let found = all.find(|candidate| selector.matches_with_scope(candidate, Some(element)));
    given.is_within_reach().map(|()| found)
}

fn text(node: NodeRef<'_, Node>) -> Option<&str> {
    node.value().as_text().map(|text| &*text.text)
}

/// Joins texts with single spaces; a text of nothing but space is no value.
fn folded<'x>(
    texts: impl Iterator<Item = &'x str>,
    given: &Given<'_>,
) -> Result<Option<Cow<'x, str>>, FieldProblem> {
    let mut words = texts
        .inspect(|text| given.takes_text(text.len()))
        .flat_map(str::split_whitespace);
    let joined = match (words.next(), words.next()) {
        (None, _) => None,
        (Some(only), None) => Some(Cow::Borrowed(only)),
        (Some(first), Some(second)) => {
            let mut joined = format!("{first} {second}");
            for word in words {
                joined.push(' ');
                joined.push_str(word);
            }
            Some(joined.into())
        }
    };
    given.is_within_reach().map(|()| joined)
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
