//! Names with a fixed meaning in every definition.

/// Each name with its meaning and the places where it may stand.
pub const RESERVED: [(&str, &str, &str); 12] = [
    (
        "answer",
        "the last answer: `answer.status`, `answer.headers.NAME`, `answer.cookies.NAME`",
        "fields",
    ),
    ("body", "the whole decoded answer", "fields"),
    (
        "candidate",
        "the item that `one_of` tries",
        "templates of that request",
    ),
    (
        "cinema",
        "the cinema above: `key`, `name`, `timezone`, `latitude`, `longitude`, and its `carry`",
        "templates, fields",
    ),
    (
        "day",
        "the day of a step with `days`: `day.date`; `day.offset` counts from 0",
        "templates, fields",
    ),
    ("item", "the row, if its level has no name", "fields"),
    (
        "page",
        "the page of a step with `pages`: `page.number`, `page.offset`, `page.cursor`, `page.link`",
        "templates of a request with `pages`",
    ),
    (
        "part",
        "the part of the text that `split` made a row of",
        "fields",
    ),
    (
        "run",
        "this job: `run.uuid` and `run.hex` are a random id, `run.date` is the date at the cinema",
        "templates, fields",
    ),
    ("secret", "a secret of `[secrets]` by its name", "templates"),
    (
        "showtime",
        "the showtime above: `key`, `film_key`, `auditorium_key`, `starts_at`, and its `carry`",
        "templates, fields",
    ),
    ("vars", "a constant of `[vars]`", "templates"),
];

/// Returns whether `name` is one of them.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|(known, ..)| *known == name)
}
