//! Prices: rows of their own, or what comes with a seat map.

use iso_currency::Currency;
use rust_decimal::Decimal;

use super::{
    ExtractError,
    carry::{at, fields},
    field::{Field, Row},
    money::{AmountText, MoneyPlan},
    rows_at::RowsAt,
    rules::{Table, Wrong},
    scope::{Scope, plain},
};
use crate::{
    definition::{FieldTable, FieldWords, PriceWords, Step},
    rows::Price,
};

/// The fields of a price, compiled.
#[derive(Debug)]
pub(crate) struct PricePlan {
    ticket: Option<Field>,
    area: Option<Field>,
    amount: Money,
    amount_max: Option<Money>,
    fee: Option<Money>,
    tax: Option<Field>,
    currency: Option<Field>,
}

/// Prices that come with a seat map, compiled.
#[derive(Debug)]
pub(crate) struct PricesPlan {
    /// The list of prices; without it every seat has its own price.
    rows: Option<RowsAt>,
    optional: bool,
    price: PricePlan,
}

/// An amount, and how it is read.
#[derive(Debug)]
struct Money {
    field: Field,
    plan: MoneyPlan,
}

impl Money {
    fn compile(field: Field, words: &FieldTable) -> Result<Self, String> {
        let plan = MoneyPlan::compile(words)?;
        Ok(Self { field, plan })
    }

    fn read(
        &self,
        index: usize,
        row: &Row<'_>,
        currency: Currency,
    ) -> Result<Option<Decimal>, ExtractError> {
        let found = at(index, &self.field, self.field.number_or_text(row))?;
        let amount = found.map(|(text, is_number)| {
            let found = if is_number {
                AmountText::Number(&text)
            } else {
                AmountText::Text(&text)
            };
            self.plan.amount(found, currency)
        });
        at(index, &self.field, amount.transpose())
    }
}

impl PricePlan {
    /// Compiles the fields of a step that yields prices.
    pub(crate) fn of_step(step: &Step, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        let mut take = fields(step, scope)?;
        let money = |name: &str, field: Option<Field>| {
            let words = step.fields.get(name).map(FieldWords::table);
            let money = field.map(|field| Money::compile(field, &words.unwrap_or_default()));
            money
                .transpose()
                .map_err(|problem| (format!("fields.{name}"), problem))
        };
        let missing = || ("fields".to_owned(), "`amount` is missing".to_owned());
        Ok(Self {
            amount: money("amount", take.optional("amount"))?.ok_or_else(missing)?,
            amount_max: money("amount_max", take.optional("amount_max"))?,
            fee: money("fee", take.optional("fee"))?,
            ticket: take.optional("ticket"),
            area: take.optional("area"),
            tax: take.optional("tax"),
            currency: take.optional("currency"),
        })
    }

    /// Compiles the words of prices that come with seats.
    fn of_words(words: &PriceWords, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        let mut field = |name: &str, field: &FieldWords, money| {
            plain(field, false, money)
                .and_then(|()| scope.field(name, field))
                .map_err(|problem| (name.to_owned(), problem))
        };
        let mut money = |name: &str, words: &FieldWords| {
            let found = field(name, words, true)?;
            Money::compile(found, &words.table()).map_err(|problem| (name.to_owned(), problem))
        };
        let amount = money("amount", &words.amount)?;
        let mut optional = |name: &str, words: &Option<FieldWords>| {
            words.as_ref().map(|words| money(name, words)).transpose()
        };
        let (amount_max, fee) = (
            optional("amount_max", &words.amount_max)?,
            optional("fee", &words.fee)?,
        );
        let mut text = |name: &str, words: &Option<FieldWords>| {
            let words = words.as_ref();
            words.map(|words| field(name, words, false)).transpose()
        };
        Ok(Self {
            amount,
            amount_max,
            fee,
            ticket: text("ticket", &words.ticket)?,
            area: text("area", &words.area)?,
            tax: text("tax", &words.tax)?,
            currency: text("currency", &words.currency)?,
        })
    }

    /// Reads one price; `None` if its amount is optional and missing.
    pub(crate) fn read(&self, index: usize, row: &Row<'_>) -> Result<Option<Price>, ExtractError> {
        let text = |field: Option<&Field>| match field {
            Some(field) => at(index, field, field.label(row).map(String::from)),
            None => Ok(String::new()),
        };
        let mut code = text(self.currency.as_ref())?;
        if code.is_empty() {
            code.clone_from(&row.given.defaults.currency);
        }
        let Some(currency) = Currency::from_code(&code) else {
            let problem = format!("is `{code}`, which is no currency");
            return at(
                index,
                self.currency.as_ref().unwrap_or(&self.amount.field),
                Err(problem),
            );
        };
        let money = |money: Option<&Money>| match money {
            Some(money) => money.read(index, row, currency),
            None => Ok(None),
        };
        let Some(amount) = self.amount.read(index, row, currency)? else {
            return Ok(None);
        };
        let amount_max = money(self.amount_max.as_ref())?;
        if let (Some(most), Some(max)) = (amount_max, &self.amount_max)
            && most < amount
        {
            let problem = format!("is {most}, less than the amount {amount}");
            return at(index, &max.field, Err(problem));
        }
        Ok(Some(Price {
            ticket: text(self.ticket.as_ref())?,
            area: text(self.area.as_ref())?,
            amount,
            currency: code,
            amount_max,
            fee: money(self.fee.as_ref())?,
            tax_included: self.tax(index, row)?,
        }))
    }

    fn tax(&self, index: usize, row: &Row<'_>) -> Result<Option<bool>, ExtractError> {
        let Some(field) = &self.tax else {
            return Ok(None);
        };
        let included = match at(index, field, field.text(row))?.as_deref() {
            None => Ok(None),
            Some("included") => Ok(Some(true)),
            Some("excluded") => Ok(Some(false)),
            Some(other) => Err(format!(
                "is `{other}`, neither `included` nor `excluded`: add a `map`"
            )),
        };
        at(index, field, included)
    }
}

impl PricesPlan {
    /// Compiles the words; `scope` is that of the seats, and learns what must be kept.
    pub(crate) fn compile(words: &PriceWords, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        let Some(rows) = &words.rows else {
            return Ok(Self {
                rows: None,
                optional: words.optional,
                price: PricePlan::of_words(words, scope)?,
            });
        };
        let mut inner = Scope {
            shape: std::mem::take(&mut scope.shape),
            ..Scope::of_body(scope.of_page, scope.known, scope.named)
        };
        let compiled = Self::list_of(words, rows, &mut inner);
        scope.shape = inner.shape;
        compiled
    }

    fn list_of(words: &PriceWords, rows: &str, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        let at = RowsAt::compile(rows, None, scope.of_page, scope)
            .map_err(|problem| ("rows".to_owned(), problem))?;
        scope.levels = level_names(&words.levels, scope.levels.len())
            .map_err(|problem| ("levels".to_owned(), problem))?;
        Ok(Self {
            rows: Some(at),
            optional: words.optional,
            price: PricePlan::of_words(words, scope)?,
        })
    }

    /// Returns whether prices are in what was handed down.
    pub(crate) fn needs_handed_down(&self) -> bool {
        self.rows.as_ref().is_some_and(RowsAt::is_handed_down)
    }

    /// Reads the price of a seat, if prices come with the seats.
    pub(crate) fn of_seat(
        &self,
        index: usize,
        seat: &Row<'_>,
        prices: &mut Vec<Price>,
    ) -> Result<(), ExtractError> {
        if self.rows.is_none()
            && let Some(price) = self.price.read(index, seat)?
            && !prices.contains(&price)
        {
            prices.push(price);
        }
        Ok(())
    }

    /// Reads the prices that come as a list.
    pub(crate) fn list(&self, table: &Table<'_>) -> Result<Vec<Price>, ExtractError> {
        let mut prices = Vec::new();
        let Some(rows) = &self.rows else {
            return Ok(prices);
        };
        let mut index = 0;
        let read = rows.each(
            table.body,
            table.handed_down,
            None,
            table.given,
            &mut |row| {
                prices.extend(self.price.read(index, row)?);
                index += 1;
                Ok(())
            },
        );
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
}

/// Name of the row of a selection whose levels have no names.
pub(crate) const UNNAMED: &str = "item";

/// Returns a name for each of `count` levels: those of the author, or none but the row's.
///
/// The last level is the row; without names it is called [`UNNAMED`].
pub(crate) fn level_names(names: &[String], count: usize) -> Result<Vec<String>, String> {
    match names.len() {
        0 => {
            let mut unnamed = vec![String::new(); count];
            if let Some(last) = unnamed.last_mut() {
                UNNAMED.clone_into(last);
            }
            Ok(unnamed)
        }
        given if given == count => Ok(names.to_vec()),
        given => Err(format!(
            "{given} names for {count} levels: give one for each [] of `rows`"
        )),
    }
}
