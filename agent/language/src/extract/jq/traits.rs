//! The traits of values that jq and its library of functions need.

use std::ops::Range;

use jaq_core::{Error, Exn, ValR, ValT, ValX, box_iter::box_once, path::Opt};
use jaq_json::{Rc, Val};

use super::{
    meter::{spend, spend_text},
    value::Metered,
};

type Items<T> = Box<dyn Iterator<Item = ValR<T, Metered>>>;

impl ValT for Metered {
    fn from_num(number: &str) -> ValR<Self> {
        spend_text(number.len());
        let number = Val::from_num(number).map_err(|_| Error::str("no number"))?;
        Ok(Self::plain(number))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(entries: I) -> ValR<Self> {
        let mut depth = 0;
        let entries = entries.into_iter().map(|(key, item)| {
            // An entry takes the room of several values.
            spend(8);
            depth = depth.max(item.depth());
            Ok((text_key(&key)?, item.into_val()))
        });
        let object = Val::obj(entries.collect::<Result<_, Error<Self>>>()?);
        Ok(Self::around(object, depth))
    }

    fn key_values(self) -> Items<(Self, Self)> {
        spend(self.len());
        match self.val() {
            Val::Arr(items) => {
                let items = items.clone();
                let item = move |index| {
                    let item: &Val = items.get(index)?;
                    Some(Ok((Self::from(index), self.inside(item.clone()))))
                };
                Box::new((0..).map_while(item))
            }
            Val::Obj(object) => {
                let object = object.clone();
                let entry = move |index| {
                    let (key, item) = object.get_index(index)?;
                    Some(Ok((Self::plain(key.clone()), self.inside(item.clone()))))
                };
                Box::new((0..).map_while(entry))
            }
            _ => box_once(Err(not_iterable(&self))),
        }
    }

    fn values(self) -> Items<Self> {
        match self.val() {
            Val::Arr(_) | Val::Obj(_) => Box::new(self.key_values().map(|entry| Ok(entry?.1))),
            _ => box_once(Err(not_iterable(&self))),
        }
    }

    fn index(self, index: &Self) -> ValR<Self> {
        let no_index = || Error::str(format_args!("cannot index {} with {index}", self.kind()));
        match (self.val(), index.val()) {
            (Val::Obj(object), Val::BStr(_) | Val::TStr(_)) => {
                let item = object.get(index.val()).cloned();
                return Ok(self.inside(item.unwrap_or_default()));
            }
            (Val::Obj(_), _) => return Err(no_index()),
            // Where one list stands in another.
            (Val::Arr(items), Val::Arr(part)) => spend(items.len().saturating_mul(part.len())),
            _ => {}
        }
        let item = self.val().clone().index(index.val());
        item.map(|item| self.inside(item)).map_err(|_| no_index())
    }

    fn range(self, range: Range<Option<&Self>>) -> ValR<Self> {
        let (kind, depth) = (self.kind(), self.depth());
        if let Val::BStr(text) | Val::TStr(text) = self.val() {
            spend_text(text.len());
        }
        let bound = |bound: Option<&'_ Self>| bound.map(|bound| bound.val().clone());
        let (start, end) = (bound(range.start), bound(range.end));
        let part = self.into_val().range(start.as_ref()..end.as_ref());
        let part = part.map_err(|_| Error::str(format_args!("cannot take a part of {kind}")))?;
        let part = Self::with_depth(part, depth);
        spend(part.len());
        Ok(part)
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        spend(self.len());
        match self.val() {
            Val::Arr(items) => {
                let item = |item: &Val| f(self.inside(item.clone()));
                items.iter().flat_map(item).collect()
            }
            Val::Obj(object) => {
                let entry = |(key, item): (&Val, &Val)| {
                    let first = f(self.inside(item.clone())).next()?;
                    Some(first.map(|item| (Self::plain(key.clone()), item)))
                };
                let entries = object.iter().filter_map(entry);
                Ok(Self::from_map(
                    entries.collect::<Result<Vec<_>, Exn<'a, Self>>>()?,
                )?)
            }
            _ => opt.fail(self, |value| Exn::from(not_iterable(&value))),
        }
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        self.spend_to_change();
        let depth = self.depth();
        let first = |item: Val| {
            f(Self::with_depth(item, depth.saturating_sub(1)))
                .next()
                .transpose()
        };
        match (self.into_val(), index.val()) {
            (Val::Obj(mut object), key @ (Val::BStr(_) | Val::TStr(_))) => {
                spend(8);
                let entries = Rc::make_mut(&mut object);
                let old = entries.get_mut(key).map(std::mem::take);
                let Some(new) = first(old.unwrap_or_default())? else {
                    entries.swap_remove(key);
                    return Ok(Self::with_depth(Val::Obj(object), depth));
                };
                let inner = new.depth().max(depth.saturating_sub(1));
                entries.insert(key.clone(), new.into_val());
                Ok(Self::around(Val::Obj(object), inner))
            }
            (Val::Arr(mut items), Val::Num(_)) => {
                let Some(at) = place(index, items.len()).filter(|at| *at < items.len()) else {
                    let list = Self::with_depth(Val::Arr(items), depth);
                    let out = || Error::str(format_args!("index {index} out of bounds"));
                    return opt.fail(list, |_| Exn::from(out()));
                };
                let list = Rc::make_mut(&mut items);
                let Some(new) = first(std::mem::take(&mut list[at]))? else {
                    list.remove(at);
                    return Ok(Self::with_depth(Val::Arr(items), depth));
                };
                let inner = new.depth().max(depth.saturating_sub(1));
                list[at] = new.into_val();
                Ok(Self::around(Val::Arr(items), inner))
            }
            (other, _) => opt.fail(Self::with_depth(other, depth), |value| {
                let kind = value.kind();
                Exn::from(Error::str(format_args!("cannot index {kind} with {index}")))
            }),
        }
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: Range<Option<&Self>>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let length = self.len();
        spend(length);
        let Val::Arr(items) = self.val() else {
            let no_list = |value: Self| {
                let kind = value.kind();
                Exn::from(Error::str(format_args!("cannot change a part of {kind}")))
            };
            return opt.fail(self, no_list);
        };
        let bound = |bound: Option<&Self>, default| {
            let at = bound.map(|bound| place(bound, length));
            at.map_or(Some(default), |at| at)
                .unwrap_or(default)
                .min(length)
        };
        let start = bound(range.start, 0);
        let end = bound(range.end, length).max(start);
        let inside = |items: &[Val]| {
            let items = items.iter().map(|item| self.inside(item.clone()));
            items.collect::<Vec<_>>()
        };
        let new = match f(inside(&items[start..end]).into_iter().collect()).next() {
            Some(new) => inside_of(new?)?,
            None => Vec::new(),
        };
        let (before, after) = (inside(&items[..start]), inside(&items[end..]));
        Ok(before.into_iter().chain(new).chain(after).collect())
    }

    fn as_bool(&self) -> bool {
        self.val().as_bool()
    }

    fn into_string(self) -> Self {
        match self.val() {
            Val::BStr(_) | Val::TStr(_) => self,
            _ => {
                self.weigh();
                Self::from(self.val().to_string())
            }
        }
    }
}

impl jaq_std::ValT for Metered {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        spend(self.len());
        match self.val() {
            Val::Arr(items) => Ok(items.iter().map(|item| self.inside(item.clone())).collect()),
            _ => Err(self),
        }
    }

    fn is_int(&self) -> bool {
        self.val().is_int()
    }

    fn as_isize(&self) -> Option<isize> {
        self.val().as_isize()
    }

    fn as_f64(&self) -> Option<f64> {
        self.val().as_f64()
    }

    fn is_utf8_str(&self) -> bool {
        self.val().is_utf8_str()
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let bytes = self.val().as_bytes();
        spend_text(bytes.map_or(0, <[u8]>::len));
        bytes
    }

    fn as_sub_str(&self, part: &[u8]) -> Self {
        spend(1);
        Self::plain(self.val().as_sub_str(part))
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        spend_text(bytes.as_ref().len());
        Self::plain(Val::from_utf8_bytes(bytes))
    }
}

/// Returns the values of a list.
fn inside_of(list: Metered) -> ValR<Vec<Metered>, Metered> {
    let kind = list.kind();
    jaq_std::ValT::into_seq(list)
        .map_err(|_| Error::str(format_args!("cannot use {kind} as a list")))
}

/// Returns the place that a number means in a list: from its end if it is negative.
fn place(index: &Metered, length: usize) -> Option<usize> {
    let index = jaq_std::ValT::as_isize(index)?;
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(index.unsigned_abs()),
    }
}

fn text_key(key: &Metered) -> ValR<Val, Metered> {
    match key.val() {
        text @ (Val::BStr(_) | Val::TStr(_)) => Ok(text.clone()),
        _ => Err(Error::str(format_args!(
            "cannot use {} as a name",
            key.kind()
        ))),
    }
}

fn not_iterable(value: &Metered) -> Error<Metered> {
    let kind = value.kind();
    Error::str(format_args!(
        "cannot go through {kind}: it is no list or object"
    ))
}
