//! What a source calls a column: its own name, and the name of the thing that has it.

use super::column::Column;

/// Names that only wrap others.
const WRAPPERS: [&str; 14] = [
    "node",
    "attribute",
    "data",
    "item",
    "edge",
    "value",
    "text",
    "field",
    "result",
    "prop",
    "properties",
    "body",
    "response",
    "detail",
];

/// A name in small letters and digits: `showtimeId` of `.node.showtimeId` is `showtimeid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    /// The name itself.
    pub(super) last: String,
    /// The thing that has it, in the singular; empty where nothing says.
    pub(super) of: String,
}

impl Label {
    /// Returns what `column` is called.
    pub(super) fn of(column: &Column) -> Self {
        let all: Vec<String> = column.name.split(['.', '[', ']', '"']).map(plain).collect();
        let all: Vec<String> = all.into_iter().filter(|name| !name.is_empty()).collect();
        let mut telling: Vec<&String> = all.iter().filter(|name| !is_wrapper(name)).collect();
        let last = telling.pop().or(all.last()).cloned().unwrap_or_default();
        let of = telling
            .pop()
            .map_or_else(|| column.context.clone(), |name| singular(name));
        Self { last, of }
    }

    /// Returns whether the name is one of `names`.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.last.as_str())
    }

    /// Returns whether it is one of `names` of one of `things`, or both in one word:
    /// `movie.id`, `movieId`.
    pub(super) fn is_of(&self, things: &[&str], names: &[&str]) -> bool {
        let whole = |thing: &&str| {
            let rest = self.last.strip_prefix(*thing);
            rest.is_some_and(|rest| names.contains(&rest))
        };
        things.iter().any(whole) || things.contains(&self.of.as_str()) && self.is(names)
    }

    /// Returns whether a part of the name is one of `parts`.
    pub(super) fn has(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| self.last.contains(part))
    }
}

/// Returns the nearest name of a path that tells something, in the singular.
pub(super) fn context(path: &str) -> String {
    let names = path.split(['.', '[', ']', '"', ' ', ':']).map(plain);
    let mut telling = names.filter(|name| !name.is_empty() && !is_wrapper(name));
    telling
        .next_back()
        .map(|name| singular(&name))
        .unwrap_or_default()
}

fn is_wrapper(name: &str) -> bool {
    WRAPPERS.contains(&singular(name).as_str()) || WRAPPERS.contains(&name)
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn singular(name: &str) -> String {
    name.strip_suffix('s')
        .filter(|name| name.len() > 2)
        .unwrap_or(name)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str, context: &str) -> (String, String) {
        let column = Column {
            word: String::new(),
            name: name.to_owned(),
            context: context.to_owned(),
            own: true,
            values: Vec::new(),
        };
        let label = Label::of(&column);
        (label.last, label.of)
    }

    #[test]
    fn what_only_wraps_is_no_name() {
        let both = |last: &str, of: &str| (last.to_owned(), of.to_owned());
        assert_eq!(
            label(".node.movie.movieId", "edge"),
            both("movieid", "movie")
        );
        assert_eq!(label(".name.text", "site"), both("name", "site"));
        assert_eq!(label("data.id", "movie"), both("id", "movie"));
        assert_eq!(label("text", ""), both("text", ""));
        assert_eq!(context(".data.viewer.theatres.edges[]"), "theatre");
    }
}
