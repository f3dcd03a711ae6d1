//! The page of questions, read: titles, statements, and the answers that are printed there.

/// A question of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// What is asked.
    pub(super) title: String,
    /// The statement, without its semicolon.
    pub(super) sql: String,
    /// Names of the columns of the printed answer, in order.
    pub(super) columns: Vec<String>,
    /// Whether the printed answer has a row.
    pub(super) has_rows: bool,
}

/// Reads every question: a title in bold alone on its line, a block of SQL, and the block behind
/// it, which is what psql prints.
pub(super) fn questions(page: &str) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut title = "";
    let mut sql: Option<String> = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let bold = line
            .strip_prefix("**")
            .and_then(|rest| rest.strip_suffix("**"));
        title = bold.unwrap_or(title);
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match (language, sql.take()) {
            ("sql", None) => sql = Some(block.join("\n").trim_end_matches(';').to_owned()),
            ("", Some(sql)) => questions.push(Question {
                title: title.to_owned(),
                sql,
                columns: cells(block[0]),
                has_rows: block.len() > 2,
            }),
            (_, None) => {}
            (_, Some(sql)) => panic!("{title}: there is no answer to {sql}"),
        }
    }
    assert!(sql.is_none(), "{title}: there is no answer");
    questions
}

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn a_question_has_its_statement_and_its_answer() {
    let page = "Text.\n\n```console\n$ true\n```\n\n**How many?**\n\n```sql\nSELECT 1 AS a,\n    2 AS b;\n```\n```\n a | b\n---+---\n 1 | 2\n```\n\n**None?**\n\n```sql\nSELECT 1 AS a LIMIT 0;\n```\n```\n a\n---\n```\n";
    let read = questions(page);
    let expected = Question {
        title: "How many?".to_owned(),
        sql: "SELECT 1 AS a,\n    2 AS b".to_owned(),
        columns: vec!["a".to_owned(), "b".to_owned()],
        has_rows: true,
    };
    assert_eq!(read[0], expected);
    assert_eq!((read.len(), read[1].has_rows), (2, false));
}
