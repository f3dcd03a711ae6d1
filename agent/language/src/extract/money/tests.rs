#![allow(clippy::unwrap_used)]

use iso_currency::Currency;
use proptest::prelude::*;

use super::*;

fn plan(minor_digits: Option<u32>, decimal_sign: Option<char>) -> MoneyPlan {
    let words = FieldTable {
        minor_digits,
        decimal_sign,
        ..FieldTable::default()
    };
    MoneyPlan::compile(&words).unwrap()
}

/// Reads a text, in a currency with three decimals.
fn read(text: &str, minor_digits: Option<u32>, decimal_sign: Option<char>) -> Option<String> {
    let amount = plan(minor_digits, decimal_sign).amount(AmountText::Text(text), Currency::KWD);
    amount.ok().map(|amount| amount.to_string())
}

fn read_in(currency: Currency, text: &str, sign: char) -> Result<String, String> {
    let amount = plan(None, Some(sign)).amount(AmountText::Text(text), currency);
    amount.map(|amount| amount.to_string())
}

#[test]
fn an_amount_is_in_major_units() {
    for (text, minor_digits, sign, amount) in [
        ("11.5", None, None, "11.5"),
        ("9000000", Some(2), None, "90000"),
        ("1e3", None, None, "1000"),
        ("1.25E1", None, None, "12.5"),
        ("Rp 75.000,50", None, Some(','), "75000.5"),
        ("฿1,200", None, Some('.'), "1200"),
        ("9.500 kr.", None, Some(','), "9500"),
        (",89 €", None, Some(','), "0.89"),
        (".95", None, Some('.'), "0.95"),
        (".95", None, None, "0.95"),
        ("$.95", None, Some('.'), "0.95"),
        ("12,- €", None, Some(','), "12"),
        ("12.–", None, Some('.'), "12"),
        ("CHF 1’234.50", None, Some('.'), "1234.5"),
        ("1 234,50 €", None, Some(','), "1234.5"),
        ("1\u{A0}234,50\u{A0}€", None, Some(','), "1234.5"),
        ("1\u{202F}234,50", None, Some(','), "1234.5"),
        ("Rs.500", None, Some('.'), "500"),
        ("S/.15.00", None, Some('.'), "15"),
        ("S/.1,234.50", None, Some('.'), "1234.5"),
        ("Preis: 12,50.", None, Some(','), "12.5"),
        ("１２．５０円", None, Some('.'), "12.5"),
        ("١٢٫٥٠", None, Some(','), "12.5"),
        ("\u{200E}£5.00\u{200F}", None, Some('.'), "5"),
        ("+5.00", None, Some('.'), "5"),
        ("Pre-sale £5.00", None, Some('.'), "5"),
        ("Adult - £5.00", None, Some('.'), "5"),
        ("12.50 (incl. tax)", None, Some('.'), "12.5"),
        ("Standard (12.50)", None, Some('.'), "12.5"),
        ("50p", Some(2), Some('.'), "0.5"),
        ("-0.00", None, Some('.'), "0"),
        ("5€50", None, Some('€'), "5.5"),
    ] {
        let found = read(text, minor_digits, sign);
        assert_eq!(found.as_deref(), Some(amount), "{text:?}");
    }
}

#[test]
fn what_is_not_one_amount_is_refused() {
    for (text, sign) in [
        ("£5 - £7", Some('.')),
        ("£5–£7", Some('.')),
        ("free", Some('.')),
        ("", Some('.')),
        ("", None),
        ("14.99 €", Some(',')),
        ("14.99 €", None),
        ("12,50", None),
        ("1,2", Some('.')),
        ("0,500", Some('.')),
        ("1234,567", Some('.')),
        ("1.234,567.00", Some('.')),
        ("1 234.567,00", Some(',')),
        ("12.50.60", Some('.')),
        ("12.50 13.00", Some('.')),
        ("12 50", Some('.')),
        ("12\t500", Some('.')),
        ("12\n500", Some('.')),
        ("12\r\n500", Some('.')),
        ("12\u{200B}500", Some('.')),
        ("2 x 12.50", Some('.')),
        ("3D 12.50", Some('.')),
        ("5½", Some('.')),
        ("20 %", Some('.')),
        ("Rp 75rb", Some(',')),
        ("75K", Some(',')),
        ("1.5万", Some('.')),
        ("99¢", Some('.')),
        ("99 ct", Some(',')),
        ("EUR.95", Some('.')),
        ("..95", Some('.')),
        ("$.1,234", Some('.')),
        ("1_000", None),
        ("1e30", None),
        ("NaN", None),
        ("inf", None),
        ("1e3", Some('.')),
    ] {
        assert_eq!(read(text, None, sign), None, "{text:?}");
    }
}

#[test]
fn a_sign_is_kept() {
    for text in [
        "-4",
        "-£5.00",
        "£-5.00",
        "£ - 5.00",
        "5.00-",
        "5.00 -",
        "−5.00",
        "–5.00 €",
        "5.00 €-",
        "(5.00)",
        "(£5.00)",
        "£(5.00)",
        "\u{200E}-5.00",
    ] {
        let result = plan(None, Some('.')).amount(AmountText::Text(text), Currency::GBP);
        assert!(
            result
                .as_ref()
                .is_err_and(|message| message.contains("below zero")),
            "{text}: {result:?}"
        );
    }
    assert_eq!(read("-4", None, None), None);
    assert!(
        plan(None, Some(','))
            .amount(AmountText::Number("-4.5"), Currency::GBP)
            .is_err()
    );
}

#[test]
fn a_number_of_json_is_one_whatever_sign_texts_have() {
    for (number, minor_digits, amount) in [
        ("12.5", None, "12.5"),
        ("1234.5", None, "1234.5"),
        ("1e3", None, "1000"),
        ("1.5e-1", None, "0.15"),
        ("1250", Some(2), "12.5"),
        ("1250.0", Some(2), "12.5"),
    ] {
        for sign in [None, Some(','), Some('.')] {
            let found = plan(minor_digits, sign).amount(AmountText::Number(number), Currency::EUR);
            assert_eq!(
                found.map(|amount| amount.to_string()).as_deref(),
                Ok(amount)
            );
        }
    }
}

#[test]
fn no_amount_has_more_decimals_than_its_currency() {
    use Currency::{EUR, INR, JPY, KWD, VND};
    for (currency, text, fits) in [
        (EUR, "12.505", false),
        (EUR, "12.500", true),
        (KWD, "12.505", true),
        (JPY, "1200.5", false),
        (JPY, "1200.00", true),
        (VND, "0.5", false),
    ] {
        let result = read_in(currency, text, '.');
        assert_eq!(result.is_ok(), fits, "{result:?}");
    }
    let result = plan(Some(3), None).amount(AmountText::Number("12505"), EUR);
    assert!(result.is_err_and(|message| message.contains("EUR has 2 decimals")));
    assert_eq!(read_in(INR, "₹1,23,456.50", '.').as_deref(), Ok("123456.5"));
    assert!(read_in(INR, "₹1,2,456.50", '.').is_err());
    assert!(read_in(EUR, "1,23,456.50", '.').is_err());
    assert!(read_in(Currency::GBP, "50p", '.').is_err());
}

#[test]
fn words_that_would_be_passed_over_are_refused() {
    let message = |words: FieldTable| MoneyPlan::compile(&words).unwrap_err();
    let scaled = FieldTable {
        scale: Some(0.01),
        ..FieldTable::default()
    };
    assert!(message(scaled).contains("minor_digits"));
    for sign in ['1', ' ', '-', 'a'] {
        let signed = FieldTable {
            decimal_sign: Some(sign),
            ..FieldTable::default()
        };
        assert!(message(signed).contains("is no decimal sign"));
    }
    let default = FieldTable {
        decimal_sign: Some(','),
        default: Some("14.99".to_owned()),
        ..FieldTable::default()
    };
    assert!(message(default).contains("is not an amount"));
}

/// Writes an amount as a place does.
fn formatted(minor: u64, sign: char, group: &str) -> String {
    let (whole, decimals) = ((minor / 100).to_string(), minor % 100);
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push_str(group);
        }
        grouped.push(digit);
    }
    format!("{grouped}{sign}{decimals:02}")
}

proptest! {
    /// However an amount is written, it is read as what it is.
    #[test]
    fn what_is_written_is_read(
        minor in 0_u64..100_000_000_000,
        place in prop::sample::select(vec![
            (',', "."), (',', ""), (',', " "), (',', "\u{A0}"), (',', "\u{202F}"),
            ('.', ","), ('.', ""), ('.', "'"), ('.', "’"), ('.', "\u{2009}"),
        ]),
        around in prop::sample::select(vec![
            ("", ""), ("€", ""), ("", " €"), ("EUR ", ""), ("", "\u{A0}kr."), ("Price: ", ""),
            ("ab ", " EUR"), ("\n\t", "\n"), ("\u{200E}", "\u{FEFF}"),
        ]),
    ) {
        let (sign, group) = place;
        let text = format!("{}{}{}", around.0, formatted(minor, sign, group), around.1);
        let expected = Decimal::new(i64::try_from(minor).unwrap(), 2).normalize();
        let found = read_in(Currency::EUR, &text, sign);
        prop_assert_eq!(found, Ok(expected.to_string()), "{:?}", text);
    }

    /// Whatever is read has the digits of the text, in their order, and no others.
    #[test]
    fn no_digit_is_lost_or_made_up(
        text in "[-0-9.,' €£$a-c()\u{A0}\u{200B}\n]{0,14}",
        sign in prop::sample::select(vec!['.', ',']),
    ) {
        if let Ok(found) = read_in(Currency::KWD, &text, sign) {
            let digits = |text: &str| -> String {
                text.chars().filter(char::is_ascii_digit).collect()
            };
            let (found, text) = (digits(&found), digits(&text));
            let (found, text) = (found.trim_matches('0'), text.trim_matches('0'));
            prop_assert_eq!(found, text);
        }
    }
}
