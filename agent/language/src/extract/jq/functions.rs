//! Functions of jq for our type of values, where those of the library only work for its own; and
//! functions whose cost is not in the number of steps.

use jaq_core::{
    Error, RunPtr, ValR,
    native::{Filter, Fun, bome, run, unary, v},
};
use jaq_json::Val;
use jaq_std::ValT as _;

use super::{
    Jq, MAX_BODY_DEPTH,
    meter::{spend, spend_text},
    value::{Metered, equal},
};
use crate::extract::node::Node;

/// Filters that are not pure.
const REFUSED: [&str; 12] = [
    "now",
    "env",
    "halt",
    "halt_error",
    "input",
    "inputs",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "localtime",
    "strflocaltime",
];
/// Filters that look for a regular expression, and what they are called behind `costly`.
const SEARCHES: [(&str, &str); 3] = [
    ("matches", "uncounted_matches"),
    ("split_matches", "uncounted_split_matches"),
    ("split_", "uncounted_split_"),
];
/// Definitions in jq that stand in for some of the library.
const DEFINITIONS: &str = r"
def matches(re; flags): costly(re) | uncounted_matches(re; flags);
def split_matches(re; flags): costly(re) | uncounted_split_matches(re; flags);
def split_(re; flags): costly(re) | uncounted_split_(re; flags);
";

/// Returns the definitions that an expression may use.
pub(super) fn definitions() -> Vec<jaq_core::load::parse::Def<&'static str>> {
    let own = jaq_core::load::parse(DEFINITIONS, |parser| parser.defs()).unwrap_or_default();
    // Definitions of the library that use a refused filter must go with it.
    let library = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let allowed = library.filter(|definition| !REFUSED.contains(&definition.name));
    own.into_iter().chain(allowed).collect()
}

/// Returns the functions that an expression may use.
pub(super) fn functions() -> impl Iterator<Item = Fun<Jq>> {
    let own = own();
    let replaced: Vec<&'static str> = own.iter().map(|(name, ..)| *name).collect();
    let library = jaq_core::funs::<Jq>().chain(jaq_std::funs());
    let library = library.filter_map(move |(name, args, native): Fun<Jq>| {
        let search = SEARCHES.iter().find(|(search, _)| *search == name);
        let name = search.map_or(name, |(_, uncounted)| uncounted);
        let kept = !REFUSED.contains(&name) && !replaced.contains(&name);
        kept.then_some((name, args, native))
    });
    library.chain(own.into_iter().map(|function| run::<Jq>(function)))
}

fn own() -> Vec<Filter<RunPtr<Jq>>> {
    vec![
        ("range", v(3), |mut cv| {
            let (by, to, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
            Box::new(range(from, to, by).map(|value| value.map_err(Into::into)))
        }),
        ("costly", v(1), |cv| {
            unary(cv, |text, expression| {
                let pattern = expression.as_utf8_bytes().unwrap_or_default();
                let bytes = text.as_bytes().map_or(0, <[u8]>::len);
                spend(bytes.saturating_mul(states(pattern)) / 8);
                Ok(text)
            })
        }),
        ("tobytes", v(0), |cv| {
            let bytes = cv.1.as_bytes().map(<[u8]>::to_vec);
            bome(match bytes {
                Some(bytes) => Ok(Metered::plain(Val::byte_str(bytes))),
                None => Err(Error::str(format_args!("{} has no bytes", cv.1.kind()))),
            })
        }),
        ("fromjson", v(0), |cv| bome(from_json(&cv.1))),
        ("tojson", v(0), |cv| {
            cv.1.weigh();
            bome(Ok(Metered::from(cv.1.val().to_string())))
        }),
        ("length", v(0), |cv| bome(length(cv.1))),
        ("contains", v(1), |cv| {
            unary(cv, |whole, part| {
                Ok(contains(whole.val(), part.val()).into())
            })
        }),
        ("has", v(1), |cv| unary(cv, |whole, key| has(&whole, &key))),
        ("indices", v(1), |cv| {
            unary(cv, |whole, part| indices(&whole, &part))
        }),
        ("bsearch", v(1), |cv| {
            unary(cv, |list, wanted| {
                let kind = list.kind();
                let items: Vec<Metered> = list
                    .into_seq()
                    .map_err(|_| Error::str(format_args!("cannot search {kind}")))?;
                let signed = |place: usize| isize::try_from(place).unwrap_or(isize::MAX);
                let place = match items.binary_search(&wanted) {
                    Ok(place) => signed(place),
                    Err(place) => -1 - signed(place),
                };
                Ok(place.into())
            })
        }),
    ]
}

/// As the library's, each value counted.
fn range(from: Metered, to: Metered, by: Metered) -> impl Iterator<Item = ValR<Metered>> {
    let direction = by.cmp(&Metered::from(0_usize));
    let mut next = Some(from);
    std::iter::from_fn(move || {
        // Two values are compared and one is made.
        spend(4);
        let value = next.take()?;
        let goes_on = match direction {
            std::cmp::Ordering::Greater => value < to,
            std::cmp::Ordering::Less => value > to,
            std::cmp::Ordering::Equal => value != to,
        };
        if !goes_on {
            return None;
        }
        match value.clone() + by.clone() {
            Ok(after) => next = Some(after),
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(value))
    })
}

/// Estimates the states of a regular expression: its signs, times what it counts to.
fn states(pattern: &[u8]) -> usize {
    let counts = pattern.split(|byte| *byte == b'{').skip(1).map(|rest| {
        let digits = rest.split(|byte| !byte.is_ascii_digit());
        let numbers = digits
            .take(2)
            .filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        numbers.max().unwrap_or(1_usize).max(1)
    });
    counts.fold(pattern.len().max(1), usize::saturating_mul)
}

/// Reads JSON text, no deeper than a body may be; text that is a number in another way, such
/// as `007`, is one.
fn from_json(text: &Metered) -> ValR<Metered> {
    let no_json = || Error::str(format_args!("no JSON: `{text}`"));
    let bytes = text.as_utf8_bytes().ok_or_else(no_json)?;
    spend(bytes.len() / 4);
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) {
        return Ok(Metered::with_depth(
            super::value(&Node::from(&value)),
            MAX_BODY_DEPTH,
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| no_json())?.trim();
    if let Ok(integer) = text.parse::<isize>() {
        return Ok(integer.into());
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.map(Metered::from).ok_or_else(no_json)
}

fn length(value: Metered) -> ValR<Metered> {
    Ok(match value.val() {
        Val::Null => 0_usize.into(),
        Val::TStr(text) => {
            spend_text(text.len());
            String::from_utf8_lossy(text).chars().count().into()
        }
        Val::BStr(bytes) => bytes.len().into(),
        Val::Arr(_) | Val::Obj(_) => value.len().into(),
        Val::Num(_) if value < Metered::from(0_usize) => (-value)?,
        Val::Num(_) => value,
        Val::Bool(_) => return Err(Error::str("a boolean has no length")),
    })
}

fn contains(whole: &Val, part: &Val) -> bool {
    spend(1);
    match (whole, part) {
        (Val::BStr(whole) | Val::TStr(whole), Val::BStr(part) | Val::TStr(part)) => {
            finds(whole, part).next().is_some()
        }
        (Val::Arr(whole), Val::Arr(part)) => {
            let held = |part| whole.iter().any(|whole| contains(whole, part));
            part.iter().all(held)
        }
        (Val::Obj(whole), Val::Obj(part)) => part.iter().all(|(key, part)| {
            let held = whole.get(key);
            held.is_some_and(|whole| contains(whole, part))
        }),
        (whole, part) => equal(whole, part),
    }
}

fn has(whole: &Metered, key: &Metered) -> ValR<Metered> {
    match (whole.val(), key.val()) {
        (Val::Obj(object), Val::BStr(_) | Val::TStr(_)) => {
            Ok(object.contains_key(key.val()).into())
        }
        (Val::Arr(items), Val::Num(_)) => {
            let place = key.as_isize().and_then(|place| usize::try_from(place).ok());
            Ok(place.is_some_and(|place| place < items.len()).into())
        }
        _ => Err(Error::str(format_args!(
            "cannot look for {key} in {}",
            whole.kind()
        ))),
    }
}

fn indices(whole: &Metered, part: &Metered) -> ValR<Metered> {
    Ok(match (whole.val(), part.val()) {
        (Val::TStr(text), Val::TStr(part)) => {
            // Counted in signs, as jq does.
            let mut signs = 0;
            let mut counted = 0;
            let place = |at: usize| {
                signs += String::from_utf8_lossy(&text[counted..at]).chars().count();
                counted = at;
                Metered::from(signs)
            };
            finds(text, part).map(place).collect()
        }
        (Val::Arr(items), Val::Arr(part)) if !part.is_empty() => {
            let same = |(_, window): &(usize, &[Val])| {
                window.iter().zip(part.iter()).all(|(x, y)| equal(x, y))
            };
            let windows = items.windows(part.len()).enumerate();
            windows
                .filter(same)
                .map(|(at, _)| Metered::from(at))
                .collect()
        }
        (Val::Arr(_), Val::Arr(_)) => std::iter::empty::<Metered>().collect(),
        (Val::Arr(items), part) => {
            let places = items
                .iter()
                .enumerate()
                .filter(|(_, item)| equal(item, part));
            places.map(|(at, _)| Metered::from(at)).collect()
        }
        (Val::Null, _) => Metered::plain(Val::Null),
        _ => {
            return Err(Error::str(format_args!(
                "cannot look for {part} in {}",
                whole.kind()
            )));
        }
    })
}

/// Finds where a text stands in another, also where one begins in the other.
fn finds<'a>(whole: &'a [u8], part: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    spend_text(whole.len().saturating_mul(part.len()));
    let windows = whole.windows(part.len().max(1)).enumerate();
    windows.filter_map(|(at, window)| window.starts_with(part).then_some(at))
}
