//! Lines whose values carry their type, as key-value stores export their rows:
//! `{"Item": {"id": {"S": "a"}, "n": {"N": "1"}}}`.
//!
//! | type | value |
//! |---|---|
//! | `S`, `B` | text; bytes as base64, as they are written |
//! | `N` | a number, with all its digits |
//! | `BOOL`, `NULL` | true or false; nothing |
//! | `M`, `L`, `SS`, `NS`, `BS` | an object; arrays |

use std::fmt::Write as _;

use serde_json::value::RawValue;

use super::{
    json::{Members, Pointer, element, string},
    value::{Given, is_numeric},
    wording::shown,
};

/// How deep values are at most; stores have 32 levels.
const MAX_DEPTH: usize = 40;

/// Returns the value at a pointer into the item of a line.
///
/// # Errors
///
/// If a value on the way is not written as its type says.
pub fn find<'l>(item: &Members<'l>, pointer: &Pointer) -> Result<Given<'l>, String> {
    let Some((first, rest)) = pointer.parts.split_first() else {
        return Ok(Given::Nothing);
    };
    let mut found = item.get(first);
    for part in rest {
        let Some(value) = found else {
            return Ok(Given::Nothing);
        };
        let (kind, inner) = tagged(value)?;
        found = match kind {
            Kind::Map => Members::parse(inner.get())?.get(part),
            Kind::List => element(inner.get(), part)?,
            _ => None,
        };
    }
    found.map_or(Ok(Given::Nothing), given)
}

/// Returns the item of a line.
///
/// # Errors
///
/// If the line is no object with an object `Item`.
pub fn item(line: &str) -> Result<Members<'_>, String> {
    let members = Members::parse(line)?;
    let item = members
        .get("Item")
        .ok_or("it has no Item, as lines of the format typed have")?;
    Members::parse(item.get())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Bool,
    Null,
    Map,
    List,
    Texts,
    Numbers,
}

/// The type of a value, and what it is written as.
fn tagged(value: &RawValue) -> Result<(Kind, &RawValue), String> {
    let members = Members::parse(value.get())?;
    let (tag, inner) = members
        .only()
        .ok_or_else(|| format!("{} does not have one type", shown(value.get())))?;
    let kind = match tag {
        "S" | "B" => Kind::Text,
        "N" => Kind::Number,
        "BOOL" => Kind::Bool,
        "NULL" => Kind::Null,
        "M" => Kind::Map,
        "L" => Kind::List,
        "SS" | "BS" => Kind::Texts,
        "NS" => Kind::Numbers,
        other => return Err(format!("the type {} is not known", shown(other))),
    };
    Ok((kind, inner))
}

fn given(value: &RawValue) -> Result<Given<'_>, String> {
    let (kind, inner) = tagged(value)?;
    Ok(match kind {
        Kind::Text => Given::Text(string(inner)?.into()),
        Kind::Number => Given::Number(number(inner)?.into()),
        Kind::Bool => match inner.get() {
            "true" => Given::Bool(true),
            "false" => Given::Bool(false),
            other => return Err(format!("BOOL is {}", shown(other))),
        },
        Kind::Null => Given::Nothing,
        Kind::Map | Kind::List | Kind::Texts | Kind::Numbers => {
            let mut plain = String::with_capacity(inner.get().len());
            write_plain(value, &mut plain, 0)?;
            Given::Tree(plain.into())
        }
    })
}

fn number(inner: &RawValue) -> Result<String, String> {
    let text = string(inner)?;
    if is_numeric(&text) {
        Ok(text)
    } else {
        Err(format!("N is {}, and no number", shown(&text)))
    }
}

/// Writes a value as plain JSON.
fn write_plain(value: &RawValue, out: &mut String, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("it is deeper than {MAX_DEPTH} levels"));
    }
    let (kind, inner) = tagged(value)?;
    match kind {
        Kind::Text => write_text(&string(inner)?, out),
        Kind::Number => write_number(inner, out)?,
        Kind::Bool | Kind::Null => match given(value)? {
            Given::Bool(value) => {
                let _ = write!(out, "{value}");
            }
            _ => out.push_str("null"),
        },
        Kind::Map => {
            let members: std::collections::BTreeMap<String, &RawValue> =
                serde_json::from_str(inner.get()).map_err(|error| error.to_string())?;
            // Refuses a key that stands twice.
            Members::parse(inner.get())?;
            out.push('{');
            for (place, (key, member)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write_plain(member, out, depth + 1)?;
            }
            out.push('}');
        }
        Kind::List | Kind::Texts | Kind::Numbers => {
            let all: Vec<&RawValue> =
                serde_json::from_str(inner.get()).map_err(|error| error.to_string())?;
            out.push('[');
            for (place, one) in all.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                match kind {
                    Kind::Texts => write_text(&string(one)?, out),
                    Kind::Numbers => write_number(one, out)?,
                    _ => write_plain(one, out, depth + 1)?,
                }
            }
            out.push(']');
        }
    }
    Ok(())
}

fn write_text(text: &str, out: &mut String) {
    let _ = write!(out, "{}", serde_json::Value::from(text));
}

/// JSON writes some numbers otherwise than the store may, which are checked where the tree is.
fn write_number(inner: &RawValue, out: &mut String) -> Result<(), String> {
    out.push_str(&number(inner)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const LINE: &str = r#"{"Item":{"id":{"S":"a"},"n":{"N":"1.10"},"ok":{"BOOL":true},"no":{"NULL":true},
        "m":{"M":{"l":{"L":[{"N":"12345678901234567890.5"},{"S":"\"x"}]},"e":{"M":{}}}},"s":{"NS":["1","2"]},
        "bad":{"N":"one"},"two":{"S":"a","N":"1"},"odd":{"X":"a"},"flag":{"BOOL":"true"},"plain":"a"}}"#;

    fn get(from: &str) -> Result<String, String> {
        let item = item(LINE)?;
        Ok(format!("{:?}", find(&item, &Pointer::parse(from))?))
    }

    #[test]
    fn a_value_is_what_its_type_says() {
        for (from, expected) in [
            ("id", "Text(\"a\")"),
            ("n", "Number(\"1.10\")"),
            ("ok", "Bool(true)"),
            ("no", "Nothing"),
            ("gone", "Nothing"),
            ("/m/l/0", "Number(\"12345678901234567890.5\")"),
            ("/m/l/9", "Nothing"),
            ("/id/x", "Nothing"),
            ("s", "Tree(\"[1,2]\")"),
        ] {
            assert_eq!(get(from).unwrap(), expected, "{from}");
        }
        let tree = get("m").unwrap();
        assert!(
            tree.contains(r#"\"l\":[12345678901234567890.5,\"\\\"x\"]"#),
            "{tree}"
        );
        for from in ["bad", "two", "odd", "flag", "plain"] {
            assert!(get(from).is_err(), "{from}");
        }
    }

    #[test]
    fn a_line_without_an_item_or_too_deep_is_refused() {
        for line in [
            "{}",
            "{\"Item\":1}",
            "{\"Item\":{\"a\":{\"S\":\"b\"},\"a\":{\"S\":\"c\"}}}",
        ] {
            assert!(item(line).is_err(), "{line}");
        }
        let deep = format!(
            "{{\"Item\":{{\"a\":{}{{\"NULL\":true}}{}}}}}",
            "{\"L\":[".repeat(60),
            "]}".repeat(60)
        );
        let found = find(&item(&deep).unwrap(), &Pointer::parse("a"));
        assert!(found.unwrap_err().contains("deeper than"));
    }
}
