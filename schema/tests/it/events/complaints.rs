//! The table of EVENTS.md that says by which test each complaint about others is answered.

use std::{fs, path::Path};

/// The text of all sources below a directory.
fn sources(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", ".git"].contains(&name.as_str()) {
                sources(&path, text);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_answers_a_complaint_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("schema/EVENTS.md")).unwrap();
    let (_, table) = page.split_once("## What others got wrong").unwrap();
    let mut text = String::new();
    for package in ["agent", "schema", "coordinator", "tests"] {
        sources(&root.join(package), &mut text);
    }
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows.iter().skip(1) {
        let last = row.rsplit('|').nth(1).unwrap();
        let tests: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        assert!(
            !tests.is_empty() || row.contains("not here"),
            "neither a test nor a reason: {row}"
        );
        for name in tests {
            assert!(
                text.contains(&format!("fn {name}(")),
                "there is no test {name}"
            );
        }
    }
}
