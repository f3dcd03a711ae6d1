//! Money: numbers, minor units, formatted text.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::definition::FieldTable;

/// How an amount is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MoneyPlan {
    minor_digits: u32,
    decimal_sign: Option<char>,
}

impl MoneyPlan {
    /// Compiles the words of an amount.
    pub(crate) fn compile(words: &FieldTable) -> Result<Self, String> {
        let minor_digits = words.minor_digits.unwrap_or(0);
        if minor_digits > 6 {
            return Err("no currency has more than 4 minor digits".to_owned());
        }
        Ok(Self {
            minor_digits,
            decimal_sign: words.decimal_sign,
        })
    }

    /// Reads an amount in major units.
    pub(crate) fn amount(self, text: &str) -> Result<Decimal, String> {
        let error = || {
            format!(
                "`{}` is not an amount",
                text.chars().take(40).collect::<String>()
            )
        };
        let plain = match self.decimal_sign {
            Some(sign) => unformat(text, sign).ok_or_else(error)?,
            None => text.trim().to_owned(),
        };
        let mut amount = Decimal::from_str(&plain)
            .or_else(|_| Decimal::from_scientific(&plain))
            .map_err(|_| error())?;
        let scale = amount.scale() + self.minor_digits;
        amount.set_scale(scale).map_err(|_| error())?;
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(format!("an amount of {amount} is below zero"));
        }
        Ok(amount.normalize())
    }
}

/// Returns the one number in a text such as `Rp 75.000,00` as digits and a point.
fn unformat(text: &str, sign: char) -> Option<String> {
    let number = text.trim_matches(|c: char| !c.is_ascii_digit());
    let mut plain = String::new();
    let mut signs = 0;
    for c in number.chars() {
        if c.is_ascii_digit() {
            plain.push(c);
        } else if c == sign {
            signs += 1;
            plain.push('.');
        } else if !(c.is_whitespace() || ['.', ',', '\'', '’', '_'].contains(&c)) {
            // Two numbers, as in a range: which one is meant cannot be known.
            return None;
        }
    }
    (signs <= 1 && !plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(text: &str, minor_digits: Option<u32>, decimal_sign: Option<char>) -> Option<String> {
        let words = FieldTable {
            minor_digits,
            decimal_sign,
            ..FieldTable::default()
        };
        MoneyPlan::compile(&words)
            .unwrap()
            .amount(text)
            .ok()
            .map(|amount| amount.to_string())
    }

    #[test]
    fn an_amount_is_in_major_units() {
        assert_eq!(read("11.5", None, None).as_deref(), Some("11.5"));
        assert_eq!(read("9000000", Some(2), None).as_deref(), Some("90000"));
        assert_eq!(read("1e3", None, None).as_deref(), Some("1000"));
        assert_eq!(
            read("Rp 75.000,50", None, Some(',')).as_deref(),
            Some("75000.5")
        );
        assert_eq!(read("฿1,200", None, Some('.')).as_deref(), Some("1200"));
        assert_eq!(read("9.500 kr.", None, Some(',')).as_deref(), Some("9500"));
    }

    #[test]
    fn what_is_not_one_amount_is_refused() {
        assert_eq!(read("£5 - £7", None, Some('.')), None);
        assert_eq!(read("free", None, Some('.')), None);
        assert_eq!(read("-4", None, None), None);
        assert_eq!(read("", None, None), None);
    }
}
