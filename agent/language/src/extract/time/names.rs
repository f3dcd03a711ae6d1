//! Names of months and days in the language of a locale.

use pure_rust_locales::{Locale, locale_match};

/// English names, as `strptime` reads them.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// Names in lower case, each with the English one.
#[derive(Debug)]
pub(super) struct Names {
    months: Vec<(String, &'static str)>,
    days: Vec<(String, &'static str)>,
}

impl Names {
    /// Returns the names of a locale such as `fr_FR`.
    pub(super) fn of(locale: &str) -> Result<Self, String> {
        let locale: Locale = locale
            .parse()
            .map_err(|_| format!("there is no locale `{locale}`: write such as fr_FR"))?;
        let months = [
            Some(locale_match!(locale => LC_TIME::MON)),
            Some(locale_match!(locale => LC_TIME::ABMON)),
            locale_match!(locale => LC_TIME::ALT_MON),
            locale_match!(locale => LC_TIME::AB_ALT_MON),
        ];
        let days = [
            Some(locale_match!(locale => LC_TIME::DAY)),
            Some(locale_match!(locale => LC_TIME::ABDAY)),
        ];
        Ok(Self {
            months: pairs(&months, &MONTHS),
            days: pairs(&days, &DAYS),
        })
    }

    /// Returns an expression for any name of a month.
    pub(super) fn months(&self) -> String {
        any(&self.months)
    }

    /// Returns an expression for any name of a day.
    pub(super) fn days(&self) -> String {
        any(&self.days)
    }

    /// Returns the English name, or the first three letters of it.
    pub(super) fn english(&self, is_day: bool, name: &str, full: bool) -> Option<&'static str> {
        let names = if is_day { &self.days } else { &self.months };
        let name = name.to_lowercase();
        let (_, english) = names.iter().find(|(known, _)| *known == name)?;
        if full {
            Some(english)
        } else {
            english.get(..3)
        }
    }
}

/// Pairs every form of a name with the English one, with and without its full stop; the
/// longest first, so that no name is taken for the start of another.
fn pairs(forms: &[Option<&[&str]>], english: &[&'static str]) -> Vec<(String, &'static str)> {
    let mut pairs: Vec<(String, &'static str)> = Vec::new();
    for names in forms.iter().flatten() {
        for (name, english) in names.iter().zip(english) {
            let name = name.trim().to_lowercase();
            let bare = name.trim_end_matches('.').to_owned();
            for form in [format!("{bare}."), bare, name] {
                if !form.trim_matches('.').is_empty() && !pairs.iter().any(|(p, _)| *p == form) {
                    pairs.push((form, english));
                }
            }
        }
    }
    pairs.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    pairs
}

fn any(names: &[(String, &str)]) -> String {
    let names: Vec<String> = names.iter().map(|(name, _)| regex::escape(name)).collect();
    format!("(?i:{})", names.join("|"))
}
