//! Which rows lead to tasks of a step below.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    check::Check,
    field::{Row, RowItem},
    given::{Defaults, Given},
    node::Node,
    path,
    plan::MakeError,
    scope::Scope,
};
use crate::definition::{DefinitionError, OneOrMany};

/// The compiled conditions on values that are handed down.
#[derive(Debug)]
pub(crate) struct FollowPlan(Vec<Check>);

impl FollowPlan {
    /// Compiles the checks; `known` are the names of what is handed down.
    pub(crate) fn compile(
        texts: &OneOrMany,
        known: &[String],
        error: MakeError<'_>,
    ) -> Result<Self, DefinitionError> {
        const WAY_OUT: &str = "write such as `cinema.bookable` or `cinema.kind == \"house\"`; \
                               a value that is not handed down can be in `carry`";
        let wrong = |problem| error(&["for_each_where"], problem, WAY_OUT);
        let of_rows = |text: &&String| {
            let end = text.find(['=', '!']).unwrap_or(text.len());
            let value = text.get(..end).unwrap_or_default();
            let first = path::parse_rooted(value).map(|(first, _)| first);
            !first.is_some_and(|first| known.iter().any(|known| known == first))
        };
        if let Some(text) = texts.0.iter().find(of_rows) {
            return Err(wrong(format!("`{text}` asks nothing of the rows above")));
        }
        let named = std::collections::BTreeMap::new();
        let mut scope = Scope::of_body(false, known, &named);
        let checks = Check::all(&texts.0, &mut scope).map_err(wrong)?;
        match checks.iter().find(|check| !check.is_native()) {
            Some(check) => Err(wrong(format!(
                "`{}` is more than a comparison",
                check.text()
            ))),
            None => Ok(Self(checks)),
        }
    }

    /// Returns whether a row that hands these down leads to a task.
    pub(crate) fn leads(&self, defaults: &Defaults, handed: &Map<String, Value>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let given = Given::new(handed, &defaults.zone, defaults, Timestamp::UNIX_EPOCH, b"");
        let row = Row::of(RowItem::Json(&Node::Null), &Node::Null, &given);
        // A comparison of values cannot fail.
        self.0.iter().all(|check| check.holds(&row).unwrap_or(true))
    }
}
