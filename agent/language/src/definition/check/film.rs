//! Words about the film and the attributes of a showtime.

use super::{Checked, place::CheckedStep};
use crate::{definition::Yields, rows::MAX_FILM_IDS};

/// Bytes of the name of a scheme at most.
const MAX_SCHEME_BYTES: usize = 32;

/// Refuses them in a step of other rows, and names of schemes that are none.
pub(super) fn check(place: &CheckedStep<'_>) -> Checked {
    let (step, yields) = (place.step, place.step.yields);
    let said = [
        ("film_ids", !step.film_ids.is_empty()),
        ("attributes", step.attributes.is_some()),
    ];
    if yields != Yields::Showtimes
        && let Some((word, _)) = said.iter().find(|(_, is_said)| *is_said)
    {
        return Err(place.error(
            &[word],
            format!("{} have no {word}", yields.word()),
            "move it to the step that yields showtimes",
        ));
    }
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_scheme = |name: &str| {
        !name.is_empty() && name.len() <= MAX_SCHEME_BYTES && name.bytes().all(is_plain)
    };
    if let Some(name) = step.film_ids.keys().find(|name| !is_scheme(name)) {
        return Err(place.error(
            &["film_ids", name],
            format!("`{name}` is no name of a scheme"),
            format!(
                "write such as `imdb`: small letters, digits and underscores, {MAX_SCHEME_BYTES} at most"
            ),
        ));
    }
    if step.film_ids.len() > MAX_FILM_IDS {
        return Err(place.error(
            &["film_ids"],
            format!("there are {} schemes", step.film_ids.len()),
            format!("keep {MAX_FILM_IDS} at most"),
        ));
    }
    if let Some(words) = &step.attributes
        && words.of.0.is_empty()
    {
        return Err(place.error(
            &["attributes", "of"],
            "the list of fields is empty",
            "name a field, or leave `attributes` out",
        ));
    }
    Ok(())
}
