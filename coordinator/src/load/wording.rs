//! Words about values that cannot be mapped.

/// Letters of a value that a reason shows.
const MAX_SHOWN: usize = 60;

/// The beginning of a value, for people.
#[must_use]
pub fn shown(value: &str) -> String {
    let short: String = value.chars().take(MAX_SHOWN).collect();
    if short.len() < value.len() {
        format!("{short:?} …")
    } else {
        format!("{short:?}")
    }
}

/// What is wrong with JSON, without the place in the value, which helps nobody.
#[must_use]
pub fn of_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    format!("it is no JSON that can be read: {reason}")
}

/// Says that an object has a key twice.
#[must_use]
pub fn twice(key: &str) -> String {
    format!("the key {} stands twice", shown(key))
}
