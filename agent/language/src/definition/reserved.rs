//! Names that mean something in every definition.

/// Each with what it stands for and where it can be said.
pub const RESERVED: [(&str, &str, &str); 12] = [
    (
        "answer",
        "of the last answer `answer.status`, `answer.headers.NAME`, `answer.cookies.NAME`",
        "fields",
    ),
    ("body", "the whole decoded answer", "fields"),
    (
        "candidate",
        "the item that is tried, of a request with `one_of`",
        "templates of that request",
    ),
    (
        "cinema",
        "the cinema above: `key`, `name`, `timezone`, `latitude`, `longitude`, and what it carries",
        "templates, fields",
    ),
    (
        "day",
        "the day of a step with `days`: `day.date`, and `day.offset` from 0",
        "templates, fields",
    ),
    ("item", "the row, where its level has no name", "fields"),
    (
        "page",
        "`page.number`, `page.offset`, `page.cursor`, `page.link`",
        "templates of a request with `pages`",
    ),
    ("part", "the part that `split` makes a row", "fields"),
    (
        "run",
        "of this job `run.uuid`, `run.hex`, and `run.date` at the cinema",
        "templates, fields",
    ),
    ("secret", "a secret by its name", "templates"),
    (
        "showtime",
        "the showtime above: `key`, `film_key`, `auditorium_key`, `starts_at`, and what it carries",
        "templates, fields",
    ),
    ("vars", "a word of `[vars]`", "templates"),
];

/// Returns whether `name` is one of them.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|(known, ..)| *known == name)
}
