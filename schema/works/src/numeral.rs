//! Roman and written numerals, as digits.

/// Words behind which a numeral counts the parts of a story.
pub(crate) const PARTS: [&str; 18] = [
    "part", "chapter", "volume", "vol", "episode", "season", "series", "act", "teil", "partie",
    "parte", "capitulo", "chapitre", "kapitel", "deel", "del", "czesc", "pt",
];

/// Returns the value of a roman numeral from II to XX, or of I and X where `behind_part`.
pub(crate) fn roman(word: &str, behind_part: bool) -> Option<u8> {
    let value = match word {
        "i" if behind_part => 1,
        "ii" => 2,
        "iii" => 3,
        "iv" => 4,
        "v" => 5,
        "vi" => 6,
        "vii" => 7,
        "viii" => 8,
        "ix" => 9,
        "x" if behind_part => 10,
        "xi" => 11,
        "xii" => 12,
        "xiii" => 13,
        "xiv" => 14,
        "xv" => 15,
        "xvi" => 16,
        _ => return None,
    };
    Some(value)
}

/// Returns the value of a numeral that is written out.
pub(crate) fn written(word: &str) -> Option<u8> {
    let value = match word {
        "one" | "eins" | "un" | "uno" | "um" => 1,
        "two" | "zwei" | "deux" | "dos" | "dois" => 2,
        "three" | "drei" | "trois" | "tres" => 3,
        "four" | "vier" | "quatre" | "cuatro" | "quatro" => 4,
        "five" | "cinq" | "cinco" => 5,
        "six" | "sechs" | "seis" => 6,
        "seven" | "sieben" | "sept" | "siete" => 7,
        "eight" | "acht" | "huit" | "ocho" => 8,
        "nine" | "neun" | "neuf" | "nueve" => 9,
        "ten" | "zehn" | "dix" | "diez" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "thirteen" => 13,
        _ => return None,
    };
    Some(value)
}

/// Replaces the numerals of a title by digits; returns whether a written one at the end was.
///
/// A numeral is replaced behind a word for a part, or as the last word of a clause; the first word
/// never is: "Nine" and "9" are two films. `ends_clause` says behind which words a clause ends.
pub(crate) fn replace(words: &mut [String], ends_clause: &[bool]) -> bool {
    let mut is_written = false;
    for index in 1..words.len() {
        let Some((before, rest)) = words.split_at_mut_checked(index) else {
            break;
        };
        let (Some(previous), Some(word)) = (before.last(), rest.first_mut()) else {
            break;
        };
        let behind_part = PARTS.contains(&previous.as_str());
        let ends = ends_clause.get(index).copied().unwrap_or(false);
        if !behind_part && !ends {
            continue;
        }
        if let Some(value) = roman(word, behind_part) {
            *word = value.to_string();
        } else if let Some(value) = written(word) {
            *word = value.to_string();
            is_written |= !behind_part;
        }
    }
    is_written
}

/// Returns the numbers among the words, sorted: two parts of a story differ in them.
#[must_use]
pub fn numbers(words: &[String]) -> Vec<String> {
    let mut numbers: Vec<String> = words
        .iter()
        .flat_map(|word| word.split(|letter: char| !letter.is_ascii_digit()))
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.trim_start_matches('0').to_owned())
        .collect();
    numbers.sort();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> String {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let mut ends = vec![false; words.len()];
        if let Some(last) = ends.last_mut() {
            *last = true;
        }
        replace(&mut words, &ends);
        words.join(" ")
    }

    #[test]
    fn numerals_are_replaced_at_the_end_and_behind_a_part() {
        assert_eq!(replaced("silent harbour ii"), "silent harbour 2");
        assert_eq!(
            replaced("harbour part i the tide"),
            "harbour part 1 the tide"
        );
        assert_eq!(replaced("harbour two"), "harbour 2");
        assert_eq!(replaced("seven"), "seven");
        assert_eq!(replaced("two for joy"), "two for joy");
    }
}
