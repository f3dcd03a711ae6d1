//! Which elements of XML are lists even when they come once, or not at all.

/// Names of elements that are always lists, with the names of those around them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists {
    names: Vec<String>,
    /// An element of this name that has none of the other has an empty list of it.
    inside: Vec<(String, String)>,
}

impl Lists {
    /// Finds the names that stand before a `[]`, in paths and in jq.
    pub(crate) fn of<'t>(paths: impl IntoIterator<Item = &'t str>) -> Self {
        let mut lists = Self::default();
        for path in paths {
            for (end, _) in path.match_indices("[]") {
                let Some((rest, name)) = last_name(path.get(..end).unwrap_or_default()) else {
                    continue;
                };
                if let Some((_, around)) = last_name(rest.trim_end_matches("[]")) {
                    lists.inside.push((around.to_owned(), name.to_owned()));
                }
                lists.names.push(name.to_owned());
            }
        }
        lists
    }

    /// Adds names that the author lists.
    pub(super) fn add<'t>(&mut self, names: impl Iterator<Item = &'t str>) {
        self.names.extend(names.map(|name| name.trim().to_owned()));
    }

    /// Returns whether an element is always a list.
    pub(super) fn contain(&self, name: &str) -> bool {
        self.names.iter().any(|list| list == name)
    }

    /// Returns the lists that an element has even when they are empty.
    pub(super) fn inside<'l>(&'l self, around: &'l str) -> impl Iterator<Item = &'l str> {
        let pairs = self.inside.iter();
        pairs.filter_map(move |(of, list)| (of == around).then_some(list.as_str()))
    }
}

/// Splits `.feed.films` into `.feed` and `films`, and `.["a-b"]` into nothing and `a-b`.
fn last_name(path: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = path.strip_suffix("\"]") {
        let (rest, name) = quoted.rsplit_once("[\"")?;
        return Some((rest.strip_suffix('.').unwrap_or(rest), name));
    }
    let (rest, name) = path.rsplit_once('.')?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_word)).then_some((rest, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_stands_before_its_brackets() {
        let lists = Lists::of([".feed.films[].show[]", r#".x.["a-b"][]"#, "[.y[] | .z]"]);
        for name in ["films", "show", "a-b", "y"] {
            assert!(lists.contain(name), "{name}");
        }
        assert!(!lists.contain("feed") && !lists.contain("z"));
        assert_eq!(lists.inside("feed").collect::<Vec<_>>(), ["films"]);
        assert_eq!(lists.inside("films").collect::<Vec<_>>(), ["show"]);
    }
}
