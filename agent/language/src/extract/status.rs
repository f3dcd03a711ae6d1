//! The meaning of status codes. Nothing is guessed: a code that is not mapped stays a code.

use std::borrow::Cow;

use compact_str::CompactString;

use super::{
    field::{Field, FieldProblem, Getter, Row, RowItem},
    html::has_class,
    scope::{Scope, plain},
    text,
};
use crate::{
    definition::{Otherwise, StatusOf, StatusWords},
    rows::SeatStatus,
};

/// A status map, compiled.
#[derive(Debug)]
pub(crate) struct StatusPlan {
    of: Of,
    gaps: Vec<String>,
    /// A handful of codes: a search from the front beats a map.
    exact: Vec<(String, SeatStatus)>,
    /// Tuples in which some part may be anything, the most specific first.
    wild: Vec<(Vec<Option<String>>, SeatStatus)>,
    otherwise: Otherwise,
    /// The status of a seat without a code.
    absent: Option<SeatStatus>,
}

#[derive(Debug)]
enum Of {
    One(Box<Field>),
    Many(Vec<Field>),
    Classes(Vec<String>),
}

/// The meaning of a code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// This is no seat.
    Gap,
    /// A seat, in this state.
    Mapped(SeatStatus),
    /// A seat with a code that the map does not have.
    Unmapped,
    /// Such a seat, where the definition does not accept it.
    Refused,
}

impl StatusPlan {
    /// Compiles the words.
    pub(crate) fn compile(words: &StatusWords, scope: &mut Scope<'_>) -> Result<Self, String> {
        let of = match &words.of {
            StatusOf::Classes(_) if !scope.html => {
                return Err("classes are for pages: `decode` is not html".to_owned());
            }
            StatusOf::Classes(classes) => Of::Classes(classes.clone()),
            StatusOf::Fields(fields) => {
                let compile = |field| {
                    plain(field, false, false)?;
                    scope.field("status", field)
                };
                let mut fields: Vec<Field> =
                    fields.iter().map(compile).collect::<Result<_, String>>()?;
                match fields.len() {
                    0 => return Err("the list of fields is empty".to_owned()),
                    1 => Of::One(Box::new(fields.remove(0))),
                    _ => Of::Many(fields),
                }
            }
        };
        let mut plan = Self {
            of,
            gaps: words.gap.0.clone(),
            exact: Vec::new(),
            wild: Vec::new(),
            otherwise: words.otherwise,
            absent: words.absent_means,
        };
        if plan.absent.is_some()
            && (words.map.contains_key("") || plan.gaps.contains(&String::new()))
        {
            return Err(
                "`absent_means` says what no code means: take \"\" out of the map".to_owned(),
            );
        }
        if plan.absent.is_some() && matches!(plan.of, Of::Classes(_)) {
            return Err("an element without the class is `\"\"` in the map: leave \
                        `absent_means` out"
                .to_owned());
        }
        for (code, status) in &words.map {
            if plan.gaps.contains(code) {
                return Err(format!("`{code}` is mapped and a gap: keep one"));
            }
            let parts: Vec<Option<String>> = code
                .split('|')
                .map(|part| (part != "*").then(|| part.to_owned()))
                .collect();
            if parts.contains(&None) {
                plan.wild.push((parts, *status));
            } else {
                plan.exact.push((code.clone(), *status));
            }
        }
        plan.wild
            .sort_by_key(|(parts, _)| parts.iter().filter(|part| part.is_none()).count());
        Ok(plan)
    }

    /// Returns the code of a row as the source says it, without what cannot be seen; empty
    /// where it says none. A code that the map has as it came stays as it came.
    pub(crate) fn code(&self, row: &Row<'_>) -> Result<CompactString, FieldProblem> {
        let raw = self.raw(row)?;
        if raw.bytes().all(|byte| matches!(byte, b'!'..=b'~')) || self.has(&raw) {
            return Ok(raw);
        }
        let parts: Vec<Cow<'_, str>> = raw.split('|').map(text::key).collect();
        let clean = parts.join("|");
        // A blank may be a code: in a matrix of signs it is a gap.
        Ok(
            if clean.is_empty() && raw.bytes().all(|byte| byte == b' ') {
                raw
            } else {
                clean.into()
            },
        )
    }

    fn has(&self, code: &str) -> bool {
        self.exact.iter().any(|(known, _)| known == code) || self.gaps.iter().any(|gap| gap == code)
    }

    fn raw(&self, row: &Row<'_>) -> Result<CompactString, FieldProblem> {
        match &self.of {
            Of::One(field) if self.is_absent(field, row)? => Ok(CompactString::default()),
            Of::One(field) => Ok(field.text(row)?.unwrap_or_default().into()),
            Of::Many(fields) => {
                let mut code = CompactString::default();
                let mut absent = self.absent.is_some();
                for field in fields {
                    absent = absent && self.is_absent(field, row)?;
                }
                if absent {
                    return Ok(CompactString::default());
                }
                for (index, field) in fields.iter().enumerate() {
                    if index > 0 {
                        code.push('|');
                    }
                    code.push_str(&field.text(row)?.unwrap_or_default());
                }
                Ok(code)
            }
            Of::Classes(classes) => {
                let RowItem::Element(element) = row.item else {
                    return Ok(CompactString::default());
                };
                let present = classes.iter().filter(|class| has_class(element, class));
                let present: Vec<&str> = present.map(String::as_str).collect();
                Ok(present.join("|").into())
            }
        }
    }

    /// Returns whether a seat has no code, where that means something. A partner that lacks
    /// the field is not an absent one: then the source has changed.
    fn is_absent(&self, field: &Field, row: &Row<'_>) -> Result<bool, FieldProblem> {
        if self.absent.is_none() {
            return Ok(false);
        }
        match field.getter {
            Getter::Joined(join, _) => Ok(row.joined.get(join).is_none_or(|node| !node.is_true())),
            _ => Ok(field.text_or_none(row)?.is_none()),
        }
    }

    /// Returns what a code means.
    pub(crate) fn meaning(&self, code: &str) -> Meaning {
        if let (Some(status), "") = (self.absent, code) {
            return Meaning::Mapped(status);
        }
        if let Some((_, status)) = self.exact.iter().find(|(known, _)| known == code) {
            return Meaning::Mapped(*status);
        }
        if self.gaps.iter().any(|gap| gap == code) {
            return Meaning::Gap;
        }
        let fits = |parts: &[Option<String>]| {
            let mut given = code.split('|');
            let all = parts.iter().all(|part| {
                given
                    .next()
                    .is_some_and(|given| part.as_ref().is_none_or(|part| part == given))
            });
            all && given.next().is_none()
        };
        match (
            self.wild.iter().find(|(parts, _)| fits(parts)),
            self.otherwise,
        ) {
            (Some((_, status)), _) => Meaning::Mapped(*status),
            (None, Otherwise::Unmapped) => Meaning::Unmapped,
            (None, Otherwise::Error) => Meaning::Refused,
        }
    }
}
