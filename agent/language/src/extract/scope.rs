//! The scope of a field: the names that have a value in a step.

use std::collections::BTreeMap;

use super::{
    field::{Edits, Field, Getter},
    html::{HtmlGetter, Take},
    jq::Filter,
    node::Shape,
    path::{self, Segment},
};
use crate::definition::{FieldTable, FieldWords, Fold, TextOf, Zone};

/// Compiles fields, and notes which parts of the body they touch.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    /// Names of the levels of a plain selection, outermost first; the last is the row.
    pub(crate) levels: Vec<String>,
    /// For each level, the way to it from the body; none if rows are not in the body.
    pub(crate) ways: Vec<Vec<Segment>>,
    /// Whether rows are elements of a page.
    pub(crate) html: bool,
    /// Whether the body is a page.
    pub(crate) of_page: bool,
    /// Names of what is handed down or asked first.
    pub(crate) known: &'a [String],
    /// Names of joined lists, with the ways to their rows if those are in the body.
    pub(crate) joins: Vec<(String, Option<Vec<Segment>>)>,
    /// Whether rows are taken apart, so that there is a `part`.
    pub(crate) has_part: bool,
    /// Fields by name, for templates that name them.
    pub(crate) named: &'a BTreeMap<String, FieldWords>,
    /// The parts that the body must keep.
    pub(crate) shape: Shape,
}

/// Templates that name fields that are templates, and so on.
const MAX_NESTING: usize = 8;

impl<'a> Scope<'a> {
    /// Returns the scope of a whole body.
    pub(crate) fn of_body(
        html: bool,
        known: &'a [String],
        named: &'a BTreeMap<String, FieldWords>,
    ) -> Self {
        Self {
            levels: vec![String::new()],
            ways: vec![Vec::new()],
            html,
            of_page: html,
            known,
            joins: Vec::new(),
            has_part: false,
            named,
            shape: Shape::default(),
        }
    }

    /// Returns whether `name` stands for something that is not of the row itself.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.known.iter().any(|known| known == name)
            || self.has_part && name == "part"
            || self.joins.iter().any(|(join, _)| join == name)
            || !self.html && (name == "body" || self.levels.iter().any(|level| level == name))
    }

    /// Keeps all of a row.
    pub(crate) fn keep_row(&mut self) {
        self.keep(self.levels.len() - 1, &mut []);
    }

    /// Compiles the field `name`.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(crate) fn field(&mut self, name: &str, words: &FieldWords) -> Result<Field, String> {
        self.nested(name, words, 0)
    }

    fn nested(&mut self, name: &str, words: &FieldWords, depth: usize) -> Result<Field, String> {
        if depth > MAX_NESTING {
            return Err(format!("the template of `{name}` names itself"));
        }
        let table = words.table();
        let getter = self.getter(&table, depth)?;
        Ok(Field {
            name: name.to_owned(),
            getter,
            edits: Edits::compile(&table)?,
            map: table.map.unwrap_or_default().into_iter().collect(),
            default: table.default,
            optional: table.optional,
            scale: table.scale,
        })
    }

    fn getter(&mut self, words: &FieldTable, depth: usize) -> Result<Getter, String> {
        let step_words = words.ancestor.is_some() || words.before.is_some() || words.css.is_some();
        let mut getters = Vec::new();
        if let Some(text) = &words.path {
            getters.push(self.short(text)?);
        }
        if let Some(text) = &words.r#const {
            getters.push(Getter::Const(text.clone()));
        }
        if let Some(text) = &words.template {
            getters.push(self.template(text, depth)?);
        }
        if let Some(text) = &words.label {
            getters.push(match text.as_str() {
                "row" => Getter::RowLabel,
                "column" => Getter::ColumnLabel,
                other => return Err(format!("there is no label `{other}`: row or column")),
            });
        }
        if let (Some(level), false) = (&words.position, self.html) {
            getters.push(Getter::Position(self.level(level)?));
        }
        for take in takes(words, self.html)? {
            if !self.html {
                return Err("this word is for pages: `decode` is not html".to_owned());
            }
            getters.push(Getter::Html(HtmlGetter::compile(
                words.ancestor.as_deref(),
                words.before.as_deref(),
                words.css.as_deref(),
                take,
            )?));
        }
        if step_words && !matches!(getters.as_slice(), [Getter::Html(_)]) {
            return Err(
                "ancestor, before and css need attr, text, px or a class to take".to_owned(),
            );
        }
        let mut getters = getters.into_iter();
        match (getters.next(), getters.next()) {
            (Some(getter), None) => Ok(getter),
            (None, _) => Err("nothing says where the value is; add `path = …`".to_owned()),
            (Some(_), Some(_)) => Err("two words say where the value is; keep one".to_owned()),
        }
    }

    /// Compiles a short form.
    pub(crate) fn short(&mut self, text: &str) -> Result<Getter, String> {
        if let Some((first, mut path)) = path::parse_rooted(text)
            && !path.contains(&Segment::Each)
        {
            if self.known.iter().any(|known| known == first) {
                let segments = std::iter::once(Segment::Key(first.into())).chain(path);
                return Ok(Getter::Param(segments.collect()));
            }
            if self.has_part && first == "part" && path.is_empty() {
                return Ok(Getter::Part);
            }
            if let Some(join) = self.joins.iter().position(|(name, _)| name == first) {
                if let Some((_, Some(way))) = self.joins.get_mut(join) {
                    self.shape.reach(way).keep(&mut path);
                }
                return Ok(Getter::Joined(join, path));
            }
            if self.html {
                return HtmlGetter::short(text).map(Getter::Html);
            }
            if first == "body" {
                self.shape.keep(&mut path);
                return Ok(Getter::Body(path));
            }
            if let Some(level) = self.levels.iter().position(|name| name == first) {
                self.keep(level, &mut path);
                return Ok(Getter::Level(level, path));
            }
        }
        if self.html {
            return HtmlGetter::short(text).map(Getter::Html);
        }
        match path::parse(text) {
            Some(mut path) if !path.contains(&Segment::Each) => {
                self.keep(self.levels.len() - 1, &mut path);
                Ok(Getter::Item(path))
            }
            _ => {
                self.keep_row();
                Filter::compile(text).map(Getter::Jq)
            }
        }
    }

    fn keep(&mut self, level: usize, path: &mut [Segment]) {
        if let Some(way) = self.ways.get_mut(level) {
            self.shape.reach(way).keep(path);
        }
    }

    fn level(&self, name: &str) -> Result<usize, String> {
        self.levels
            .iter()
            .position(|level| level == name)
            .ok_or_else(|| format!("there is no level `{name}`: name the [] of `rows` in `levels`"))
    }

    fn template(&mut self, text: &str, depth: usize) -> Result<Getter, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) = after
                .split_once('}')
                .ok_or_else(|| format!("a brace is open in `{text}`"))?;
            if !before.is_empty() {
                pieces.push(Field::constant(before));
            }
            pieces.push(match self.named.get(inside) {
                Some(words) => self.nested(inside, &words.clone(), depth + 1)?,
                None => Field::of(inside, self.short(inside)?),
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Field::constant(rest));
        }
        Ok(Getter::Template(pieces))
    }
}

/// Returns what the words take from an element.
fn takes(words: &FieldTable, html: bool) -> Result<Vec<Take>, String> {
    let mut takes = Vec::new();
    takes.extend(words.attr.clone().map(Take::Attribute));
    takes.extend(words.text.map(|text| match text {
        TextOf::All => Take::AllText,
        TextOf::Own => Take::OwnText,
    }));
    takes.extend(words.class_of.clone().map(Take::ClassOf));
    takes.extend(words.class_prefix.clone().map(Take::ClassPrefix));
    takes.extend(words.px.clone().map(Take::Pixels));
    if let (Some(css), true) = (&words.position, html) {
        takes.push(Take::Position(super::html::selector(css)?));
    }
    Ok(takes)
}

/// Refuses words of times and money in a field that is neither.
pub(crate) fn plain(words: &FieldWords, time: bool, money: bool) -> Result<(), String> {
    let FieldWords::Long(table) = words else {
        return Ok(());
    };
    let of_time = table.zone.is_some_and(|zone| zone != Zone::Venue || !time)
        || table.fold != Fold::default()
        || table.past_midnight
        || table.day_starts_at.is_some()
        || table.locale.is_some()
        || table.year.is_some()
        || table.zero_based_month
        || !table.relative_days.is_empty()
        || !table.offsets.is_empty()
        || !table.formats.0.is_empty();
    if of_time && !time {
        return Err(
            "zone, fold, formats, past_midnight, day_starts_at, offsets, locale, year, \
             relative_days and zero_based_month are for times"
                .to_owned(),
        );
    }
    if (table.minor_digits.is_some() || table.decimal_sign.is_some()) && !money {
        return Err("minor_digits and decimal_sign are for amounts".to_owned());
    }
    Ok(())
}
