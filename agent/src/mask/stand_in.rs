//! What stands for a value that was learnt: another of the same shape.

/// Returns a text of the same length with the same signs between its letters and digits, of
/// letters and digits of the same kinds, that says nothing else of `text`. Made of what it
/// returns, it returns the same.
pub(crate) fn stand_in(text: &str) -> String {
    if !text.contains(char::is_alphanumeric) {
        return text.chars().map(|_| '*').collect();
    }
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let is_hex = letters().all(|c| c.is_ascii_hexdigit());
    let (lower, upper) = if is_hex { ('a', 'A') } else { ('x', 'X') };
    let mut kinds = Vec::new();
    if letters().any(|c| !c.is_uppercase()) {
        kinds.push(lower);
    }
    if letters().any(char::is_uppercase) {
        kinds.push(upper);
    }
    if text.contains(|c: char| c.is_numeric()) {
        // No such month or day: what stands for a number is no date.
        kinds.push('7');
    }
    let mut kinds = kinds.into_iter().cycle();
    let other = |c: char| {
        if c.is_alphanumeric() {
            kinds.next().unwrap_or(lower)
        } else {
            c
        }
    };
    text.chars().map(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_has_the_shape_of_the_value_and_nothing_else() {
        for (text, expected) in [
            ("12345678", "77777777"),
            ("s3cr3t-abc", "x7x7x7-x7x"),
            ("9f8e7d6c", "a7a7a7a7"),
            ("DEADBEEF", "AAAAAAAA"),
            ("aB1.cD2/x=", "xX7.xX7/x="),
            ("ö–Ü", "x–X"),
        ] {
            assert_eq!(stand_in(text), expected);
            assert_eq!(stand_in(expected), expected);
        }
    }
}
