//! What is taken off a title, and what is left.

use works::{AttributeKind, normalise};

fn words(title: &str) -> String {
    normalise(title).words.join(" ")
}

#[test]
fn what_is_said_of_a_showing_becomes_an_attribute() {
    for (title, kind, text) in [
        ("IMAX: Amber Quay", AttributeKind::Format, "imax"),
        ("Amber Quay (Hindi)", AttributeKind::Language, "hindi"),
        (
            "Carers & Babies: Amber Quay",
            AttributeKind::Audience,
            "carers and babies",
        ),
        (
            "Amber Quay + Live Q&A",
            AttributeKind::Event,
            "live q and a",
        ),
        (
            "Quayside Film Club: Amber Quay",
            AttributeKind::Strand,
            "quayside film club",
        ),
        (
            "Amber Quay (30th Anniversary)",
            AttributeKind::Anniversary,
            "30th anniversary",
        ),
        ("Amber Quay (RE: 2025)", AttributeKind::Rerelease, "re 2025"),
        (
            "Amber Quay [Dolby Atmos]",
            AttributeKind::Sound,
            "dolby atmos",
        ),
        (
            "Royal Opera 2024-25: Amber Quay",
            AttributeKind::Season,
            "2024 25",
        ),
    ] {
        let parts = normalise(title);
        assert_eq!(parts.words, ["amber", "quay"], "{title}");
        assert_eq!(parts.attribute(kind), Some(text), "{title}");
        assert!(!parts.is_unsure, "{title}");
    }
}

#[test]
fn a_word_that_may_be_the_title_s_is_taken_off_with_doubt() {
    let parts = normalise("Amber Quay 3D");
    assert!(parts.is_unsure);
    assert_eq!(parts.attribute(AttributeKind::Dimension), Some("3d"));
    assert!(!normalise("Amber Quay (3D)").is_unsure);
    assert!(normalise("Amber Quay Live").is_unsure);
}

#[test]
fn a_year_in_brackets_is_the_film_s_unless_it_is_that_of_a_re_release() {
    assert_eq!(normalise("Amber Quay (1974)").year, Some(1974));
    assert_eq!(normalise("Amber Quay - 1974 version").year, Some(1974));
    assert_eq!(normalise("Amber Quay (RE: 2025)").year, None);
    assert_eq!(words("Amber Quay 2049"), "amber quay 2049");
}

#[test]
fn articles_numerals_and_initials_have_one_form() {
    assert_eq!(words("Amber Quay, The"), words("The Amber Quay"));
    assert_eq!(words("Amber Quay: Part II"), words("Amber Quay Part Two"));
    assert_eq!(words("A.Q.U.A."), words("AQUA"));
    assert_eq!(words("4Quay"), words("4 Quay"));
    assert_ne!(words("Nine"), words("9"));
}

#[test]
fn brackets_are_other_titles_where_they_are_no_attribute() {
    let parts = normalise("Amber Quay [a.k.a. Gelber Kai] (12A)");
    assert_eq!(parts.alternatives, [["gelber", "kai"]]);
    assert_eq!(words("Amber Quay (Part 2)"), "amber quay part 2");
    assert_eq!(words("(Un)settled"), "unsettled");
    assert_eq!(words("[REC]"), "rec");
}

#[test]
fn a_programme_is_recognised_only_where_it_is_plain() {
    for title in [
        "Amber Quay + Amber Quay: The Return",
        "Amber Quay + Silver Lock",
        "Amber Quay (1974) & Lock",
        "Amber Quay / Silver Lock Double Bill",
    ] {
        assert!(normalise(title).is_programme, "{title}");
    }
    for title in [
        "Amber + Quay",
        "Amber & Quay",
        "Amber Quay + Q&A",
        "Amber Quay x Tea Workshop",
        "Amber+Quay",
    ] {
        assert!(!normalise(title).is_programme, "{title}");
    }
}

#[test]
fn no_title_is_emptied() {
    for title in [
        "IMAX", "3D", "(2012)", "Preview", "The", "Encore", "+", "1917", "IMAX: 3D",
    ] {
        assert!(!normalise(title).words.is_empty(), "{title}");
    }
    assert!(normalise("").words.is_empty());
}
