//! Amounts in formatted text: `Rp 75.000,50`, `CHF 1’234.50`, `,89 €`, `9,- kr.`.
//!
//! The text has one number. Separators stand only between groups of three digits, of
//! currencies of South Asia also between groups of two before the last; white space is a
//! separator like others, and never one if it breaks a line. What else stands in the text
//! may be a currency, a sign, or words without digits; what would change the number
//! (`5k`, `50p`, `20 %`, `½`) is refused.

use iso_currency::Currency;

/// Separators of groups, after [`letters`] replaced signs that look alike by one of them.
const SEPARATORS: [char; 5] = ['.', ',', '\'', ' ', '_'];
/// Words behind a number that make another number of it.
const MULTIPLES: [&str; 19] = [
    "k", "m", "tsd", "mio", "mn", "mln", "million", "lakh", "lac", "crore", "cr", "rb", "ribu",
    "jt", "juta", "тыс", "nghìn", "ngàn", "triệu",
];
/// Signs behind a number that make another number of it.
const MULTIPLE_SIGNS: [char; 9] = ['百', '千', '万', '萬', '億', '亿', '천', '만', '억'];
/// Words behind a number that counts minor units.
const MINOR_UNITS: [&str; 6] = ["c", "ct", "cts", "cent", "cents", "pence"];
/// The zeros of the scripts whose digits are in use, other than ASCII.
const ZEROS: [char; 15] = [
    '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}', '\u{BE6}',
    '\u{C66}', '\u{CE6}', '\u{D66}', '\u{E50}', '\u{ED0}', '\u{17E0}', '\u{FF10}',
];

/// How a text is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct WrittenNumber {
    /// The sign before the decimals.
    pub(super) sign: char,
    /// The currency, where it is known.
    pub(super) currency: Option<Currency>,
    /// Whether the number counts minor units, so that `50p` is 50 of them.
    pub(super) counts_minor: bool,
}

/// The number in a text.
struct Number {
    /// Digits without separators, and a point before decimals.
    plain: String,
    has_decimals: bool,
    start: usize,
    end: usize,
}

/// Returns whether `sign` may be a decimal sign.
pub(super) fn can_be_sign(sign: char) -> bool {
    let sign = alike(sign);
    !sign.is_alphanumeric() && !sign.is_whitespace() && !"-+()_'".contains(sign)
}

impl WrittenNumber {
    /// Returns the one number in `text` as digits with a point, and a minus if it has one.
    ///
    /// # Errors
    ///
    /// Why there is none, or none that is meant.
    pub(super) fn read(self, text: &str) -> Result<String, String> {
        let letters = letters(text, self.sign);
        let number = self.number(&letters)?;
        let (before, rest) = letters.split_at(number.start);
        let after = rest.get(number.end - number.start..).unwrap_or_default();
        if before.iter().chain(after).any(|c| c.is_numeric()) {
            return Err("there are two numbers in it, or a part of one".to_owned());
        }
        self.unit(before, after, &number)?;
        let is_negative = has_minus(before, after) || is_in_brackets(before, after);
        let minus = if is_negative { "-" } else { "" };
        Ok(format!("{minus}{}", number.plain))
    }

    /// Finds the first number.
    fn number(self, letters: &[char]) -> Result<Number, String> {
        let sign = alike(self.sign);
        let is_digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
        let first = (0..letters.len())
            .find(|at| is_digit(*at))
            .ok_or("there are no digits in it")?;
        let has_sign = first > 0 && letters.get(first - 1) == Some(&sign);
        let (whole, mut at) = Self::whole(letters, first, sign);
        let has_more = letters.get(at) == Some(&sign) || whole.len() > 1;
        if has_sign {
            // `,89` and `.95`, but also `Rs.500`.
            let before = letters.get(..first - 1).unwrap_or_default();
            if !self.is_abbreviation(before, has_more)? {
                return Ok(Number {
                    plain: format!("0.{}", whole.concat()),
                    has_decimals: true,
                    start: first - 1,
                    end: at,
                });
            }
        }
        self.check_groups(&whole, letters, first)?;
        let mut plain = whole.concat();
        let mut has_decimals = false;
        if letters.get(at) == Some(&sign) {
            if is_digit(at + 1) {
                let end = (at + 1..letters.len())
                    .find(|at| !is_digit(*at))
                    .unwrap_or(letters.len());
                plain.push('.');
                plain.extend(letters.get(at + 1..end).unwrap_or_default());
                (at, has_decimals) = (end, true);
            } else if letters.get(at + 1) == Some(&'-') {
                // `9,-` and `12.--` have no minor units.
                at = (at + 1..letters.len())
                    .find(|at| letters.get(*at) != Some(&'-'))
                    .unwrap_or(letters.len());
                has_decimals = true;
            }
        }
        Ok(Number {
            plain,
            has_decimals,
            start: first,
            end: at,
        })
    }

    /// Reads the groups of digits from `at` on, up to what is neither digit nor separator.
    fn whole(letters: &[char], mut at: usize, sign: char) -> (Vec<String>, usize) {
        let is_digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
        let mut groups = Vec::new();
        let mut separator = None;
        loop {
            let end = (at..letters.len())
                .find(|at| !is_digit(*at))
                .unwrap_or(letters.len());
            groups.push(letters.get(at..end).unwrap_or_default().iter().collect());
            let next = letters.get(end).copied();
            let goes_on = next.is_some_and(|c| {
                c != sign && SEPARATORS.contains(&c) && *separator.get_or_insert(c) == c
            });
            if !goes_on || !is_digit(end + 1) {
                return (groups, end);
            }
            at = end + 1;
        }
    }

    fn check_groups(self, groups: &[String], letters: &[char], start: usize) -> Result<(), String> {
        let (Some(first), Some((last, middle))) = (
            groups.first(),
            groups.get(1..).and_then(<[String]>::split_last),
        ) else {
            return Ok(());
        };
        let of = |length: usize| middle.iter().all(|group| group.len() == length);
        let by_three = first.len() <= 3 && of(3);
        let is_comma = letters.get(start + first.len()) == Some(&',');
        let by_two = self.groups_by_two() && is_comma && first.len() <= 2 && of(2);
        if last.len() == 3 && !first.starts_with('0') && (by_three || by_two) {
            return Ok(());
        }
        let problem = "a group of digits has three; is `decimal_sign` right?";
        Err(problem.to_owned())
    }

    /// Lakh and crore: `1,23,45,678`.
    fn groups_by_two(self) -> bool {
        use Currency::{BDT, BTN, INR, LKR, NPR, PKR};
        let currency = self.currency;
        currency.is_none_or(|currency| [INR, PKR, BDT, NPR, LKR, BTN].contains(&currency))
    }

    /// Returns whether the sign behind `before` ends an abbreviation, as in `Rs.500` and
    /// `S/.15`, and is not that of `$.95`; a number that `has_more` signs has this one too
    /// many otherwise.
    fn is_abbreviation(self, before: &[char], has_more: bool) -> Result<bool, String> {
        let word = before.rsplit(|c| !c.is_alphabetic()).next();
        let word: String = word.unwrap_or_default().iter().collect();
        let is_code = word.len() == 3 && word.chars().all(|c| c.is_ascii_uppercase());
        let last = before.last();
        let is_word = last.is_some_and(|last| last.is_alphabetic() || *last == '/');
        if is_word && alike(self.sign) == '.' && (!is_code || has_more) {
            return Ok(true);
        }
        let is_sign = |c: &char| SEPARATORS.contains(c) && *c != ' ';
        if is_word || has_more || last.is_some_and(is_sign) {
            return Err("it can be read with and without decimals".to_owned());
        }
        Ok(false)
    }

    /// Refuses what makes another number of the one that is there.
    fn unit(self, before: &[char], after: &[char], number: &Number) -> Result<(), String> {
        let next = after.iter().position(|c| !c.is_whitespace());
        let behind = after.get(next.unwrap_or(after.len())..).unwrap_or_default();
        let word: String = behind.iter().take_while(|c| c.is_alphabetic()).collect();
        let word = word.to_lowercase();
        let last = before.iter().rfind(|c| !c.is_whitespace());
        let of_share = |c: Option<&char>| c.is_some_and(|c| "%‰٪".contains(*c));
        if of_share(behind.first()) || of_share(last) {
            return Err("it is a share".to_owned());
        }
        let is_multiple = |c: &char| MULTIPLE_SIGNS.contains(c);
        if MULTIPLES.contains(&word.as_str()) || behind.first().is_some_and(is_multiple) {
            return Err(format!(
                "`{word}` multiplies it; make a number of it with `jq`"
            ));
        }
        let is_pence = word == "p" && self.currency == Some(Currency::GBP);
        let is_minor =
            behind.first() == Some(&'¢') || is_pence || MINOR_UNITS.contains(&word.as_str());
        if is_minor && !self.counts_minor && !number.has_decimals {
            let problem = "it counts minor units; take the number with `regex`, and say \
                           `minor_digits`";
            return Err(problem.to_owned());
        }
        Ok(())
    }
}

/// Returns the characters of a text, with signs that look alike replaced by one of them.
fn letters(text: &str, sign: char) -> Vec<char> {
    let all: Vec<char> = text
        .chars()
        .map(|c| {
            if c == '\u{66B}' {
                alike(sign)
            } else {
                alike(c)
            }
        })
        .collect();
    let is_digit = |at: usize| all.get(at).is_some_and(char::is_ascii_digit);
    let mut letters = Vec::with_capacity(all.len());
    for (at, c) in all.iter().enumerate() {
        if !super::super::text::is_invisible(*c) {
            letters.push(*c);
        } else if at > 0 && is_digit(at - 1) && is_digit(at + 1) {
            // What cannot be seen joins no two numbers.
            letters.push('\n');
        }
    }
    letters
}

/// Returns the sign that stands for all that look like `c`.
fn alike(c: char) -> char {
    match c {
        ' ' | '\u{A0}' | '\u{2007}' | '\u{2009}' | '\u{202F}' => ' ',
        c if c.is_whitespace() => '\n',
        '\u{FF0E}' => '.',
        '\u{FF0C}' => ',',
        '’' | '‘' | 'ʼ' | '′' | '`' | '´' | '＇' | '\u{66C}' => '\'',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' => '-',
        '（' => '(',
        '）' => ')',
        c => digit(c).unwrap_or(c),
    }
}

/// Returns a digit of another script as one of ASCII.
fn digit(c: char) -> Option<char> {
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero))?;
        char::from_digit(value, 10).filter(|_| value < 10)
    })
}

/// Returns whether a text is more than a currency: words, of which a dash may part a number.
fn are_words(text: &[char]) -> bool {
    text.iter().filter(|c| c.is_alphabetic()).count() > 3
}

/// Returns whether a minus stands before or behind the number; a hyphen in a word and a dash
/// between words are none.
fn has_minus(before: &[char], after: &[char]) -> bool {
    let minus = |part: &[char], at: Option<usize>, is_before: bool| {
        let Some(at) = at else { return false };
        let (left, right) = part.split_at(at);
        let right = right.get(1..).unwrap_or_default();
        let (outer, inner) = if is_before {
            (left, right)
        } else {
            (right, left)
        };
        let is_letter = |c: Option<&char>| c.is_some_and(|c| c.is_alphabetic());
        if is_letter(left.last()) && is_letter(right.first()) || are_words(inner) {
            return false;
        }
        let is_space = |c: Option<&char>| c.is_some_and(|c| c.is_whitespace());
        let is_dash = is_space(left.last()) && is_space(right.first()) && are_words(outer);
        !is_dash
    };
    let last = before.iter().rposition(|c| *c == '-');
    let first = after.iter().position(|c| *c == '-');
    minus(before, last, true) || minus(after, first, false)
}

/// Returns whether the amount stands in brackets, as accountants write what is below zero;
/// an amount in brackets behind words is one in a remark.
fn is_in_brackets(before: &[char], after: &[char]) -> bool {
    let opens = before.iter().rposition(|c| *c == '(');
    let closes = after.iter().position(|c| *c == ')');
    let (Some(opens), Some(closes)) = (opens, closes) else {
        return false;
    };
    let is_closed = before.get(opens..).unwrap_or_default().contains(&')');
    let is_opened = after.get(..closes).unwrap_or_default().contains(&'(');
    let around = [
        before.get(..opens).unwrap_or_default(),
        after.get(closes..).unwrap_or_default(),
    ];
    !is_closed && !is_opened && !are_words(&around.concat())
}
