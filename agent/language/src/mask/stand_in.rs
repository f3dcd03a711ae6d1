//! Replaces a learnt value by another one of the same shape.

/// So many signs in a row stand in no token, and say too much of a text.
const MAX_SIGNS_IN_A_ROW: usize = 8;

/// Returns a text of the same length with the same ASCII signs between its letters and digits,
/// of letters and digits of the same kinds, that says nothing else of `text`. Of a text that
/// is mostly signs only the length is kept. Made of what it returns, it returns the same.
#[must_use]
pub fn stand_in(text: &str) -> String {
    if is_mostly_signs(text) {
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
        } else if c.is_ascii() {
            c
        } else {
            '*'
        }
    };
    text.chars().map(other).collect()
}

fn is_mostly_signs(text: &str) -> bool {
    let (mut signs, mut in_a_row, mut longest) = (0, 0, 0);
    for c in text.chars() {
        in_a_row = if c.is_alphanumeric() { 0 } else { in_a_row + 1 };
        signs += usize::from(in_a_row > 0);
        longest = longest.max(in_a_row);
    }
    2 * signs > text.chars().count() || longest > MAX_SIGNS_IN_A_ROW
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
            ("ö–Ü", "x*X"),
            ("a😀[😀!😀", "******"),
        ] {
            assert_eq!(stand_in(text), expected);
            assert_eq!(stand_in(expected), expected);
        }
    }
}
