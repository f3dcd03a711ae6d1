//! Which tasks the rows of a conversation lead to.

use super::*;

#[test]
fn a_row_that_for_each_where_does_not_want_has_no_task() {
    let step = r#"
        request = { url = "https://a.example/rows" }
        carry = { sells = ".sells" }
        [steps.showtimes]
        for_each = "cinemas"
        for_each_where = "cinema.sells == true"
        every = "1h"
        yields = "showtimes"
        request = { url = "https://a.example/shows/{{ cinema.key }}" }
        rows = ".[]"
        fields = { key = ".id", film_key = ".film", film_title = ".film", starts_at = { path = ".at", formats = ["rfc3339"], zone = "offset" } }
    "#;
    let mut talk = Talk::of(&source("", step));
    let rows = json!({ "items": [
        { "id": "1", "sells": true },
        { "id": "2", "sells": false },
        { "id": "3", "sells": true },
    ] });
    talk.hears("rows", ok(rows)).unwrap();
    let rows = match talk.conversation.next().unwrap() {
        Next::Done(rows) => rows,
        Next::Send(asked) => panic!("{asked:?}"),
    };
    // All are stored, and two are asked for showtimes.
    assert!(matches!(&rows, Rows::Cinemas(rows) if rows.len() == 3));
    let tasks = talk.conversation.discover(&rows);
    let keys: Vec<&str> = tasks.iter().map(|task| task.key.as_str()).collect();
    assert_eq!(keys, ["1", "3"]);
    assert_eq!(tasks[1].row_index, 2);
    // In parts, as large listings are stored, as well.
    assert_eq!(talk.conversation.discover_part(&rows, 1..2), []);
    assert_eq!(talk.conversation.discover_part(&rows, 2..3), tasks[1..]);
}
