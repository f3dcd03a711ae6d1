//! Repeated elements of a page, and JSON inside it.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use super::{
    column::{self, Column, Found, Kind},
    json, judge,
    label::context,
    place::{places, px, rows_above},
};

/// Classes that a sold seat often has.
const UNSEEN: [&str; 2] = ["disabled", "sold"];
/// Fewer elements of one kind are no list.
const MIN_ELEMENTS: usize = 3;

/// Returns what looks like rows in the page `text`: elements, JSON-LD, literals of scripts.
pub(super) fn candidates(text: &str) -> Vec<Found> {
    let page = Html::parse_document(text);
    let mut found = elements(&page);
    found.extend(scripts(&page));
    found
}

/// JSON in scripts: structured data, and what is assigned to a variable.
fn scripts(page: &Html) -> Vec<Found> {
    let Ok(script) = Selector::parse("script") else {
        return Vec::new();
    };
    let assigned =
        Regex::new(r"(?:var|let|const|window\.)\s*([A-Za-z_$][\w$.]*)\s*=\s*([\[{])").ok();
    let (mut found, mut kinds) = (Vec::new(), BTreeMap::new());
    for script in page.select(&script) {
        let text: String = script.text().collect();
        if script.attr("type") == Some("application/ld+json")
            && let Ok(value) = serde_json::from_str(&text)
        {
            typed(&value, &mut kinds);
        }
        if script.attr("type") == Some("application/json")
            && let (Some(id), Ok(value)) = (script.attr("id"), serde_json::from_str(&text))
        {
            let css = format!("css:script#{id}");
            found.extend(json::candidates(
                &value,
                &["html".to_owned(), css, "json".to_owned()],
            ));
        }
        for place in assigned
            .iter()
            .flat_map(|assigned| assigned.captures_iter(&text))
        {
            let (Some(name), Some(literal)) = (place.get(1), place.get(2)) else {
                continue;
            };
            // What follows the literal is left unread.
            let mut values =
                serde_json::Deserializer::from_str(&text[literal.start()..]).into_iter::<Value>();
            if let Some(Ok(value)) = values.next() {
                found.extend(json::candidates(&value, &[format!("js:{}", name.as_str())]));
            }
        }
    }
    found.extend(linked(kinds));
    found
}

/// What a page embeds of each type, in all its scripts.
fn linked(kinds: BTreeMap<String, Vec<Value>>) -> Vec<Found> {
    let found = kinds.into_iter().flat_map(|(kind, items)| {
        let decode = ["html".to_owned(), format!("json_ld:{kind}")];
        json::candidates(&Value::Array(items), &decode)
    });
    found.collect()
}

/// Collects the objects of each type, also those inside others, as the decoder does.
fn typed(value: &Value, kinds: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(object) => {
            if let Some(kind) = object.get("@type").and_then(Value::as_str) {
                kinds
                    .entry(kind.to_owned())
                    .or_default()
                    .push(value.clone());
            }
            object.values().for_each(|value| typed(value, kinds));
        }
        Value::Array(items) => items.iter().for_each(|value| typed(value, kinds)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Elements with one class or attribute in common.
fn elements(page: &Html) -> Vec<Found> {
    let mut groups: BTreeMap<String, Vec<ElementRef<'_>>> = BTreeMap::new();
    for element in page.root_element().descendent_elements() {
        let tag = element.value().name();
        for class in element.value().classes().filter(|class| is_plain(class)) {
            groups
                .entry(format!("{tag}.{class}"))
                .or_default()
                .push(element);
        }
        for (name, _) in element.value().attrs() {
            if !["class", "style", "href", "src", "id", "title", "type"].contains(&name)
                && is_plain(name)
            {
                groups
                    .entry(format!("{tag}[{name}]"))
                    .or_default()
                    .push(element);
            }
        }
    }
    groups.retain(|_, elements| elements.len() >= MIN_ELEMENTS);
    groups
        .iter()
        .filter_map(|(selector, elements)| of_group(selector, elements))
        .collect()
}

/// Whether a name may stand in a selector; one with many digits is that of one element.
pub(super) fn is_plain(name: &str) -> bool {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    digits < 3
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn of_group(selector: &str, elements: &[ElementRef<'_>]) -> Option<Found> {
    let row = rows_above(elements);
    // A legend looks like a seat, and stands in no row.
    let in_row =
        |element: &&ElementRef<'_>| row.as_ref().is_some_and(|row| row.of(element).is_some());
    let inside: Vec<ElementRef<'_>> = elements.iter().filter(in_row).copied().collect();
    let (elements, selector) = match &row {
        Some(row) if inside.len() < elements.len() => {
            (inside.as_slice(), format!("{} {selector}", row.selector))
        }
        _ => (elements, selector.to_owned()),
    };
    let mut columns = columns(elements);
    columns.extend(row.iter().flat_map(|row| places(elements, row)));
    columns.extend(status(elements, &selector, &columns));
    let seats = elements.iter().filter(|element| is_seat(element)).count();
    if seats * 2 > elements.len() {
        columns.push(Column {
            word: "\"text\"".to_owned(),
            name: "isseat".to_owned(),
            context: String::new(),
            own: true,
            values: vec![Some(String::new()); elements.len()],
        });
    }
    let (kind, score, fields) = judge::judge(&columns, elements.len(), &context(&selector))?;
    let status = judge::statuses(&columns).first().map(|status| {
        let mut codes = BTreeMap::new();
        for code in status
            .values
            .iter()
            .map(|code| code.clone().unwrap_or_default())
        {
            *codes.entry(code).or_default() += 1;
        }
        (status.word.clone(), codes)
    });
    // An element around the rows is none; the more a row says by attributes, the better.
    let holds = |element: &ElementRef<'_>| {
        element
            .descendent_elements()
            .skip(1)
            .any(|inner| elements.contains(&inner))
    };
    let attributes = elements
        .first()
        .map_or(0, |element| element.value().attrs().count());
    let bonus = f64::from(u32::try_from(attributes.min(10)).unwrap_or(10)) / 20.0;
    (!elements.iter().any(holds)).then(|| Found {
        kind,
        score: score + bonus,
        decode: Some("\"html\"".to_owned()),
        rows: selector,
        levels: Vec::new(),
        fields,
        status: if kind == Kind::Seats { status } else { None },
        further: Vec::new(),
        count: elements.len(),
    })
}

/// Whether an element, or what it stands in, calls itself a seat.
fn is_seat(element: &ElementRef<'_>) -> bool {
    let above = element.ancestors().filter_map(ElementRef::wrap).take(3);
    std::iter::once(*element).chain(above).any(|element| {
        let value = element.value();
        value
            .classes()
            .chain(value.id())
            .any(|name| name.to_lowercase().contains("seat"))
    })
}

/// The classes that tell elements apart, where no attribute says a status.
fn status(elements: &[ElementRef<'_>], selector: &str, columns: &[Column]) -> Option<Column> {
    let mut classes = status_classes(elements, selector);
    if classes.is_empty() && elements.iter().all(is_seat) {
        // Nothing is sold in this answer, as it seems: what marks that is for a person to say.
        classes = UNSEEN.map(str::to_owned).into();
    }
    if classes.is_empty() || !judge::statuses(columns).is_empty() {
        return None;
    }
    let words: Vec<String> = classes.iter().map(|class| format!("{class:?}")).collect();
    Some(Column {
        word: format!("{{ classes = [{}] }}", words.join(", ")),
        name: "status".to_owned(),
        context: String::new(),
        own: true,
        values: elements
            .iter()
            .map(|element| Some(code_of(element, &classes)))
            .collect(),
    })
}

/// Attributes, lengths of the style, the text.
fn columns(elements: &[ElementRef<'_>]) -> Vec<Column> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for element in elements {
        names.extend(element.value().attrs().map(|(name, _)| name));
    }
    let column = |word: String, name: &str, values: Vec<Option<String>>| Column {
        word,
        name: name.to_lowercase(),
        context: String::new(),
        own: true,
        values,
    };
    let attributes = names
        .into_iter()
        .filter(|name| !["class", "style"].contains(name))
        .map(|name| {
            let values = elements
                .iter()
                .map(|element| element.attr(name).map(str::to_owned));
            column(format!("\"@{name}\""), name, values.collect())
        });
    let lengths = ["left", "top"].into_iter().filter_map(|name| {
        let values: Vec<Option<String>> =
            elements.iter().map(|element| px(element, name)).collect();
        let any = values.iter().any(Option::is_some);
        any.then(|| column(format!("{{ px = \"{name}\" }}"), name, values))
    });
    let texts = elements
        .iter()
        .map(|element| Some(text_of(element)).filter(|text| !text.is_empty()));
    let texts = column("\"text\"".to_owned(), "text", texts.collect());
    let mut found: Vec<Column> = attributes.chain(lengths).chain([texts]).collect();
    let derived: Vec<Column> = found.iter().flat_map(column::labels).collect();
    found.extend(derived);
    found
}

fn text_of(element: &ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}

/// Classes that some of the elements have and others have not.
fn status_classes(elements: &[ElementRef<'_>], selector: &str) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for element in elements {
        for class in element.value().classes() {
            *counts.entry(class).or_default() += 1;
        }
    }
    let some = counts.into_iter().filter(|(class, count)| {
        *count < elements.len() && is_plain(class) && !selector.ends_with(&format!(".{class}"))
    });
    some.map(|(class, _)| class.to_owned()).collect()
}

fn code_of(element: &ElementRef<'_>, classes: &[String]) -> String {
    let has = |class: &&String| element.value().classes().any(|own| own == class.as_str());
    let found: Vec<&str> = classes.iter().filter(has).map(String::as_str).collect();
    found.join("|")
}
