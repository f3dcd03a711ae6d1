//! Files of the three formats, good and hostile.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use super::*;

fn files(format: Format, max_errors: MaxErrors) -> Files {
    let column = |name: &str, kind, required| FileColumn {
        name: name.to_owned(),
        kind,
        from: name.to_owned(),
        required,
        format: None,
    };
    Files {
        place: "/srv/files".to_owned(),
        path: "{date}.x".to_owned(),
        format,
        delimiter: ',',
        max_errors,
        max_file_bytes: 64 << 20,
        zone: "UTC".to_owned(),
        columns: vec![
            column("id", ColumnType::Text, true),
            column("n", ColumnType::Bigint, false),
            column("more", ColumnType::Jsonb, false),
        ],
    }
}

/// Reads a file, and returns its rows as JSON, and the report.
fn read(
    text: &[u8],
    format: Format,
    max_errors: MaxErrors,
) -> (Vec<serde_json::Value>, FileReport) {
    let mut rows = Vec::new();
    let report = read_file(text, "a.x", &files(format, max_errors), &mut |batch| {
        let batch: Vec<serde_json::Value> = serde_json::from_str(&batch).unwrap();
        rows.extend(batch);
        true
    });
    (rows, report)
}

const ALL: MaxErrors = MaxErrors::Share(1.0);

fn reasons(report: &FileReport) -> Vec<(i64, &str, &str)> {
    report
        .first
        .iter()
        .map(|error| (error.line, error.column.as_str(), error.reason.as_str()))
        .collect()
}

#[test]
fn the_three_formats_give_the_same_rows() {
    let json = b"{\"id\":\"a\",\"n\":1,\"more\":{\"x\":[1.50]}}\n\n{\"id\":\"b\",\"n\":null}\r\n";
    let typed = b"{\"Item\":{\"id\":{\"S\":\"a\"},\"n\":{\"N\":\"1\"},\"more\":{\"M\":{\"x\":{\"L\":[{\"N\":\"1.50\"}]}}}}}\n{\"Item\":{\"id\":{\"S\":\"b\"},\"n\":{\"NULL\":true}}}";
    let csv = b"\xEF\xBB\xBFmore,id,n,other\r\n\"{\"\"x\"\":[1.50]}\",a,1,\r\n,b,,z\r\n";
    for (text, format) in [
        (&json[..], Format::JsonLines),
        (&typed[..], Format::Typed),
        (&csv[..], Format::Csv),
    ] {
        let (rows, report) = read(text, format, MaxErrors::Rows(0));
        assert_eq!(report.failure, None, "{format:?}");
        assert_eq!((report.rows, report.errors), (2, 0));
        let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
        assert_eq!(
            rows,
            [r#"["a","1","{\"x\":[1.50]}"]"#, r#"["b",null,null]"#],
            "{format:?}"
        );
    }
}

#[test]
fn hostile_lines_are_counted_with_line_column_and_reason() {
    let mut text =
        b"{\"id\":\"a\"}\n{\"id\":\"b\",\"n\":9223372036854775808}\n{\"id\":\"\\u0000\"}\n"
            .to_vec();
    text.extend(b"{\"id\":\"c\",\"id\":\"d\"}\n\xFF\xFE{}\n{\"n\":1}\n{\"id\":\"");
    text.extend(vec![b'x'; 10 << 20]);
    text.extend(b"\"}\n{\"id\":\"e\",\"more\":{\"x\":1e999}}\n[1]\n{\"id\":\"f\"}");
    let (rows, report) = read(&text, Format::JsonLines, ALL);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (report.rows, report.errors, report.failure.clone()),
        (10, 8, None)
    );
    let found = reasons(&report);
    let expected = [
        (2, "n", "out of the range"),
        (3, "id", "zero byte"),
        (4, "", "the key \"id\" stands twice"),
        (5, "", "not UTF-8"),
        (6, "id", "required"),
        (7, "", "longer than 1048576 bytes"),
        (8, "more", "out of range"),
        (9, "", "no JSON that can be read"),
    ];
    for ((line, column, reason), (at, of, part)) in found.iter().zip(expected) {
        assert_eq!((*line, *column), (at, of), "{reason}");
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert!(
        report
            .first
            .iter()
            .all(|error| error.excerpt.chars().count() <= 200)
    );
    assert!(
        !report
            .first
            .iter()
            .any(|error| error.excerpt.contains('\0'))
    );
}

#[test]
fn rows_of_csv_with_other_counts_or_bytes_are_counted() {
    let text = b"id,n\na,1\nb\nc,2,3\n\xFF,4\n\"d\ne\",5\nf,six\n";
    let (rows, report) = read(text, Format::Csv, ALL);
    assert_eq!(rows.len(), 2);
    let found = reasons(&report);
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].0, 3);
    assert!(
        found[0].2.contains("1 fields, and the header has 2"),
        "{found:?}"
    );
    assert_eq!((found[2].0, found[2].1), (5, "id"));
    assert_eq!(
        (found[3].0, found[3].1),
        (8, "n"),
        "the field before has two lines"
    );
}

#[test]
fn a_header_that_does_not_serve_refuses_the_file() {
    for (text, part) in [
        ("n\n1\n", "does not have \"id\""),
        ("id,id\n1,2\n", "has \"id\" twice"),
        ("", "not even a header"),
        ("id,n\n\"a,1\nb,2\n", "line 2: a quote is not closed"),
    ] {
        let (_, report) = read(text.as_bytes(), Format::Csv, ALL);
        let failure = report.failure.unwrap();
        assert!(failure.starts_with("a.x cannot be read: "), "{failure}");
        assert!(failure.contains(part), "{failure}");
    }
}

#[test]
fn errors_are_bounded_by_number_or_share_and_the_first_is_named() {
    let mut text = String::new();
    for number in 1..=200 {
        let n = if number % 50 == 0 { "\"x\"" } else { "1" };
        let _ = writeln!(text, "{{\"id\":\"{number}\",\"n\":{n}}}");
    }
    let of = |max_errors| read(text.as_bytes(), Format::JsonLines, max_errors).1;
    assert_eq!(of(MaxErrors::Rows(4)).failure, None);
    assert_eq!(of(MaxErrors::Share(0.02)).failure, None);
    let refused = of(MaxErrors::Share(0.01));
    assert_eq!(
        refused.failure.unwrap(),
        "a.x has 4 rows of 200 that cannot be mapped, and max_errors is 1 %; the first: line 50, column n: \"x\" is not a whole number"
    );
    let stopped = of(MaxErrors::Rows(1));
    assert_eq!(
        (stopped.rows, stopped.errors),
        (100, 2),
        "it need not read on"
    );
    let many = "x\n".repeat(1_000);
    let (_, report) = read(many.as_bytes(), Format::JsonLines, ALL);
    assert_eq!((report.errors, report.first.len()), (1_000, 100));
    let empty = read(b"", Format::JsonLines, MaxErrors::Rows(0)).1;
    assert_eq!(empty, FileReport::default());
}
