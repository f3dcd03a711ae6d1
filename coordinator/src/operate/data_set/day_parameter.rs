//! The parameter `:day` of a query.

/// What the database calls the day that is being built.
const DAY: &str = "data_set.day()";

/// Replaces each `:day` by the function that gives the day; not in texts, quoted names and comments, and
/// not the cast `::day`.
///
/// ```
/// use coordinator::operate::data_set::day_parameter::replace;
///
/// assert_eq!(replace("SELECT ':day' WHERE day = :day"), "SELECT ':day' WHERE day = data_set.day()");
/// ```
#[must_use]
pub fn replace(query: &str) -> String {
    let mut out = String::with_capacity(query.len() + 32);
    let mut rest = query;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        let taken = match letter {
            '\'' | '"' => quoted(rest, letter),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '$' => dollar_quoted(rest),
            ':' if before != ':' && is_day(rest) => {
                out.push_str(DAY);
                rest = &rest[":day".len()..];
                before = ')';
                continue;
            }
            _ => letter.len_utf8(),
        };
        let (part, behind) = rest.split_at(taken);
        out.push_str(part);
        before = part.chars().next_back().unwrap_or(' ');
        rest = behind;
    }
    out
}

fn is_day(text: &str) -> bool {
    text.strip_prefix(":day").is_some_and(|behind| {
        !behind.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
    })
}

/// Length of a text or name in quotes; a doubled quote begins the next.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

/// Length of `$tag$ ... $tag$`, or of the one letter.
fn dollar_quoted(text: &str) -> usize {
    let Some(end) = text[1..].find('$').map(|end| end + 2) else {
        return 1;
    };
    let tag = &text[..end];
    if !tag[1..end - 1]
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_')
    {
        return 1;
    }
    text[end..]
        .find(tag)
        .map_or(text.len(), |found| end + found + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_parameter_is_replaced() {
        assert_eq!(replace("a=:day-1"), "a=data_set.day()-1");
        for same in [
            "x::day",
            "':day'",
            "\":day\"",
            "-- :day",
            "/* :day */",
            "$$:day$$",
            "$x$:day$x$",
            ":days",
            "':day",
        ] {
            assert_eq!(replace(same), same);
        }
        assert_eq!(replace("'it''s :day' :day"), "'it''s :day' data_set.day()");
        assert_eq!(replace("-- a\n:day é"), "-- a\ndata_set.day() é");
        assert_eq!(replace("$1 :day"), "$1 data_set.day()");
    }
}
