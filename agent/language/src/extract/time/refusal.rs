//! Why a text is not a time, in words of the definition.

use super::Format;

/// Messages of this module about a time; they pass through the error type of the library.
const OWN: [&str; 7] = [
    "no year puts it",
    "it has no ",
    "it is no ",
    "it is not `",
    "it is not written such",
    "its offset is",
    "the clock of the cinema",
];

/// Says why none of `formats` fits, after the last of them was refused with `error`.
pub(super) fn problem(error: &jiff::Error, formats: &[Format]) -> String {
    let said = error.to_string();
    if OWN.iter().any(|own| said.starts_with(own)) {
        return said;
    }
    if said.contains("ambiguous") || said.contains("falls into a") {
        return "clocks change then, so that it comes twice or never; `fold` says which is meant"
            .to_owned();
    }
    if said.contains("not in the required range") || said.contains("out of range") {
        return format!(
            "it is written as {}, and a part of it is out of range",
            list(formats)
        );
    }
    format!("it is not written as {}", list(formats))
}

/// Says of a format what its first directive is that does not exist.
pub(super) fn of_format(format: &str) -> String {
    let mut rest = format;
    while let Some((_, after)) = rest.split_once('%') {
        let directive: String = after
            .chars()
            .take_while(|c| !c.is_alphabetic() && *c != '%')
            .chain(after.chars().find(|c| c.is_alphabetic() || *c == '%'))
            .collect();
        let known = "%aAbBdeFfgGhHIjkklLmMnNpPqQrRsStTuUVwWyYzZCD:.cx";
        match directive.chars().next_back() {
            None => return "its last `%` has no letter".to_owned(),
            Some(letter) if !known.contains(letter) => {
                return format!("there is no `%{directive}`");
            }
            Some(_) => {}
        }
        let skipped = after.char_indices().nth(directive.chars().count());
        rest = skipped.map_or("", |(at, _)| after.get(at..).unwrap_or_default());
    }
    "what it writes it cannot read, so a part of it is missing or comes twice".to_owned()
}

fn list(formats: &[Format]) -> String {
    let names: Vec<String> = formats.iter().map(name).collect();
    names.join(" or ")
}

fn name(format: &Format) -> String {
    match format {
        Format::Rfc3339 => "`rfc3339`, such as 2026-11-21T20:00:00+01:00".to_owned(),
        Format::EpochSeconds => "`epoch_seconds`".to_owned(),
        Format::EpochMilliseconds => "`epoch_milliseconds`".to_owned(),
        Format::Written(written) => format!("`{}`", written.format()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_that_does_not_exist_is_named() {
        assert_eq!(of_format("%Y-%E"), "there is no `%E`");
        assert_eq!(of_format("%Y-%"), "its last `%` has no letter");
    }
}
