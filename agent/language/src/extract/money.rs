//! Money: numbers, minor units, formatted text.
//!
//! Takes what stands in the place of an amount; gives the amount in major units, or an
//! error. A sign is kept, digits are never joined over what is no group separator, and an
//! amount that its currency cannot have is refused: a price that is wrong by a factor looks
//! like any other.

use iso_currency::Currency;
use rust_decimal::Decimal;

use crate::definition::FieldTable;

mod written;

#[cfg(test)]
mod tests;

use written::WrittenNumber;

/// Signs of a text that a message shows.
const SHOWN_CHARS: usize = 40;
/// More powers of ten than any amount has, fewer than a decimal can hold.
const MAX_EXPONENT: i32 = 20;

/// How an amount is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MoneyPlan {
    minor_digits: u32,
    decimal_sign: Option<char>,
}

/// The value in the place of an amount.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AmountText<'t> {
    /// A number of JSON: its decimal sign is a point, even if texts have another one.
    Number(&'t str),
    /// A text.
    Text(&'t str),
}

impl MoneyPlan {
    /// Compiles the words of an amount.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(crate) fn compile(words: &FieldTable) -> Result<Self, String> {
        let minor_digits = words.minor_digits.unwrap_or(0);
        if minor_digits > 6 {
            return Err("no currency has more than 4 minor digits".to_owned());
        }
        if words.scale.is_some() {
            return Err(
                "`scale` is for numbers: of an amount in cents say `minor_digits = 2`, \
                 of any other make a number with `jq`"
                    .to_owned(),
            );
        }
        if let Some(sign) = words.decimal_sign
            && !written::can_be_sign(sign)
        {
            return Err(format!("`{sign}` is no decimal sign: write \",\" or \".\""));
        }
        let plan = Self {
            minor_digits,
            decimal_sign: words.decimal_sign,
        };
        // What the author writes must be read as well as what the source does.
        let mapped = words.map.iter().flat_map(|map| map.values());
        let own = mapped.chain(&words.default).chain(&words.r#const);
        for text in own {
            plan.major(AmountText::Text(text), None)?;
        }
        Ok(plan)
    }

    /// Reads an amount in major units of `currency`.
    ///
    /// # Errors
    ///
    /// The problem, in words that follow the name of the field.
    pub(crate) fn amount(
        self,
        found: AmountText<'_>,
        currency: Currency,
    ) -> Result<Decimal, String> {
        let amount = self.major(found, Some(currency))?;
        let decimals = amount.scale();
        match currency.exponent() {
            Some(most) if decimals > u32::from(most) => Err(format!(
                "is {amount}, but {} has {most} decimals: is `decimal_sign` right, or does the \
                 number count smaller units (`minor_digits`)?",
                currency.code()
            )),
            _ => Ok(amount),
        }
    }

    fn major(self, found: AmountText<'_>, currency: Option<Currency>) -> Result<Decimal, String> {
        let (AmountText::Number(text) | AmountText::Text(text)) = found;
        let error = |why: &str| {
            let shown: String = text.chars().take(SHOWN_CHARS).collect();
            format!("`{shown}` is not an amount: {why}")
        };
        let number = match (found, self.decimal_sign) {
            (AmountText::Text(text), Some(sign)) => {
                let written = WrittenNumber {
                    sign,
                    currency,
                    counts_minor: self.minor_digits > 0,
                };
                let plain = written.read(text).map_err(|why| error(&why))?;
                plain_number(&plain)
            }
            (AmountText::Text(text) | AmountText::Number(text), _) => plain_number(text.trim()),
        };
        let mut amount = number.ok_or_else(|| {
            error("it is no plain number; of a formatted text say its `decimal_sign`")
        })?;
        let scale = amount.scale() + self.minor_digits;
        amount
            .set_scale(scale)
            .map_err(|_| error("it has too many decimals"))?;
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(format!("an amount of {amount} is below zero"));
        }
        Ok(amount.abs().normalize())
    }
}

/// Reads a number as JSON and `str::parse` write it: `12`, `12.50`, `.95`, `1.2e3`.
fn plain_number(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let is_plain = |c: char| c.is_ascii_digit() || ['.', '-', '+'].contains(&c);
    if exponent.abs() > MAX_EXPONENT || !digits.chars().all(is_plain) {
        return None;
    }
    let mut number = Decimal::from_str_exact(digits).ok()?;
    for _ in 0..exponent {
        number = number.checked_mul(Decimal::TEN)?;
    }
    if exponent < 0 {
        number
            .set_scale(number.scale() + exponent.unsigned_abs())
            .ok()?;
    }
    Some(number)
}
