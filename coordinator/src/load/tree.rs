//! JSON that the database stores as it is.

use std::{collections::HashSet, fmt};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::wording::{of_json, twice};

/// Checks that a text is JSON that the database stores as it is: no key twice, no zero bytes, no number out
/// of range, not too deep.
///
/// # Errors
///
/// Why not.
pub fn check_tree(text: &str) -> Result<(), String> {
    serde_json::from_str::<Storable>(text)
        .map(|_| ())
        .map_err(|error| of_json(&error))
}

/// JSON that the database can store.
struct Storable;

impl<'de> Deserialize<'de> for Storable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StorableVisitor)
    }
}

struct StorableVisitor;

impl StorableVisitor {
    fn text<E: serde::de::Error>(text: &str) -> Result<Storable, E> {
        if text.contains('\0') {
            Err(E::custom("it has a zero byte"))
        } else {
            Ok(Storable)
        }
    }
}

impl<'de> Visitor<'de> for StorableVisitor {
    type Value = Storable;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Storable, E> {
        Self::text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Storable, A::Error> {
        while access.next_element::<Storable>()?.is_some() {}
        Ok(Storable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Storable, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = access.next_key::<String>()? {
            Self::text::<A::Error>(&key)?;
            access.next_value::<Storable>()?;
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(twice(&key)));
            }
        }
        Ok(Storable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_database_stores_is_a_tree() {
        assert!(check_tree(r#"{"a":[1e300,{"b":"c"}]}"#).is_ok());
        let deep = "[".repeat(100_000);
        for tree in [
            r#"{"a":1,"a":2}"#,
            r#"["\u0000"]"#,
            r#"{"\u0000":1}"#,
            "[1e400]",
            "[1",
            "nothing",
            &deep,
        ] {
            assert!(check_tree(tree).is_err());
        }
    }
}
