//! All that reading the answers of one step needs, compiled once.

use std::collections::BTreeMap;

use scraper::Html;
use serde_json::{Map, Value};

use super::{
    Answer, ExtractError, Given,
    check::Check,
    cinema::CinemaPlan,
    decode::{self, Chain},
    field::{Field, JsonRow, Problem, Row},
    labels::Labels,
    node::{Node, Shape},
    page::PagePlan,
    price::level_names,
    scope::{Scope, plain},
    seat::{SeatPlan, unique},
    select::Selection,
    showtime::ShowtimePlan,
};
use crate::{
    definition::{DefinitionError, FieldWords, Step, Yields},
    rows::{Rows, Status},
};

/// One step's extraction, compiled.
#[derive(Debug)]
pub(crate) struct Plan {
    chain: Chain,
    shape: Shape,
    ok: Vec<Check>,
    fail_if: Vec<Check>,
    rules: Rules,
    carry: Carry,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Cinemas(Box<CinemaPlan>),
    Showtimes(Box<ShowtimePlan>),
    Seats(Box<SeatPlan>),
}

/// Where the rows are, and what their absence means.
#[derive(Debug)]
pub(crate) struct Rules {
    rows: RowsPlan,
    pub(crate) may_be_empty: bool,
    skip_empty: bool,
}

#[derive(Debug)]
enum RowsPlan {
    Json(Selection),
    Page(PagePlan),
}

/// A body, decoded.
pub(crate) enum Body<'a> {
    /// JSON.
    Json(Node<'a>),
    /// HTML.
    Page(Box<Html>),
}

/// Makes an error at a word of the step.
pub(crate) type MakeError<'a> = &'a dyn Fn(&[&str], String, &str) -> DefinitionError;

impl Plan {
    /// Returns what a status code means, if this step is about seats and says so.
    pub(crate) fn meaning(&self, code: &str) -> Option<Status> {
        match &self.kind {
            Kind::Seats(plan) => plan.meaning(code),
            Kind::Cinemas(_) | Kind::Showtimes(_) => None,
        }
    }

    /// Compiles what `step` says of its answers.
    pub(crate) fn compile(step: &Step, error: MakeError<'_>) -> Result<Self, DefinitionError> {
        const WAY_OUT: &str = "see the shipped definitions for how this is written";
        let fail = |word: &'static str| move |problem: String| error(&[word], problem, WAY_OUT);
        let html = step.decode.is_html();
        let chain = Chain::compile(&step.decode).map_err(fail("decode"))?;
        let mut shape = Shape::default();
        let (rows, ways) = if html {
            let page = PagePlan::compile(step.rows(), step.container.as_deref());
            (
                RowsPlan::Page(page.map_err(fail("rows"))?),
                vec![Vec::new()],
            )
        } else {
            if step.container.is_some() {
                let problem = "JSON shows its container by itself".to_owned();
                return Err(error(&["container"], problem, "leave it out"));
            }
            let selection = Selection::compile(step.rows()).map_err(fail("rows"))?;
            selection.reserve(&mut shape);
            let ways = selection.ways();
            (RowsPlan::Json(selection), ways)
        };
        let mut checks = |word: &'static str, texts: &[String]| {
            let compile = |text: &String| {
                if html {
                    Check::page(text)
                } else {
                    Check::json(text, &mut shape)
                }
            };
            texts
                .iter()
                .map(compile)
                .collect::<Result<Vec<_>, _>>()
                .map_err(fail(word))
        };
        let (ok, fail_if) = (
            checks("ok", &step.ok.0)?,
            checks("fail_if", &step.fail_if.0)?,
        );
        let mut scope = Scope {
            levels: level_names(&step.levels, ways.len()).map_err(fail("levels"))?,
            ways,
            html,
            named: &step.fields,
            shape,
        };
        let compiled = Kind::compile(step, &mut scope)
            .and_then(|kind| Ok((kind, Carry::compile(&step.carry, &mut scope)?)));
        let (kind, carry) = compiled.map_err(|(place, problem)| {
            let words: Vec<&str> = place.split('.').collect();
            error(&words, problem, WAY_OUT)
        })?;
        Ok(Self {
            chain,
            shape: scope.shape,
            ok,
            fail_if,
            rules: Rules {
                rows,
                may_be_empty: step.may_be_empty,
                skip_empty: step.skip_empty,
            },
            carry,
            kind,
        })
    }

    /// Reads one answer.
    pub(crate) fn run(&self, answer: &Answer<'_>, given: Given<'_>) -> Result<Rows, ExtractError> {
        let body = match &self.rules.rows {
            RowsPlan::Json(_) => Body::Json(self.chain.read(
                answer.body,
                answer.content_type,
                &self.shape,
            )?),
            RowsPlan::Page(_) => {
                let text = decode::text(answer.body, answer.content_type);
                Body::Page(Box::new(Html::parse_document(&text)))
            }
        };
        self.check(&body)?;
        let rows = self.rows(&body, given);
        match (rows, &self.kind) {
            (Err(ExtractError::NoContainer { .. }), kind) if self.rules.may_be_empty => {
                Ok(kind.nothing())
            }
            (rows, _) => rows,
        }
    }

    fn check(&self, body: &Body<'_>) -> Result<(), ExtractError> {
        let holds = |check: &Check| match body {
            Body::Json(node) => check.holds(node),
            Body::Page(page) => Ok(check.holds_of_page(page)),
        };
        for check in &self.ok {
            if !holds(check)? {
                return Err(check.refusal());
            }
        }
        for check in &self.fail_if {
            if holds(check)? {
                return Err(check.refusal());
            }
        }
        Ok(())
    }

    fn rows(&self, body: &Body<'_>, given: Given<'_>) -> Result<Rows, ExtractError> {
        let (rules, carry) = (&self.rules, &self.carry);
        match &self.kind {
            Kind::Seats(plan) => plan.read(body, rules, given).map(Rows::Seats),
            Kind::Cinemas(plan) => {
                let mut cinemas = Vec::new();
                rules.each(body, given.params, None, &mut |index, row| {
                    cinemas.push(plan.read(index, &row, carry, given)?);
                    Ok(())
                })?;
                if cinemas.is_empty() && !rules.may_be_empty {
                    return Err(ExtractError::Empty);
                }
                unique(cinemas.iter().map(|cinema| cinema.key.as_str()))?;
                Ok(Rows::Cinemas(cinemas))
            }
            Kind::Showtimes(plan) => {
                let mut showtimes = Vec::new();
                rules.each(body, given.params, None, &mut |index, row| {
                    showtimes.push(plan.read(index, &row, carry, given)?);
                    Ok(())
                })?;
                if showtimes.is_empty() && !rules.known_empty(body) {
                    return Err(ExtractError::Empty);
                }
                unique(showtimes.iter().map(|showtime| showtime.key.as_str()))?;
                Ok(Rows::Showtimes(showtimes))
            }
        }
    }
}

impl Kind {
    fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, (String, String)> {
        Ok(match step.yields {
            Yields::Cinemas => Self::Cinemas(Box::new(CinemaPlan::compile(step, scope)?)),
            Yields::Showtimes => Self::Showtimes(Box::new(ShowtimePlan::compile(step, scope)?)),
            Yields::Seats => Self::Seats(Box::new(SeatPlan::compile(step, scope)?)),
            Yields::Prices | Yields::Items | Yields::Observations => {
                return Err(("yields".to_owned(), "is not extracted yet".to_owned()));
            }
        })
    }

    fn nothing(&self) -> Rows {
        match self {
            Self::Cinemas(_) => Rows::Cinemas(Vec::new()),
            Self::Showtimes(_) => Rows::Showtimes(Vec::new()),
            Self::Seats(_) => Rows::Seats(crate::rows::SeatMap::default()),
        }
    }
}

impl Rules {
    /// Shows every row that is not a hole to `visit`, with its index.
    pub(crate) fn each(
        &self,
        body: &Body<'_>,
        params: &Map<String, Value>,
        labels: Option<&Labels>,
        visit: &mut dyn FnMut(usize, Row<'_>) -> Result<(), ExtractError>,
    ) -> Result<(), ExtractError> {
        let mut index = 0;
        match (&self.rows, body) {
            (RowsPlan::Json(selection), Body::Json(node)) => {
                selection.each(node, params, labels, &mut |row| {
                    if self.skip_empty && row.item.is_empty() {
                        return Ok(());
                    }
                    visit(index, Row::Json(row))?;
                    index += 1;
                    Ok(())
                })
            }
            (RowsPlan::Page(plan), Body::Page(page)) => {
                if plan.has_container(page) == Some(false) {
                    return Err(ExtractError::NoContainer {
                        place: plan.container().to_owned(),
                    });
                }
                plan.each(page, params, &mut |row| {
                    visit(index, row)?;
                    index += 1;
                    Ok(())
                })
            }
            // The plan decides how the body is decoded, so they are always of one kind.
            (RowsPlan::Json(_), Body::Page(_)) | (RowsPlan::Page(_), Body::Json(_)) => Ok(()),
        }
    }

    /// Returns a row that lies outside of the rows, for values that hold for all.
    pub(crate) fn outside<'x>(node: &'x Node<'x>, params: &'x Map<String, Value>) -> Row<'x> {
        Row::Json(JsonRow {
            body: node,
            item: node,
            levels: &[],
            places: &[],
            labels: None,
            params,
        })
    }

    /// Returns whether an answer without rows says so: an empty list that is there, or a
    /// page with its container. Without either, emptiness is silence.
    fn known_empty(&self, body: &Body<'_>) -> bool {
        self.may_be_empty
            || match (&self.rows, body) {
                (RowsPlan::Json(Selection::Plain(_)), _) => true,
                (RowsPlan::Page(plan), Body::Page(page)) => plan.has_container(page) == Some(true),
                (RowsPlan::Json(Selection::Jq(_)) | RowsPlan::Page(_), _) => false,
            }
    }
}

/// Further values of a row.
#[derive(Debug)]
pub(crate) struct Carry(Vec<Field>);

impl Carry {
    fn compile(
        words: &BTreeMap<String, FieldWords>,
        scope: &mut Scope<'_>,
    ) -> Result<Self, (String, String)> {
        let compile = |(name, words): (&String, &FieldWords)| {
            plain(words, false, false)
                .and_then(|()| scope.field(name, words))
                .map_err(|problem| (format!("carry.{name}"), problem))
        };
        words
            .iter()
            .map(compile)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Reads them; an optional one that is not there is left out.
    pub(crate) fn read(
        &self,
        index: usize,
        row: &Row<'_>,
    ) -> Result<Map<String, Value>, ExtractError> {
        let mut values = Map::new();
        for field in &self.0 {
            if let Some(value) = at(index, field, field.json(row))? {
                values.insert(field.name.clone(), value);
            }
        }
        Ok(values)
    }
}

/// The compiled fields of a step, to be taken by name.
pub(crate) struct Fields(BTreeMap<String, Field>);

/// Compiles the fields of `step`.
pub(crate) fn fields(step: &Step, scope: &mut Scope<'_>) -> Result<Fields, (String, String)> {
    let mut fields = BTreeMap::new();
    for (name, words) in &step.fields {
        let time = ["starts_at", "business_on"].contains(&name.as_str());
        let field = plain(words, time, false).and_then(|()| scope.field(name, words));
        let field = field.map_err(|problem| (format!("fields.{name}"), problem))?;
        fields.insert(name.clone(), field);
    }
    Ok(Fields(fields))
}

impl Fields {
    /// Takes a field that the definition was checked to have.
    pub(crate) fn required(&mut self, name: &str) -> Result<Field, (String, String)> {
        self.0
            .remove(name)
            .ok_or_else(|| ("fields".to_owned(), format!("`{name}` is missing")))
    }

    /// Takes a field that it may have.
    pub(crate) fn optional(&mut self, name: &str) -> Option<Field> {
        self.0.remove(name)
    }
}

/// Names the row and the field of a problem.
pub(crate) fn at<T>(
    row: usize,
    field: &Field,
    result: Result<T, Problem>,
) -> Result<T, ExtractError> {
    result.map_err(|problem| ExtractError::Field {
        row,
        field: field.name.clone(),
        problem,
    })
}

/// Reads a field if the definition has it.
pub(crate) fn optional<'f, T>(
    field: Option<&'f Field>,
    read: impl FnOnce(&'f Field) -> Result<Option<T>, ExtractError>,
) -> Result<Option<T>, ExtractError> {
    field.map_or(Ok(None), read)
}
