//! The rules for rows: their place, how they are reshaped, and which of them count.
//!
//! The way of a row: it is found, zipped with its header or taken apart by column, joined
//! with others, split into parts, and kept or left out.

use regex::Regex;

use super::{
    ExtractError, MAX_ROWS, allowance,
    check::Check,
    field::{Field, Row, RowItem},
    gaps::Reading,
    given::Given,
    join::{Index, JoinPlan},
    labels::Labels,
    node::Node,
    path::{self, Segment},
    price::level_names,
    reader::Body,
    reshape::Reshape,
    rows_at::RowsAt,
    scope::Scope,
    select::Selection,
};
use crate::{
    definition::{Share, Step},
    wording,
};

/// Bytes of a row of an answer, about.
const ROW_BYTES: usize = 512;

/// The place of the rows, and the meaning of their absence.
#[derive(Debug)]
pub(crate) struct Rules {
    place: RowsAt,
    reshape: Option<Reshape>,
    joins: Vec<JoinPlan>,
    split: Option<(Field, Regex)>,
    keep: Vec<Check>,
    empty_if: Vec<Check>,
    pub(crate) may_be_empty: bool,
    skip_empty: bool,
    skip_unreadable: Option<Share>,
}

/// An answer with all that its rows look at.
pub(crate) struct Table<'n> {
    pub(crate) body: &'n Body<'n>,
    pub(crate) handed_down: &'n Node<'n>,
    pub(crate) given: &'n Given<'n>,
    joins: Vec<Index<'n>>,
    says_empty: bool,
    may_be_empty: bool,
    /// It may have no rows, but must have the place for them: an error page is no end.
    is_later_page: bool,
}

/// Sees each row that counts, with its index.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(usize, &Row<'_>) -> Result<(), ExtractError>;

/// The word of a step and what is wrong with it.
pub(crate) type Wrong = (String, String);

impl Rules {
    /// Compiles the words of `step`; `scope` becomes that of its rows.
    ///
    /// # Errors
    ///
    /// The word and the problem.
    pub(crate) fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        let at = |word: &str| {
            let word = word.to_owned();
            move |problem: String| (word, problem)
        };
        let html = step.decode.is_html();
        let empty_if = Check::all(&step.empty_if.0, scope).map_err(at("empty_if"))?;
        let mut place = RowsAt::compile(step.rows(), step.container.as_deref(), html, scope)
            .map_err(at("rows"))?;
        if let Some(selection) = place.selection() {
            if step.may_be_empty || step.skip_unreadable.is_some() {
                selection.go_on();
            }
            if let Some(member) = key_member(step) {
                selection.rows_have(&member);
            }
        }
        scope.levels = level_names(&step.levels, scope.levels.len()).map_err(at("levels"))?;
        let reshape = Reshape::compile(step, scope)?;
        let joins = JoinPlan::compile(&step.join, scope)?;
        let split = step.split.as_ref().map(|words| {
            let of = scope.field("split.of", &words.of).map_err(at("split.of"))?;
            let by = Regex::new(&words.by)
                .map_err(|_| wording::regex(&words.by))
                .map_err(at("split.by"))?;
            Ok::<_, Wrong>((of, by))
        });
        let split = split.transpose()?;
        scope.has_part = split.is_some();
        let whole = ["text:", "status:", "body:"];
        if let Some(mark) = whole
            .iter()
            .find(|mark| step.keep.0.iter().any(|text| text.starts_with(**mark)))
        {
            let problem = format!("`{mark}` looks at the whole answer, not at a row");
            return Err(at("where")(problem));
        }
        Ok(Self {
            place,
            reshape,
            joins,
            split,
            keep: Check::all(&step.keep.0, scope).map_err(at("where"))?,
            empty_if,
            may_be_empty: step.may_be_empty,
            skip_empty: step.skip_empty,
            skip_unreadable: step.skip_unreadable,
        })
    }

    /// Returns whether rows that cannot be read are left out.
    pub(crate) fn skips_unreadable(&self) -> bool {
        self.skip_unreadable.is_some()
    }

    /// Returns whether anything looks for rows in what was handed down.
    pub(crate) fn needs_handed_down(&self) -> bool {
        self.place.is_handed_down() || self.joins.iter().any(JoinPlan::needs_handed_down)
    }

    /// Returns whether this status says that there are no rows.
    pub(crate) fn is_empty_status(&self, status: u16) -> bool {
        self.empty_if
            .iter()
            .any(|check| check.status() == Some(status))
    }

    /// Returns whether the answer, as it came, says that it is empty.
    pub(crate) fn says_empty(&self, raw: &[u8]) -> bool {
        self.empty_if.iter().any(|check| check.holds_raw(raw))
    }

    /// Makes an answer ready to be read.
    pub(crate) fn table<'n>(
        &'n self,
        body: &'n Body<'n>,
        handed_down: &'n Node<'n>,
        given: &'n Given<'n>,
        is_later_page: bool,
    ) -> Result<Table<'n>, ExtractError> {
        let joins = self
            .joins
            .iter()
            .map(|join| join.index(body.node(), handed_down, given));
        let outside = body.outside(given);
        let mut says_empty = false;
        for check in &self.empty_if {
            says_empty = says_empty || check.holds(&outside)?;
        }
        Ok(Table {
            body,
            handed_down,
            given,
            joins: joins.collect::<Result<_, _>>()?,
            says_empty,
            may_be_empty: self.may_be_empty,
            is_later_page,
        })
    }

    /// Shows every row that counts to `visit`, and returns how many there were in all.
    pub(crate) fn each(
        &self,
        table: &Table<'_>,
        labels: Option<&Labels>,
        visit: Visit<'_>,
    ) -> Result<usize, ExtractError> {
        if let (RowsAt::Page(plan), Body::Page(page)) = (&self.place, table.body)
            && plan.has_container(page) == Some(false)
            && !table.says_empty
        {
            return Err(ExtractError::NoContainer {
                place: plan.container().to_owned(),
            });
        }
        let reading = &table.given.reading;
        reading.reset_left_out();
        let (mut found, mut index) = (0, 0);
        let mut joined = Vec::with_capacity(self.joins.len());
        let read = self.place.each(
            table.body,
            table.handed_down,
            labels,
            table.given,
            &mut |row| {
                if self.skip_empty && matches!(row.item, RowItem::Json(node) if node.is_empty()) {
                    return Ok(());
                }
                found += 1;
                if self.is_plain() {
                    return self.sift(&mut index, row, visit);
                }
                let mut one = |row: &Row<'_>| {
                    self.join(&table.joins, index, row, &mut joined)?;
                    let row = Row {
                        joined: &joined,
                        ..*row
                    };
                    self.split(&mut index, &row, visit)
                };
                let read = match &self.reshape {
                    None => one(row),
                    Some(reshape) => reshape.each(row, &mut one),
                };
                read.or_else(|error| self.skip(row, error))
            },
        );
        match read {
            Err(ExtractError::NoContainer { .. }) if table.says_empty => Ok(0),
            Err(ExtractError::NoContainer { .. }) if table.may_be_empty => {
                reading.note_silence();
                Ok(0)
            }
            Err(error) => Err(error),
            Ok(()) => {
                self.bound(reading, index)?;
                Ok(found)
            }
        }
    }

    /// Leaves a row out that cannot be read, where the definition accepts that.
    fn skip(&self, row: &Row<'_>, error: ExtractError) -> Result<(), ExtractError> {
        if self.skip_unreadable.is_none() || !error.is_of_row() {
            return Err(error);
        }
        row.given.reading.note_gap(|| error.to_string());
        Ok(())
    }

    /// Refuses an answer of which more rows were left out than the definition accepts.
    fn bound(&self, reading: &Reading, read: usize) -> Result<(), ExtractError> {
        let skipped = reading.missing();
        let all = skipped + read;
        match self.skip_unreadable {
            Some(share) if !share.covers(skipped, all) => Err(ExtractError::Unreadable {
                skipped,
                all,
                share: share.to_string(),
                first: reading.first().unwrap_or_default(),
            }),
            _ => Ok(()),
        }
    }

    /// Returns whether a row is what it was found as.
    fn is_plain(&self) -> bool {
        self.reshape.is_none() && self.joins.is_empty() && self.split.is_none()
    }

    /// Puts the partners of a row into `joined`, each seeing those before it.
    fn join<'n>(
        &self,
        indexes: &[Index<'n>],
        at: usize,
        row: &Row<'_>,
        joined: &mut Vec<&'n Node<'n>>,
    ) -> Result<(), ExtractError> {
        joined.clear();
        for (join, index) in self.joins.iter().zip(indexes) {
            let row = Row { joined, ..*row };
            let partner = join.partner(index, at, &row)?;
            joined.push(partner);
        }
        Ok(())
    }

    fn split(
        &self,
        index: &mut usize,
        row: &Row<'_>,
        visit: Visit<'_>,
    ) -> Result<(), ExtractError> {
        let Some((of, by)) = &self.split else {
            return self.sift(index, row, visit);
        };
        let text = super::carry::at(*index, of, of.text(row))?;
        let text = text.as_deref().unwrap_or_default();
        let mut parts = by
            .split(text)
            .map(str::trim)
            .filter(|part| !part.is_empty());
        parts.try_for_each(|part| {
            let row = Row {
                part: Some(part),
                ..*row
            };
            self.sift(index, &row, visit)
        })
    }

    fn sift(&self, index: &mut usize, row: &Row<'_>, visit: Visit<'_>) -> Result<(), ExtractError> {
        for check in &self.keep {
            if !check.holds(row)? {
                row.given.reading.note_left_out();
                return Ok(());
            }
        }
        if *index >= MAX_ROWS {
            return Err(ExtractError::TooMany { limit: MAX_ROWS });
        }
        allowance::take(ROW_BYTES);
        match visit(*index, row) {
            Ok(()) => *index += 1,
            Err(error) => self.skip(row, error)?,
        }
        Ok(())
    }

    /// Returns whether an answer without rows is accepted; where nothing in it says that it is
    /// empty, that is noted.
    pub(crate) fn accepts_none(&self, table: &Table<'_>) -> bool {
        let reading = &table.given.reading;
        // Rows that are there and of which none counts are no statement either: what `where`
        // looks at may have got another name.
        let says = table.says_empty || self.known_empty(table) && reading.left_out() == 0;
        if !says && !table.is_later_page {
            reading.note_silence();
        }
        table.may_be_empty() || self.known_empty(table)
    }

    /// Returns whether an answer without rows shows it: an empty list that is there, or a
    /// page with its container. Without either, emptiness is silence.
    fn known_empty(&self, table: &Table<'_>) -> bool {
        match (&self.place, table.body) {
            (RowsAt::Body(Selection::Plain(_)) | RowsAt::HandedDown(Selection::Plain(_)), _) => {
                true
            }
            (RowsAt::Page(plan), Body::Page(page)) => plan.has_container(page) == Some(true),
            (
                RowsAt::Body(Selection::Jq(_))
                | RowsAt::HandedDown(Selection::Jq(_))
                | RowsAt::Page(_),
                _,
            ) => false,
        }
    }
}

/// Returns the member of a row that holds its key, if it is a single member.
fn key_member(step: &Step) -> Option<std::sync::Arc<str>> {
    let path = step.fields.get("key")?.table().path?;
    match path::parse(&path)?.as_slice() {
        [Segment::Key(key)] => Some(key.name.clone()),
        _ => None,
    }
}

impl Table<'_> {
    /// Returns whether an answer without rows is accepted, for any kind of rows.
    pub(crate) fn may_be_empty(&self) -> bool {
        self.says_empty || self.may_be_empty || self.is_later_page
    }
}
