//! Answers that other programs read wrongly.

/// A step and bodies: shapes that went wrong elsewhere, right and broken.
pub(crate) const CASES: [(&str, &str); 21] = [
    (
        "cinemas",
        r#"[{"id":"a\r","name":" Adult "},{"id":"b\u0000c","name":"b\u0000c","city":""}]"#,
    ),
    (
        "cinemas",
        r#"[{"id":"a\r","name":"A"},{"id":" a","name":"B"}]"#,
    ),
    ("cinemas", r#"[{"id":"\u200ba","name":"\n"}]"#),
    (
        "cinemas",
        r#"[{"id":"e\u0301","name":"Cine\u0301ma","city":"\ufeff"}]"#,
    ),
    (
        "cinemas",
        r#"[{"id":1,"id":2,"name":"first","name":"last"}]"#,
    ),
    ("cinemas", "[]"),
    ("cinemas", ""),
    ("cinemas", r#"[{"id":"\ud800","name":"half"}]"#),
    (
        "showtimes",
        r#"[{"id":"s1","f":"f1","t":"Night\u0000 Boat","at":"2026-12-05T20:00:00Z","note":"\u0000"},{"id":"s\u00002","f":"f2","t":"Day Boat","at":"2026-12-06T20:00:00Z"}]"#,
    ),
    (
        "showtimes",
        r#"[{"id":1,"f":"f","t":"T","at":"2027-07-01T20:00:00+01:00"}]"#,
    ),
    (
        "showtimes",
        r#"[{"id":1,"f":"f","t":"\u200b","at":"2027-07-01T20:00:00Z"}]"#,
    ),
    (
        "showtimes",
        r#"[{"id":1,"f":"f","t":"T","at":"-009998-07-01T20:00:00Z"}]"#,
    ),
    (
        "showtimes",
        r#"[{"id":1,"f":"f","t":"T","at":"2027-07-01"}]"#,
    ),
    (
        "seats",
        r#"{"seats":[{"id":"A1","s":"f","price":NaN},{"id":"A2","s":"q\u0000","price":9.5}]}"#,
    ),
    (
        "seats",
        r#"{"seats":[{"id":"A1","s":"f","x":0,"row":" A\u00ad","price":"12,50 €"},{"id":"A2","s":" F "}]}"#,
    ),
    (
        "seats",
        r#"{"seats":[{"id":"A1","s":"f"},{"id":"A1\r","s":"s"}]}"#,
    ),
    (
        "seats",
        r#"{"seats":[{"id":"A1","s":"f","price":"14.99 €"}]}"#,
    ),
    (
        "seats",
        r#"{"seats":[{"id":"A1","s":"f","price":"-5,00"}]}"#,
    ),
    ("seats", r#"{"seats":[{"id":"A1","s":"f","price":1e15}]}"#),
    ("seats", r#"{"seats":[]}"#),
    ("seats", "<html>"),
];
