//! The form of a title in which its spellings agree.
//!
//! Takes folded words, gives letters: without articles, conjunctions and words for a part, numerals
//! as digits, and letters as they sound alike in the languages of the chains. Titles that agree in
//! this form alone may still be two, so it is a way to find pairs and weak evidence.

use crate::{numeral, vocabulary::ENGLISH_ARTICLES};

/// Words for "and"; chains write the sign in place of each of them.
const CONJUNCTIONS: [&str; 10] = ["and", "und", "et", "y", "e", "i", "en", "och", "og", "+"];

/// Names of studios that stand before some titles.
const STUDIOS: [&[&str]; 10] = [
    &["walt", "disneys"],
    &["walt", "disney"],
    &["disneys"],
    &["disney"],
    &["disney", "pixars"],
    &["pixars"],
    &["marvel", "studios"],
    &["marvels"],
    &["dreamworks"],
    &["studio", "ghiblis"],
];

/// Words that are written in full or short.
const SHORT_FORMS: [(&str, &str); 6] = [
    ("doctor", "dr"),
    ("mister", "mr"),
    ("missus", "mrs"),
    ("saint", "st"),
    ("versus", "vs"),
    ("mount", "mt"),
];

/// Groups of letters that are written in several ways; the longer come first.
const SOUNDS: [(&str, &str); 15] = [
    ("tsch", "ch"),
    ("sch", "sh"),
    ("our", "or"),
    ("ae", "a"),
    ("oe", "o"),
    ("ue", "u"),
    ("ph", "f"),
    ("th", "t"),
    ("ck", "k"),
    ("qu", "k"),
    ("kh", "h"),
    ("x", "ks"),
    ("y", "i"),
    ("w", "v"),
    ("j", "i"),
];

/// Returns the form of a title in which its spellings agree; never empty if there are words.
pub(crate) fn loose(words: &[String]) -> String {
    let words = without_studio(words);
    let is_number =
        |word: &String| word.bytes().all(|byte| byte.is_ascii_digit()) || roman(word).is_some();
    let mut form = String::new();
    for (at, word) in words.iter().enumerate() {
        let text = word.as_str();
        let is_part = numeral::PARTS.contains(&text) && words.get(at + 1).is_some_and(is_number);
        if ENGLISH_ARTICLES.contains(&text) || CONJUNCTIONS.contains(&text) || is_part {
            continue;
        }
        if words.len() > 1
            && let Some(value) = roman(word).or_else(|| written(text))
        {
            form.push_str(&value.to_string());
            continue;
        }
        let short = SHORT_FORMS.iter().find(|(long, _)| *long == text);
        push_sounds(&mut form, short.map_or(text, |(_, short)| short));
    }
    if form.is_empty() {
        return words.concat();
    }
    form
}

/// Reads a roman numeral of two letters or more: a single letter is as likely a word.
fn roman(word: &str) -> Option<u8> {
    (word.len() > 1).then(|| numeral::roman(word, false))?
}

/// Reads a written numeral that is no article.
fn written(word: &str) -> Option<u8> {
    (!matches!(word, "un" | "uno" | "um")).then(|| numeral::written(word))?
}

fn without_studio(words: &[String]) -> &[String] {
    let studio = STUDIOS
        .iter()
        .filter(|studio| {
            words.len() > studio.len() && words.iter().zip(**studio).all(|(a, b)| a == b)
        })
        .map(|studio| studio.len())
        .max()
        .unwrap_or(0);
    words.get(studio..).unwrap_or(words)
}

/// Adds the letters of a word as they sound.
fn push_sounds(form: &mut String, word: &str) {
    let mut latin = String::with_capacity(word.len());
    for letter in word.chars() {
        match transliteration(letter) {
            Some(letters) => latin.push_str(letters),
            None => latin.push(letter),
        }
    }
    let mut rest = latin.as_str();
    while let Some(letter) = rest.chars().next() {
        let sound = SOUNDS.iter().find(|(letters, _)| rest.starts_with(letters));
        let taken = sound.map_or(letter.len_utf8(), |(letters, _)| letters.len());
        let mut buffer = [0; 4];
        for letter in sound
            .map_or(&*letter.encode_utf8(&mut buffer), |(_, sound)| sound)
            .chars()
        {
            if letter.is_ascii_digit() || !form.ends_with(letter) {
                form.push(letter);
            }
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
}

/// Returns the Latin letters of a Cyrillic or Greek one, as ISO 9 and ISO 843 have them without
/// accents, and English words spell them.
const fn transliteration(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' | 'α' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'ґ' | 'γ' => "g",
        'д' | 'δ' => "d",
        'е' | 'э' | 'є' | 'ε' | 'η' => "e",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'и' | 'й' | 'і' | 'ы' | 'ι' => "i",
        'к' | 'κ' => "k",
        'л' | 'λ' => "l",
        'м' | 'μ' => "m",
        'н' | 'ν' => "n",
        'о' | 'ο' | 'ω' => "o",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' | 'ς' => "s",
        'т' | 'τ' | 'θ' => "t",
        'у' => "u",
        'υ' => "y",
        'ф' | 'φ' => "f",
        'х' | 'χ' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "yu",
        'я' => "ya",
        'ξ' => "ks",
        'ψ' => "ps",
        'ь' | 'ъ' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold;

    fn of(title: &str) -> String {
        loose(&fold::words(title))
    }

    #[test]
    fn spellings_of_one_title_agree() {
        for (one, other) in [
            ("Twelve Silent Harbours", "12 Silent Harbours"),
            ("Quay Part 2", "Quay 2"),
            ("Quay II: The Lantern", "Quay 2: Lantern"),
            ("Amber and Quay", "Amber und Quay"),
            ("Amber + Quay", "Amber & Quay"),
            ("Doctor Quay", "Dr. Quay"),
            ("Die Kaesediebe", "Die Käsediebe"),
            ("Seks", "Sex"),
            ("Harbor Lights", "Harbour Lights"),
            ("Чайка", "Chayka"),
            ("Walt Disney's Amber Quay", "Amber Quay"),
        ] {
            assert_eq!(of(one), of(other), "{one} and {other}");
        }
    }

    #[test]
    fn other_titles_do_not() {
        for (one, other) in [
            ("Quay 1", "Quay 11"),
            ("Nine", "9"),
            ("Quay Part 2", "Quay Part 3"),
            ("Quay", "Quays"),
        ] {
            assert_ne!(of(one), of(other), "{one} and {other}");
        }
    }

    #[test]
    fn no_title_is_emptied() {
        assert_eq!(of("The"), "the");
        assert_eq!(of("And"), "and");
    }
}
