//! What holds for any text and any films.

use proptest::prelude::*;
use works::{Film, Verdict, compare_films, normalise};

/// Pieces that titles are made of, so that rules meet each other.
fn title() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "IMAX",
        "3D",
        "2D",
        "The",
        "A",
        "Harbour",
        "Lanterns",
        "of",
        "Night",
        ":",
        " - ",
        "|",
        "(",
        ")",
        "[",
        "]",
        "(2019)",
        "(RE: 2025)",
        "(Tamil)",
        "(12A)",
        "+",
        "&",
        "x",
        "Q&A",
        "Workshop",
        "II",
        "Two",
        "Part",
        "One",
        ",",
        "24-25",
        "Live",
        "Encore",
        "at 50",
        "50th Anniversary",
        "Preview",
        "Film Club",
        "Double Bill",
        "E.T.",
        "É",
        "공조2",
        "कांतारा",
        "½",
        "İ",
        "ß",
        "'",
        "…",
        "RBO",
        "Season",
        "-",
        "\u{301}",
    ]);
    prop_oneof![
        3 => prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.join(" ")),
        1 => any::<String>(),
    ]
}

fn film() -> impl Strategy<Value = Film> {
    (
        title(),
        prop::option::of(1950..2027_i16),
        prop::option::of(-5..300_i16),
        prop::collection::vec("[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}|[A-Z]", 0..3),
        prop::option::of(title()),
        prop::collection::vec(("edi|tmdb", "[0-9]{1,2}"), 0..3),
    )
        .prop_map(
            |(title, year, runtime_minutes, directors, original_title, identifiers)| Film {
                title,
                territory: Some("GB".to_owned()),
                original_title,
                year,
                runtime_minutes,
                directors,
                identifiers,
                ..Film::default()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    #[test]
    fn normalising_twice_changes_nothing(text in title()) {
        let once = normalise(&text);
        let twice = normalise(&once.title);
        prop_assert_eq!(&twice.title, &once.title);
        prop_assert_eq!(&twice.words, &once.words);
    }

    #[test]
    fn no_word_of_meaning_is_lost(text in title()) {
        let parts = normalise(&text);
        let kept: String = [parts.title.as_str()]
            .into_iter()
            .chain(parts.attributes.iter().map(|one| one.text.as_str()))
            .chain(parts.alternatives.iter().flatten().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        if text.contains("Harbour") {
            prop_assert!(kept.contains("harbour"), "{} of {}", kept, text);
        }
        if text.contains("Lanterns") {
            prop_assert!(kept.contains("lanterns"), "{} of {}", kept, text);
        }
    }

    #[test]
    fn the_order_of_two_films_does_not_matter(a in film(), b in film()) {
        let (one, other) = (compare_films(&a, &b), compare_films(&b, &a));
        prop_assert_eq!(one.verdict, other.verdict);
        prop_assert!((one.score - other.score).abs() < 1e-9);
        let signals = |found: &works::Comparison| found.reasons.iter().map(|reason| reason.signal).collect::<Vec<_>>();
        prop_assert_eq!(signals(&one), signals(&other));
    }

    #[test]
    fn a_title_or_an_identifier_alone_joins_nothing(text in title(), other in title()) {
        let parts = normalise(&text);
        prop_assume!(parts.year.is_none() && parts.attribute(works::AttributeKind::Season).is_none());
        let bare = |title: String| Film { title, ..Film::default() };
        prop_assert_ne!(compare_films(&bare(text.clone()), &bare(text.clone())).verdict, Verdict::Same);
        let with_id = |title: String| Film { identifiers: vec![("edi".to_owned(), "7".to_owned())], ..bare(title) };
        if normalise(&text).words != normalise(&other).words {
            let found = compare_films(&with_id(text), &with_id(other));
            let has_title = found.reasons.iter().any(|one| one.signal == works::Signal::Title && one.weight > 0.0);
            prop_assert!(found.verdict != Verdict::Same || has_title);
        }
    }

    #[test]
    fn two_films_that_are_the_same_share_a_key(a in film(), b in film()) {
        if compare_films(&a, &b).verdict == Verdict::Same {
            let (a, b) = (works::Candidate::new(a), works::Candidate::new(b));
            prop_assert!(!a.keys().is_disjoint(&b.keys()));
        }
    }
}
