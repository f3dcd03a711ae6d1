//! Reads the rights of each role of the fleet from the file `grants.txt`.

/// The file: one right, or several, a line.
const FILE: &str = include_str!("grants.txt");

/// A right of a role of the fleet in the schema `public`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// `coordinator`, `agent`, `receiver` or `monitor`.
    pub kind: &'static str,
    /// As in SQL; `READ` is SELECT on a view and on what it reads.
    pub right: &'static str,
    /// The relation, or the function with its parameters.
    pub object: &'static str,
    /// The columns, with commas between; `None` for all of the object.
    pub columns: Option<&'static str>,
}

/// Every right that is written in the file.
#[must_use]
pub fn grants() -> Vec<Grant> {
    FILE.lines().flat_map(of_line).collect()
}

fn of_line(line: &'static str) -> Vec<Grant> {
    let mut parts = line.splitn(3, ':').map(str::trim);
    let (Some(kind), Some(rights), Some(objects)) = (parts.next(), parts.next(), parts.next())
    else {
        return Vec::new();
    };
    if kind.starts_with('#') {
        return Vec::new();
    }
    let rights: Vec<_> = rights.split(',').map(str::trim).collect();
    split_outside_parentheses(objects)
        .into_iter()
        .flat_map(|object| rights.iter().map(move |right| grant(kind, right, object)))
        .collect()
}

fn grant(kind: &'static str, right: &'static str, object: &'static str) -> Grant {
    let (object, columns) = match object.split_once('(') {
        Some((relation, columns)) if right != "EXECUTE" => {
            (relation, Some(columns.trim_end_matches(')')))
        }
        _ => (object, None),
    };
    Grant {
        kind,
        right,
        object,
        columns,
    }
}

/// Splits at commas, but for those between parentheses.
fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .map(str::trim)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_rights_times_objects() {
        let read = of_line("agent: SELECT, UPDATE: task(due_at, priority), pod");
        let shown: Vec<_> = read
            .iter()
            .map(|grant| (grant.right, grant.object, grant.columns))
            .collect();
        assert_eq!(
            shown,
            [
                ("SELECT", "task", Some("due_at, priority")),
                ("UPDATE", "task", Some("due_at, priority")),
                ("SELECT", "pod", None),
                ("UPDATE", "pod", None),
            ]
        );
        let call = of_line("monitor: EXECUTE: retire_partition(text, interval)");
        assert_eq!(call[0].object, "retire_partition(text, interval)");
        assert_eq!(call[0].columns, None);
        assert!(of_line("# agent: SELECT: task").is_empty());
    }
}
