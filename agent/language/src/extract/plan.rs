//! All that reading the answers of one step needs, compiled once.

use super::{
    Answer, ExtractError, Gaps, Page,
    carry::Carry,
    cinema::CinemaPlan,
    decode::Lists,
    facts::PagesPlan,
    field::Row,
    given::Given,
    item::ItemPlan,
    merge,
    node::Node,
    observation::ObservationPlan,
    price::PricePlan,
    reader::{Marks, Reader},
    rules::{Rules, Table, Wrong},
    scope::Scope,
    seat::SeatPlan,
    showtime::ShowtimePlan,
};
use crate::{
    definition::{DefinitionError, SameKey, Step, Yields},
    rows::{AttributeMeaning, Rows, SeatStatus},
};

/// One step's extraction, compiled.
#[derive(Debug)]
pub(crate) struct Plan {
    reader: Reader,
    rules: Rules,
    carry: Carry,
    kind: Kind,
    pages: Option<PagesPlan>,
    same_key: SameKey,
}

#[derive(Debug)]
enum Kind {
    Cinemas(Box<CinemaPlan>),
    Showtimes(Box<ShowtimePlan>),
    Seats(Box<SeatPlan>),
    Prices(Box<PricePlan>),
    Items(Box<ItemPlan>),
    Observations(Box<ObservationPlan>),
}

/// Makes an error at a word of the step.
pub(crate) type MakeError<'a> = &'a dyn Fn(&[&str], String, &str) -> DefinitionError;

impl Plan {
    /// Returns the status that a code means, if this step gives seats and maps the code.
    pub(crate) fn meaning(&self, code: &str) -> Option<SeatStatus> {
        match &self.kind {
            Kind::Seats(plan) => plan.meaning(code),
            _ => None,
        }
    }

    /// Returns what the code of an attribute means, if this step gives showtimes and maps the code.
    pub(crate) fn attribute_meaning(&self, code: &str) -> Option<&AttributeMeaning> {
        match &self.kind {
            Kind::Showtimes(plan) => plan.attribute_meaning(code),
            _ => None,
        }
    }

    /// Compiles what `step` says of its answers; `known` are the names of what is handed
    /// down to it and asked before it.
    pub(crate) fn compile(
        step: &Step,
        known: &[String],
        error: MakeError<'_>,
    ) -> Result<Self, DefinitionError> {
        const WAY_OUT: &str = "see the shipped definitions for how this is written";
        let mut named = step.carry.clone();
        named.extend(step.fields.clone());
        let mut scope = Scope::of_body(step.decode.is_html(), known, &named);
        let lists = Lists::of(paths(step).iter().map(String::as_str));
        let marks = Marks {
            ok: &step.ok,
            fail_if: &step.fail_if,
            blocked_if: &step.blocked_if,
        };
        let reader = Reader::compile(&step.decode, lists, &marks, &mut scope, error)?;
        let wrong = |(place, problem): Wrong| {
            let words: Vec<&str> = place.split('.').collect();
            error(&words, problem, WAY_OUT)
        };
        let pages = step.pages.as_ref();
        let pages = pages.map(|words| PagesPlan::compile(words, &mut scope));
        let pages = pages.transpose().map_err(wrong)?;
        let rules = Rules::compile(step, &mut scope).map_err(wrong)?;
        let kind = Kind::compile(step, &mut scope).map_err(wrong)?;
        let carry = Carry::compile("carry", &step.carry, &mut scope).map_err(wrong)?;
        Ok(Self {
            reader: reader.keeping(&scope.shape),
            rules,
            carry,
            kind,
            pages,
            same_key: step.same_key,
        })
    }

    /// Reads one page of an answer; pages after the first may be empty.
    pub(crate) fn run(
        &self,
        answer: &Answer<'_>,
        given: &Given<'_>,
        page_index: usize,
    ) -> Result<Page, ExtractError> {
        if self.is_empty_status(answer.status) {
            return Ok(self.no_rows());
        }
        self.reader.admit(answer)?;
        given.reading.set_skipping(self.rules.skips_unreadable());
        let body = match self.reader.read(answer, given) {
            Ok(body) => body,
            // What says in plain text that there is nothing need not be JSON.
            Err(error) if error.is_of_reading() && self.rules.says_empty(answer.body) => {
                return Ok(self.no_rows());
            }
            // No such script or object in a page: a list of rows that is not there. Nor can
            // what must hold of a true answer.
            Err(ExtractError::NoContainer { .. })
                if self.rules.may_be_empty && !self.reader.looks_inside() =>
            {
                given.reading.note_silence();
                return Ok(Page {
                    gaps: given.reading.take(),
                    ..self.no_rows()
                });
            }
            Err(error) => return Err(error),
        };
        let handed_down = if self.rules.needs_handed_down() || self.kind.needs_handed_down() {
            given.handed_down()
        } else {
            Node::Null
        };
        let table = self
            .rules
            .table(&body, &handed_down, given, page_index > 0)?;
        let (mut rows, row_count) = self.rows(&table)?;
        // An optional field may have swallowed that it was not read.
        let reached = given.is_within_reach();
        reached.map_err(|problem| ExtractError::Selection {
            problem: format!("the answer {problem}"),
        })?;
        merge::one_of_each(&mut rows, self.same_key, &given.reading)?;
        let gaps = given.reading.take();
        self.is_whole(&gaps)?;
        let mut facts = match &self.pages {
            Some(pages) => pages.read(&body.outside(given))?,
            None => super::PageFacts::default(),
        };
        facts.row_count = row_count;
        Ok(Page {
            rows,
            facts,
            gaps,
            left_out: given.reading.left_out(),
        })
    }

    /// Refuses a part of what is kept as a whole: a seat that is missing is not sold, and a
    /// price that is missing was not abolished.
    pub(crate) fn is_whole(&self, gaps: &Gaps) -> Result<(), ExtractError> {
        let kind = match &self.kind {
            Kind::Seats(_) => "seats",
            Kind::Prices(_) => "prices",
            Kind::Cinemas(_) | Kind::Showtimes(_) | Kind::Items(_) | Kind::Observations(_) => {
                return Ok(());
            }
        };
        if gaps.missing == 0 {
            return Ok(());
        }
        Err(ExtractError::Partial {
            kind,
            first: gaps.described.first().cloned().unwrap_or_default(),
        })
    }

    /// Returns whether an answer of this status is one without rows.
    pub(crate) fn is_empty_status(&self, status: u16) -> bool {
        self.rules.is_empty_status(status)
    }

    fn no_rows(&self) -> Page {
        Page {
            rows: self.kind.nothing(),
            facts: super::PageFacts::default(),
            gaps: Gaps::default(),
            left_out: 0,
        }
    }

    fn rows(&self, table: &Table<'_>) -> Result<(Rows, usize), ExtractError> {
        let carry = &self.carry;
        Ok(match &self.kind {
            Kind::Seats(plan) => {
                let (map, count) = plan.read(table, &self.rules)?;
                (Rows::Seats(map), count)
            }
            Kind::Cinemas(plan) => {
                let (rows, count) = self.list(table, |index, row| plan.read(index, row, carry))?;
                if rows.is_empty() && !table.may_be_empty() {
                    return Err(ExtractError::Empty);
                }
                (Rows::Cinemas(rows), count)
            }
            Kind::Showtimes(plan) => {
                let (rows, count) = self.list(table, |index, row| plan.read(index, row, carry))?;
                (Rows::Showtimes(rows), count)
            }
            Kind::Items(plan) => {
                let (rows, count) = self.list(table, |index, row| plan.read(index, row, carry))?;
                (Rows::Items(rows), count)
            }
            Kind::Prices(plan) => {
                let (rows, count) = self.list(table, |index, row| plan.read(index, row))?;
                let mut rows: Vec<_> = rows.into_iter().flatten().collect();
                rows.sort();
                rows.dedup();
                (Rows::Prices(rows), count)
            }
            Kind::Observations(plan) => {
                let (rows, count) = self.list(table, |index, row| plan.read(index, row, carry))?;
                (
                    Rows::Observations(rows.into_iter().flatten().collect()),
                    count,
                )
            }
        })
    }

    /// Reads the rows of a kind that are a list.
    fn list<T>(
        &self,
        table: &Table<'_>,
        read: impl Fn(usize, &Row<'_>) -> Result<T, ExtractError>,
    ) -> Result<(Vec<T>, usize), ExtractError> {
        let mut rows = Vec::new();
        let count = self.rules.each(table, None, &mut |index, row| {
            rows.push(read(index, row)?);
            Ok(())
        })?;
        if rows.is_empty() && !self.rules.accepts_none(table) {
            return Err(ExtractError::Empty);
        }
        Ok((rows, count))
    }
}

/// Returns every path and filter of a step, for the lists that they name.
fn paths(step: &Step) -> Vec<String> {
    let prices = step.prices.iter().filter_map(|prices| prices.rows.clone());
    let joined = step.join.values().map(|join| join.rows.clone());
    let words = [&step.fields, &step.carry, &step.metrics, &step.film_ids];
    let codes = step.attributes.iter().flat_map(|words| &words.of.0);
    let tables = words.into_iter().flat_map(|words| words.values());
    let tables = tables.chain(codes);
    let fields = tables.flat_map(|words| {
        let table = words.table();
        table.path.into_iter().chain(table.jq)
    });
    let checks = [&step.ok, &step.fail_if, &step.empty_if, &step.keep];
    let checks = checks.into_iter().flat_map(|texts| texts.0.clone());
    let mut paths = vec![step.rows().to_owned()];
    paths.extend(step.header.clone());
    paths.extend(prices.chain(joined).chain(fields).chain(checks));
    paths
}

impl Kind {
    fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        Ok(match step.yields {
            Yields::Cinemas => Self::Cinemas(Box::new(CinemaPlan::compile(step, scope)?)),
            Yields::Showtimes => Self::Showtimes(Box::new(ShowtimePlan::compile(step, scope)?)),
            Yields::Seats => Self::Seats(Box::new(SeatPlan::compile(step, scope)?)),
            Yields::Prices => Self::Prices(Box::new(PricePlan::of_step(step, scope)?)),
            Yields::Items => Self::Items(Box::new(ItemPlan::compile(step, scope)?)),
            Yields::Observations => {
                Self::Observations(Box::new(ObservationPlan::compile(step, scope)?))
            }
        })
    }

    fn nothing(&self) -> Rows {
        match self {
            Self::Cinemas(_) => Rows::Cinemas(Vec::new()),
            Self::Showtimes(_) => Rows::Showtimes(Vec::new()),
            Self::Seats(_) => Rows::Seats(crate::rows::SeatMap::default()),
            Self::Prices(_) => Rows::Prices(Vec::new()),
            Self::Items(_) => Rows::Items(Vec::new()),
            Self::Observations(_) => Rows::Observations(Vec::new()),
        }
    }

    fn needs_handed_down(&self) -> bool {
        matches!(self, Self::Seats(plan) if plan.needs_handed_down())
    }
}
