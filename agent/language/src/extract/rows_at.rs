//! The place of rows: in the body, in values that were handed down, in a page.

use super::{
    ExtractError,
    field::{Row, RowItem},
    given::Given,
    join::rooted,
    labels::Labels,
    node::Node,
    page::PagePlan,
    reader::Body,
    scope::Scope,
    select::Selection,
};

/// The place of rows.
#[derive(Debug)]
pub(crate) enum RowsAt {
    /// In a JSON body.
    Body(Selection),
    /// In what was handed down, or asked first.
    HandedDown(Selection),
    /// In a page.
    Page(PagePlan),
}

impl RowsAt {
    /// Compiles `text`; `scope` becomes that of its rows.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(crate) fn compile(
        text: &str,
        container: Option<&str>,
        html: bool,
        scope: &mut Scope<'_>,
    ) -> Result<Self, String> {
        let (text, in_body) = rooted(text, scope.known);
        scope.html = html && in_body;
        if scope.html {
            scope.ways = vec![Vec::new()];
            return PagePlan::compile(&text, container).map(Self::Page);
        }
        if container.is_some() {
            return Err("JSON shows its container by itself: leave `container` out".to_owned());
        }
        let selection = Selection::compile(&text)?;
        scope.levels = vec![String::new(); selection.ways().len()];
        if in_body {
            selection.reserve(&mut scope.shape);
            scope.ways = selection.ways();
            Ok(Self::Body(selection))
        } else {
            scope.ways = Vec::new();
            Ok(Self::HandedDown(selection))
        }
    }

    /// Shows every row to `visit`, as it is found.
    pub(crate) fn each(
        &self,
        body: &Body<'_>,
        handed_down: &Node<'_>,
        labels: Option<&Labels>,
        given: &Given<'_>,
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), ExtractError>,
    ) -> Result<(), ExtractError> {
        match (self, body) {
            (Self::Body(selection), body) => {
                let outside = Row {
                    labels,
                    ..Row::of(RowItem::Json(body.node()), body.node(), given)
                };
                selection.each(&outside, visit)
            }
            (Self::HandedDown(selection), body) => {
                let outside = Row {
                    labels,
                    ..Row::of(RowItem::Json(handed_down), body.node(), given)
                };
                selection.each(&outside, visit)
            }
            (Self::Page(plan), Body::Page(page)) => plan.each(page, given, visit),
            // The plan decides how the body is decoded, so they are always of one kind.
            (Self::Page(_), Body::Json(_)) => Ok(()),
        }
    }

    /// Returns the selection of rows that are JSON.
    pub(crate) fn selection(&mut self) -> Option<&mut Selection> {
        match self {
            Self::Body(selection) | Self::HandedDown(selection) => Some(selection),
            Self::Page(_) => None,
        }
    }

    /// Returns whether rows are in what was handed down.
    pub(crate) fn is_handed_down(&self) -> bool {
        matches!(self, Self::HandedDown(_))
    }
}
