//! The objects that a file makes, in the words of `DROP`.

/// The prefix of a rollup in the list of objects; a function drops it.
pub(super) const ROLLUP: &str = "ROLLUP ";

/// Beginnings of statements that make something, and what `DROP` calls that.
const STATEMENTS: [(&str, &str); 6] = [
    ("CREATE OR REPLACE FUNCTION ", "FUNCTION "),
    ("CREATE OR REPLACE VIEW ", "VIEW "),
    ("CREATE MATERIALIZED VIEW ", "MATERIALIZED VIEW "),
    ("CREATE OR REPLACE TRIGGER ", "TRIGGER "),
    ("CREATE CONSTRAINT TRIGGER ", "TRIGGER "),
    ("SELECT fullhouse.create_rollup('", ROLLUP),
];

/// Returns what the statements of a file make: `FUNCTION code_at`, `TRIGGER mark_late ON snapshot`.
/// A statement begins at the beginning of a line; the bodies of functions are indented.
pub(super) fn made_by(sql: &str) -> Vec<String> {
    let mut made = Vec::new();
    let mut lines = sql.lines();
    while let Some(line) = lines.next() {
        let Some((begin, kind)) = STATEMENTS.iter().find(|(begin, _)| line.starts_with(begin))
        else {
            continue;
        };
        let name = word(&line[begin.len()..]);
        if *kind == "TRIGGER " {
            let rest = std::iter::once(line).chain(lines.by_ref());
            let table = rest
                .flat_map(|line| line.split_whitespace())
                .skip_while(|&found| found != "ON")
                .nth(1)
                .unwrap_or_default();
            made.push(format!("{kind}{name} ON {table}"));
        } else {
            made.push(format!("{kind}{name}"));
        }
    }
    made
}

/// The name at the beginning, with its schema.
fn word(text: &str) -> &str {
    let end = text
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '.'))
        .unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::migrate::repeatable_files;

    #[test]
    fn what_a_file_makes_is_named_as_drop_names_it() {
        let sql = "-- A comment.\n\
            CREATE OR REPLACE FUNCTION rollup.stale_buckets(of_rollup text) RETURNS void\n\
            AS $$\n    CREATE OR REPLACE VIEW inner AS SELECT 1;\n$$;\n\
            CREATE OR REPLACE TRIGGER mark_late\nAFTER INSERT ON snapshot\nFOR EACH STATEMENT\nEXECUTE FUNCTION mark_late();\n\
            CREATE CONSTRAINT TRIGGER drop_at_commit AFTER INSERT ON rollup_draft\nDEFERRABLE;\n\
            CREATE OR REPLACE VIEW seat_record\nWITH (security_invoker = true) AS\nSELECT 1;\n\
            SELECT fullhouse.create_rollup('film_day', $$\n$$, '{film_id}');\n";
        assert_eq!(
            made_by(sql),
            [
                "FUNCTION rollup.stale_buckets",
                "TRIGGER mark_late ON snapshot",
                "TRIGGER drop_at_commit ON rollup_draft",
                "VIEW seat_record",
                "ROLLUP film_day",
            ]
        );
    }

    #[test]
    fn each_file_makes_what_it_is_called_and_nothing_is_made_twice() {
        let mut all = BTreeSet::new();
        for file in repeatable_files() {
            let made = made_by(&file.sql);
            let first = made[0].rsplit([' ', '.']).next().unwrap_or_default();
            assert!(
                file.name.ends_with(&format!("/{first}.sql")),
                "{}",
                file.name
            );
            for object in made {
                // Fails where there are two functions of the name, so that an old one is dropped.
                if let Some(function) = object.strip_prefix("FUNCTION ") {
                    let comment = format!("\nCOMMENT ON FUNCTION {function} IS");
                    assert!(file.sql.contains(&comment), "{object}");
                }
                assert!(all.insert(object.clone()), "{object} is made twice");
            }
        }
    }
}
