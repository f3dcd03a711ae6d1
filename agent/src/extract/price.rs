//! Prices that come with a seat map.

use iso_currency::Currency;
use serde_json::Value;

use super::{
    ExtractError, Given,
    field::{Field, Row},
    money::MoneyPlan,
    node::Node,
    path::Segment,
    plan::at,
    scope::{Scope, plain},
    select::Selection,
};
use crate::{
    definition::{FieldWords, PriceWords},
    rows::Price,
};

/// Prices, compiled.
#[derive(Debug)]
pub(crate) struct PricePlan {
    from: From,
    optional: bool,
    ticket: Option<Field>,
    area: Option<Field>,
    amount: Field,
    money: MoneyPlan,
    currency: Option<Field>,
}

#[derive(Debug)]
enum From {
    /// Every seat tells its own.
    Seats,
    /// A list in the body.
    Body(Selection),
    /// A list that was handed down.
    Params(Selection),
}

impl PricePlan {
    /// Compiles the words; `scope` is that of the seats, and learns what must be kept.
    pub(crate) fn compile(
        words: &PriceWords,
        scope: &mut Scope<'_>,
    ) -> Result<Self, (String, String)> {
        let Some(rows) = &words.rows else {
            return Self::fields(words, From::Seats, scope);
        };
        let error = |problem| ("rows".to_owned(), problem);
        if scope.html {
            return Err(error(
                "a page has prices at its seats: leave `rows` out".to_owned(),
            ));
        }
        let handed_down = ["cinema.", "showtime."]
            .iter()
            .any(|word| rows.starts_with(word));
        let text = if handed_down {
            format!(".{rows}")
        } else {
            rows.clone()
        };
        let selection = Selection::compile(&text).map_err(error)?;
        let ways = selection.ways();
        let mut inner = Scope {
            levels: level_names(&words.levels, ways.len()).map_err(error)?,
            ways,
            html: false,
            named: scope.named,
            shape: std::mem::take(&mut scope.shape),
        };
        if handed_down {
            // What was handed down is not in the body.
            scope.shape = std::mem::take(&mut inner.shape);
            return Self::fields(words, From::Params(selection), &mut inner);
        }
        selection.reserve(&mut inner.shape);
        let plan = Self::fields(words, From::Body(selection), &mut inner);
        scope.shape = inner.shape;
        plan
    }

    fn fields(
        words: &PriceWords,
        from: From,
        scope: &mut Scope<'_>,
    ) -> Result<Self, (String, String)> {
        let mut compile = |name: &str, field: &FieldWords| {
            plain(field, false, name == "amount")
                .and_then(|()| scope.field(name, field))
                .map_err(|problem| (name.to_owned(), problem))
        };
        let mut optional = |name: &str, field: &Option<FieldWords>| {
            field.as_ref().map(|field| compile(name, field)).transpose()
        };
        Ok(Self {
            from,
            optional: words.optional,
            ticket: optional("ticket", &words.ticket)?,
            area: optional("area", &words.area)?,
            currency: optional("currency", &words.currency)?,
            amount: compile("amount", &words.amount)?,
            money: MoneyPlan::compile(&words.amount.table())
                .map_err(|problem| ("amount".to_owned(), problem))?,
        })
    }

    /// Reads the price that a seat tells, if prices come so.
    pub(crate) fn of_seat(
        &self,
        index: usize,
        seat: &Row<'_>,
        given: Given<'_>,
        prices: &mut Vec<Price>,
    ) -> Result<(), ExtractError> {
        if !matches!(self.from, From::Seats) {
            return Ok(());
        }
        if let Some(price) = self.read(index, seat, given)?
            && !prices.contains(&price)
        {
            prices.push(price);
        }
        Ok(())
    }

    /// Reads the prices that come as a list.
    pub(crate) fn list(
        &self,
        body: &Node<'_>,
        given: Given<'_>,
    ) -> Result<Vec<Price>, ExtractError> {
        let mut prices = Vec::new();
        let handed_down;
        let (selection, root) = match &self.from {
            From::Seats => return Ok(prices),
            From::Body(selection) => (selection, body),
            From::Params(selection) => {
                handed_down = of_params(given.params);
                (selection, &handed_down)
            }
        };
        let mut index = 0;
        let read = selection.each(root, given.params, None, &mut |row| {
            prices.extend(self.read(index, &Row::Json(row), given)?);
            index += 1;
            Ok(())
        });
        match read {
            Err(ExtractError::NoContainer { .. }) if self.optional => return Ok(Vec::new()),
            read => read?,
        }
        if prices.is_empty() && !self.optional {
            return Err(ExtractError::Empty);
        }
        prices.sort();
        prices.dedup();
        Ok(prices)
    }

    fn read(
        &self,
        index: usize,
        row: &Row<'_>,
        given: Given<'_>,
    ) -> Result<Option<Price>, ExtractError> {
        let text = |field: Option<&Field>| match field {
            Some(field) => at(index, field, field.string(row)),
            None => Ok(String::new()),
        };
        let Some(amount) = at(index, &self.amount, self.amount.text(row))? else {
            return Ok(None);
        };
        let amount = at(index, &self.amount, self.money.amount(&amount))?;
        let mut currency = text(self.currency.as_ref())?;
        if currency.is_empty() {
            currency.clone_from(&given.source.definition().currency);
        } else if let (Some(field), None) = (&self.currency, Currency::from_code(&currency)) {
            return at(
                index,
                field,
                Err(format!("is `{currency}`, which is no currency")),
            );
        }
        Ok(Some(Price {
            ticket: text(self.ticket.as_ref())?,
            area: text(self.area.as_ref())?,
            amount,
            currency,
            amount_max: None,
            fee: None,
            tax_included: None,
        }))
    }
}

/// Returns what was handed down as if it were a body.
fn of_params(params: &serde_json::Map<String, Value>) -> Node<'_> {
    Node::Object(
        params
            .iter()
            .map(|(key, value)| (key.as_str().into(), value.into()))
            .collect(),
    )
}

/// Returns a name for each of `count` levels: those of the author, or none but the row's.
pub(crate) fn level_names(names: &[String], count: usize) -> Result<Vec<String>, String> {
    match names.len() {
        0 => Ok(vec![String::new(); count]),
        given if given == count => Ok(names.to_vec()),
        given => Err(format!(
            "{given} names for {count} levels: give one for each [] of `rows`"
        )),
    }
}

impl Selection {
    /// Keeps the way to the rows, so that a missing list is told from an empty one.
    pub(crate) fn reserve(&self, shape: &mut super::node::Shape) {
        match self {
            Self::Jq(_) => shape.keep(&[]),
            Self::Plain(_) => {
                for way in self.ways() {
                    let last = way.iter().rposition(|segment| *segment == Segment::Each);
                    shape.reach(way.get(..=last.unwrap_or_default()).unwrap_or_default());
                }
            }
        }
    }
}
