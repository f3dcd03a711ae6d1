//! Where something stands in a file, for errors.

/// Number of the line in which a byte stands.
pub(super) fn line_of(text: &str, byte: usize) -> usize {
    text.bytes()
        .take(byte)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

/// Number of the line in which the table of a list begins, such as the second `[[deliver]]`; counts from 1.
pub(super) fn line_of_table(text: &str, name: &str, number: usize) -> usize {
    let head = format!("[[{name}]]");
    let mut found = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim().starts_with(&head));
    found
        .nth(number.saturating_sub(1))
        .map_or(1, |(line, _)| line + 1)
}

/// Number of the line in which a key of the file stands; 1 where it is missing.
pub(super) fn line_of_key(text: &str, key: &str) -> usize {
    let found = text.lines().position(|line| {
        line.trim_start()
            .strip_prefix(key)
            .is_some_and(|behind| behind.trim_start().starts_with('='))
    });
    found.map_or(1, |line| line + 1)
}
