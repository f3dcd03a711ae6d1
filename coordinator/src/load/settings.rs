//! The settings of loads: which places data sets may read.

use body_archive::StoreOptions;
use serde::Deserialize;

/// `[loads]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoadSettings {
    /// Directories and addresses such as `s3://bucket/prefix` whose files data sets may read, and what is
    /// below them; none by default. A data set shows its rows to analysts, so name no place with files
    /// that they must not see.
    pub places: Vec<String>,
    /// Settings of an S3-compatible store by the names of its library, as in `export.store`; what is not
    /// here is taken from the environment (`AWS_ENDPOINT` …) or the machine's role. Never logged.
    pub store: StoreOptions,
}

impl LoadSettings {
    /// Refuses places that can never be read.
    ///
    /// # Errors
    ///
    /// A sentence that names the setting and the way out.
    pub fn check(&self) -> Result<(), String> {
        for place in &self.places {
            place_problem(place).map_or(Ok(()), |problem| {
                Err(format!("loads.places has `{place}`, which {problem}"))
            })?;
        }
        Ok(())
    }

    /// Whether data sets may read a place: it is one of [`Self::places`] or below one.
    #[must_use]
    pub fn permits(&self, place: &str) -> bool {
        let place = plain(place);
        place_problem(place).is_none()
            && self.places.iter().any(|permitted| {
                place
                    .strip_prefix(plain(permitted))
                    .is_some_and(|below| below.is_empty() || below.starts_with('/'))
            })
    }
}

/// An address without what does not distinguish it.
#[must_use]
pub fn plain(place: &str) -> &str {
    let place = place.strip_prefix("file://").unwrap_or(place);
    place.trim_end_matches('/')
}

/// Says why an address is no place, if it is none.
#[must_use]
pub fn place_problem(place: &str) -> Option<&'static str> {
    let rest = match plain(place).split_once("://") {
        Some(("s3", rest)) if !rest.is_empty() && !rest.starts_with('/') => rest,
        None if plain(place).starts_with('/') => &plain(place)[1..],
        _ => return Some("is neither a whole path of a directory nor s3://bucket/prefix"),
    };
    if place.len() > 500 || place.chars().any(char::is_control) {
        return Some("is longer than 500 letters or has letters that cannot be shown");
    }
    let is_odd = |part: &str| part.is_empty() || part == "." || part == "..";
    rest.split('/')
        .any(is_odd)
        .then_some("has a part that is empty, \".\" or \"..\"; name it in full")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_places_and_what_is_below_them_are_read() {
        let settings = LoadSettings {
            places: vec!["/srv/files/".to_owned(), "s3://bucket/in".to_owned()],
            ..LoadSettings::default()
        };
        assert_eq!(settings.check(), Ok(()));
        for place in [
            "/srv/files",
            "file:///srv/files",
            "/srv/files/a b",
            "s3://bucket/in/sales",
        ] {
            assert!(settings.permits(place), "{place}");
        }
        for place in [
            "/srv",
            "/srv/files2",
            "/srv/files/../secrets",
            "/",
            "",
            "srv/files",
            "s3://bucket",
            "s3://bucket/inner",
            "s3:///in",
            "gopher://bucket/in",
        ] {
            assert!(!settings.permits(place), "{place}");
        }
        assert!(!LoadSettings::default().permits("/srv/files"));
        let relative = LoadSettings {
            places: vec!["files".to_owned()],
            ..LoadSettings::default()
        };
        let refused = relative.check().err().unwrap_or_default();
        assert!(refused.contains("neither a whole path"), "{refused}");
    }
}
