//! The list of jobs as a person would ask for it in SQL.

use crate::filter::{JobQuery, given};

use super::{jobs::Fields, sql_text::quoted};

/// The list as a person would ask for it in SQL; a value is written as a text of SQL.
pub(super) fn sql(query: &JobQuery, fields: &Fields) -> String {
    let interval = fields
        .since
        .strip_suffix('m')
        .map(|count| format!("{count} minutes"))
        .or_else(|| {
            fields
                .since
                .strip_suffix('h')
                .map(|count| format!("{count} hours"))
        })
        .or_else(|| {
            fields
                .since
                .strip_suffix('d')
                .map(|count| format!("{count} days"))
        });
    let since = match interval {
        Some(interval) => format!("now() - interval {}", quoted(&interval)),
        None => quoted(&fields.since),
    };
    let mut conditions = vec![format!("finished_at >= {since}")];
    let mut add = |column: &str, value: &str| {
        if !value.is_empty() {
            conditions.push(format!("{column} = {}", quoted(value)));
        }
    };
    add("source", &fields.source);
    add("step", &fields.step);
    add("error_class", &fields.class);
    match fields.outcome.as_str() {
        "failed-or-lost" => conditions.push("outcome IN ('failed', 'lost')".to_owned()),
        other => add("outcome", other),
    }
    if let Some(task) = given(query.task.as_deref()) {
        conditions.push(format!("task_id = {}", quoted(task)));
    }
    if !fields.pod.is_empty() {
        conditions.push(format!(
            "pod_id IN (SELECT pod_id FROM pod WHERE name = {})",
            quoted(&fields.pod)
        ));
    }
    if !fields.until.is_empty() {
        conditions.push(format!("finished_at < {}", quoted(&fields.until)));
    }
    format!(
        "SELECT job_id, source, step, task_id, outcome, error_class, finished_at, queued_for, ran_for, error\n\
         FROM job_record\nWHERE {}\nORDER BY finished_at DESC\nLIMIT 50;",
        conditions.join("\n    AND ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::jobs::fields;

    #[test]
    fn the_sql_of_a_list_quotes_what_a_person_wrote() {
        let query = JobQuery {
            source: Some("it's".to_owned()),
            outcome: Some("failed-or-lost".to_owned()),
            since: Some("6h".to_owned()),
            ..JobQuery::default()
        };
        let text = sql(&query, &fields(&query));
        assert!(text.contains("source = 'it''s'"), "{text}");
        assert!(text.contains("interval '6 hours'"), "{text}");
        assert!(text.contains("IN ('failed', 'lost')"), "{text}");
    }
}
