use super::*;

/// What a file with these lines for all says of a path.
fn verdict(lines: &str, path: &str) -> Verdict {
    let file = format!("User-agent: *\n{lines}\n");
    RobotsRules::parse("Fullhouse", file.as_bytes()).verdict(path)
}

fn is_allowed(lines: &str, path: &str) -> bool {
    verdict(lines, path) == Verdict::Allowed
}

fn is_allowed_by(file: &str, path: &str) -> bool {
    RobotsRules::parse("Fullhouse", file.as_bytes()).verdict(path) == Verdict::Allowed
}

#[test]
fn patterns_match_as_the_rfc_says() {
    for (pattern, path, matches) in [
        ("/", "/anything", true),
        ("/fish", "/fish.html", true),
        ("/fish", "/Fish.asp", false),
        ("/fish", "/catfish", false),
        ("/fish/", "/fish", false),
        ("/fish*", "/fishheads/yummy.html", true),
        ("/*.php", "/index.php?x=1", true),
        ("/*.php", "/windows.PHP", false),
        ("/*.php$", "/file.php", true),
        ("/*.php$", "/file.php?x", false),
        ("/*.php$", "/file.php.php", true),
        ("/fish*.php", "/fishheads/catfish.php?x", true),
        ("/a*b*c", "/a__b__c__", true),
        ("/a*b*c$", "/abcb", false),
        ("/$", "/", true),
        ("/$", "/x", false),
        ("*", "/x", true),
        ("*$", "/x", true),
        ("fish", "/fish", true),
        ("/a**b", "/a1b", true),
        ("/a$b", "/a$b", true),
        ("/ab*b$", "/ab", false),
    ] {
        let allowed = is_allowed(&format!("Disallow: {pattern}"), path);
        assert_eq!(allowed, !matches, "{pattern} {path}");
    }
}

#[test]
fn the_most_specific_rule_counts_and_allow_wins_a_tie() {
    assert!(is_allowed("Allow: /p\nDisallow: /", "/page"));
    assert!(is_allowed(
        "Disallow: /folder\nAllow: /folder",
        "/folder/page"
    ));
    assert!(!is_allowed("Allow: /page\nDisallow: /*.htm", "/page.htm"));
    assert!(is_allowed("Allow: /$\nDisallow: /", "/"));
    assert!(!is_allowed("Allow: /$\nDisallow: /", "/page.htm"));
}

#[test]
fn paths_are_compared_as_they_are_meant() {
    for (pattern, path) in [
        ("/foo/bar?baz=%D0%AF", "/foo/bar?baz=Я"),
        ("/ツ", "/%E3%83%84"),
        ("/%7eme", "/~me"),
        ("/a%3cd", "/a%3Cd"),
        ("/a b", "/a%20b"),
    ] {
        assert!(
            !is_allowed(&format!("Disallow: {pattern}"), path),
            "{pattern}"
        );
    }
    // An encoded slash is none.
    assert!(is_allowed("Disallow: /a/b", "/a%2Fb"));
}

#[test]
fn groups_are_for_whom_they_name() {
    let file = "Disallow: /before\nUser-agent: other\nUser-agent: FULLHOUSE/2.0\nDisallow: /a\n\
                User-agent: *\nDisallow: /b\n\nUser-agent: fullhouse\nDisallow: /c";
    assert!(!is_allowed_by(file, "/a"));
    assert!(is_allowed_by(file, "/b"));
    assert!(!is_allowed_by(file, "/c"));
    assert!(is_allowed_by(file, "/before"));
    // A group without rules for us is leave for all.
    assert!(is_allowed_by(
        "User-agent: *\nDisallow: /\nUser-agent: fullhouse\nDisallow:",
        "/x"
    ));
    // What is not known ends no group.
    let file = "User-agent: other\nSitemap: https://example.org\nUser-agent: *\nDisallow: /";
    assert!(!is_allowed_by(file, "/x"));
    assert!(is_allowed_by("User-agent: fullhouses\nDisallow: /", "/x"));
    assert!(!is_allowed_by("Disallow: /", "/x"), "a file without groups");
}

#[test]
fn what_is_found_in_the_wild_is_read() {
    assert!(!is_allowed("disallow /x # why", "/x"));
    assert!(!is_allowed_by(
        "\u{feff}user-agent:*\r\ndisallow:/x\r\n",
        "/x"
    ));
    assert!(is_allowed("Disallow: /", "/robots.txt"));
    let rules = RobotsRules::parse("Fullhouse", b"User-agent: *\nCrawl-delay: 7.5\nDisallow:");
    assert_eq!(rules.crawl_delay, Some(7.5));
    assert_eq!(rules.verdict("/"), Verdict::Allowed);
}

/// Invariant 10: 50,000 rules were 711 MB of compiled expressions.
#[test]
fn a_file_of_the_largest_size_costs_little_more_than_its_bytes() {
    for pattern in [
        "Disallow:/*a",
        "Disallow: /*a*b*c*d*e*f$",
        "Allow:/",
        "Disallow:*",
    ] {
        let line = format!("{pattern}\n");
        let count = MAX_ROBOTS_BYTES / line.len();
        let file = format!("User-agent: *\n{}", line.repeat(count));
        let rules = RobotsRules::parse("Fullhouse", file.as_bytes());
        assert!(rules.rules.len() > count - 10, "{}", rules.rules.len());
        assert!(
            rules.bytes() < 2 << 20,
            "{pattern}: {} bytes",
            rules.bytes()
        );
        let _ = rules.verdict(&format!("/{}", "b".repeat(500)));
    }
}

#[test]
fn a_path_that_would_take_too_long_to_compare_is_not_compared() {
    let rules = "Disallow: /*x*y\n".repeat(30_000);
    assert_eq!(verdict(&rules, "/short"), Verdict::Allowed);
    assert_eq!(
        verdict(&rules, &format!("/{}", "z".repeat(8_000))),
        Verdict::TooLong
    );
    assert_eq!(
        verdict("Disallow: /*x*y", &format!("/{}", "z".repeat(8_000))),
        Verdict::Allowed
    );
}

#[test]
fn a_rule_that_the_limit_cuts_off_does_not_count() {
    let mut file = "User-agent: *\n".to_owned();
    file.push_str(&"#\n".repeat((MAX_ROBOTS_BYTES - file.len()) / 2 - 6));
    file.push_str("Disallow: /private");
    assert!(file.len() > MAX_ROBOTS_BYTES);
    assert!(is_allowed_by(&file, "/public"));
}

/// Whether a path matches, as the definition of `*` and `$` reads: every place is tried.
fn matches_somehow(pattern: &[u8], path: &[u8]) -> bool {
    match pattern {
        [] => true,
        [b'$'] => path.is_empty(),
        [b'*', rest @ ..] => (0..=path.len()).any(|at| matches_somehow(rest, &path[at..])),
        [byte, rest @ ..] => path.first() == Some(byte) && matches_somehow(rest, &path[1..]),
    }
}

proptest::proptest! {
    /// One way through a path finds what trying every place would find.
    #[test]
    fn a_pattern_matches_what_it_means(
        pattern in "/[ab*]{0,8}[$]?",
        path in "/[ab]{0,8}",
    ) {
        let expected = matches_somehow(pattern.as_bytes(), path.as_bytes());
        proptest::prop_assert_eq!(matches(&pattern, &path), expected, "{} {}", pattern, path);
    }

    /// Whatever strangers write is read, and decided about.
    #[test]
    fn any_bytes_are_a_file(
        body in proptest::collection::vec(
            proptest::prop_oneof![
                "user-agent: ?(\\*|fullhouse|x)",
                "(dis)?allow: ?/?[a-c%*$é]{0,6}",
                "crawl-delay: [0-9a.]{0,4}",
                "[ -~]{0,9}",
            ],
            0..20,
        ),
        path in "/[a-c%é]{0,6}",
    ) {
        let rules = RobotsRules::parse("Fullhouse", body.join("\n").as_bytes());
        proptest::prop_assert_ne!(rules.verdict(&path), Verdict::TooLong);
        proptest::prop_assert!(rules.crawl_delay.is_none_or(f64::is_finite));
    }
}
