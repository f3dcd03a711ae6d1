//! What the program prints of itself: its reference, its help.

use std::{
    fs,
    io::Read as _,
    process::{Command, Stdio},
};

use super::agent;

#[test]
fn schema_and_reference_are_printed() {
    let schema: serde_json::Value = serde_json::from_str(&agent(&["schema"]).out).unwrap();
    assert_eq!(schema["title"], "Fullhouse source definition");
    let committed =
        fs::read_to_string(format!("{}/SOURCES.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    // Both are over a hundred kilobytes: a comparison that prints them helps nobody.
    assert!(
        agent(&["reference"]).out == committed,
        "run: cargo run --bin agent -- source reference > agent/SOURCES.md"
    );
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_agent"))
        .args(["source", "reference"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), errors.as_str()),
        (Some(0), "")
    );
}

#[test]
fn every_help_has_an_example() {
    for command in [
        "new",
        "check",
        "try",
        "record",
        "replay",
        "diff",
        "schema",
        "reference",
    ] {
        let said = agent(&[command, "--help"]);
        assert!(said.out.contains("Examples:"), "{command}: {}", said.out);
    }
}
