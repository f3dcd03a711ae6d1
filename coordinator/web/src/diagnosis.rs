//! What the reason of a step's health looks like, in few words: the ways in which a site changes.

/// Phrases of reasons, as `expect` and the leader write them, and what they mean.
const PHRASES: [(&str, &str); 13] = [
    ("; not mapped are", "new status code"),
    ("is it a login page?", "login page"),
    ("showtimes still to come are in the list of", "list emptied"),
    ("is the list complete?", "list emptied"),
    ("seats where it had", "seat maps cut"),
    ("does a row letter come twice?", "rows mislabelled"),
    ("did the source change its time zone?", "times shifted"),
    ("prices in another unit?", "prices in another unit"),
    ("status codes that nothing maps", "new status code"),
    ("status code that is not mapped", "new status code"),
    ("is not mapped", "new status code"),
    ("field `", "field renamed or gone"),
    ("no row", "rows gone"),
];

/// Names the change that a reason describes, where it is one that sites make.
#[must_use]
pub fn name(reason: &str) -> Option<&'static str> {
    PHRASES
        .iter()
        .find(|(phrase, _)| reason.contains(phrase))
        .map(|(_, name)| *name)
}

/// Says what a class of errors means and what to do about it.
#[must_use]
pub fn explain(class: &str) -> &'static str {
    match class {
        "timeout" => {
            "No whole answer came in time. One is nothing; many at once mean that the source is slow \
             or that its limit is too high."
        }
        "unreachable" => {
            "No connection, or one that was cut. Check that the address answers from the network of the pods."
        }
        "throttled" => {
            "The source answered 429: the limit key pauses, and the leader lowers its rate by itself."
        }
        "unavailable" => {
            "The source answered with an error of its own (5xx). The leader tries again later, less often."
        }
        "refused" => {
            "The source refused us (401, 403 or 451). It stays blocked until a person decides."
        }
        "missing" => {
            "The source says that there is no such thing (404 or 410). The task retires if it stays so."
        }
        "rejected" => {
            "The source rejected the request (another 4xx). The request of the definition may be out of date."
        }
        "redirected" => "The answer led to a host or address that the definition does not name.",
        "oversized" => "The body was larger than the definition allows.",
        "malformed" => {
            "The answer is not what the definition expects. The site may have changed: compare the \
             answer in quarantine with the definition."
        }
        "unexpected" => {
            "The answer reads well and cannot be true, compared with what the source gave before. It is \
             in quarantine; accept it if it is true."
        }
        "forbidden" => "The robots.txt of the host does not allow the request.",
        "definition" => "The definition could not build the request: correct it.",
        "lost" => {
            "The pod that ran it died. Its task runs again; one whose pods die each time is set apart."
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_redesign_is_named_as_what_it_is() {
        let reasons = [
            ("row 0: field `status` is missing", "field renamed or gone"),
            (
                "status codes that nothing maps: `7`; `coordinator source map cds-1 CODE=STATUS` maps them",
                "new status code",
            ),
            (
                "0 of the 12 showtimes still to come are in the list of 0: did it lose them?",
                "list emptied",
            ),
            (
                "the page has a password field: is it a login page?",
                "login page",
            ),
            ("the map has 60 seats where it had 120", "seat maps cut"),
            (
                "12 of 12 showtimes moved by 2h: did the source change its time zone?",
                "times shifted",
            ),
            (
                "2 seats are C 4: does a row letter come twice?",
                "rows mislabelled",
            ),
            (
                "the median price is 9000 where it was 90: are the prices in another unit?",
                "prices in another unit",
            ),
        ];
        for (reason, expected) in reasons {
            assert_eq!(name(reason), Some(expected), "{reason}");
        }
        assert_eq!(name("timeout after 10 s"), None);
    }
}
