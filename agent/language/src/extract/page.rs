//! The rows of a page: the elements that match a selector.

use scraper::{Html, Selector};

use super::{
    ExtractError, MAX_ROWS,
    field::{Row, RowItem},
    given::Given,
    html::selector,
    node::Node,
};

/// How rows are found in a page.
#[derive(Debug)]
pub(crate) struct PagePlan {
    rows: Selector,
    container: Option<(String, Selector)>,
}

impl PagePlan {
    /// Compiles the selectors.
    pub(crate) fn compile(rows: &str, container: Option<&str>) -> Result<Self, String> {
        let container = container.map(|css| Ok::<_, String>((css.to_owned(), selector(css)?)));
        Ok(Self {
            rows: selector(rows)?,
            container: container.transpose()?,
        })
    }

    /// Returns whether the page has what a true answer has even without rows; `None` if
    /// the definition names nothing.
    pub(crate) fn has_container(&self, page: &Html) -> Option<bool> {
        let (_, selector) = self.container.as_ref()?;
        Some(page.select(selector).next().is_some())
    }

    /// Returns the selector of the container as it is written.
    pub(crate) fn container(&self) -> &str {
        self.container.as_ref().map_or("", |(css, _)| css)
    }

    /// Shows every row to `visit`, in the order of the page.
    pub(crate) fn each(
        &self,
        page: &Html,
        given: &Given<'_>,
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), ExtractError>,
    ) -> Result<(), ExtractError> {
        for (index, element) in page.select(&self.rows).enumerate() {
            if index >= MAX_ROWS {
                return Err(ExtractError::TooMany { limit: MAX_ROWS });
            }
            visit(&Row::of(RowItem::Element(element), &Node::Null, given))?;
        }
        Ok(())
    }
}
