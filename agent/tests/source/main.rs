//! `agent source …` as a person runs it: the real binary, a real HTTP server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod help;
mod saved;
mod secrets;
mod site;
mod stop;

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use site::{SECRET, Site, definition};

/// What a run of the binary said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn agent(words: &[&str]) -> Said {
    agent_with(words, &[])
}

fn agent_with(words: &[&str], environment: &[(&str, &str)]) -> Said {
    Said::from(command(words, environment).output().unwrap())
}

fn command(words: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent"));
    command
        .arg("source")
        .args(words)
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    command
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn shipped(file: &str) -> String {
    format!("{}/sources/{file}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn check_reports_every_problem_of_every_file() {
    let said = agent(&["check", &shipped("bhd.toml"), &shipped("amc.toml")]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    let directory = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(shipped("bhd.toml")).unwrap();
    // Two mistakes in two steps, and a warning.
    let broken = text
        .replacen("\".Cinemas[]\"", "\".Cinemas | nope[]\"", 1)
        .replacen("{{ showtime.key }}", "{{ showtime.kex }}", 1);
    let first = directory.path().join("first.toml");
    fs::write(&first, broken).unwrap();
    let lazy = text.replacen(
        "[vars]",
        "[vars]\nunused = \"x\"\napi_key = \"9f8e7d6c5b4a\"",
        1,
    );
    let second = directory.path().join("second.toml");
    fs::write(&second, lazy).unwrap();
    let missing = directory.path().join("missing.toml");
    let files = [&first, &second, &missing].map(|path| path.to_str().unwrap().to_owned());
    let said = agent(&["check", &files[0], &files[1], &files[2]]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    for expected in [
        "did you mean `showtime.key`?",
        "nothing uses `vars.unused`",
        "this looks like a secret",
        "missing.toml cannot be read",
    ] {
        assert!(said.out.contains(expected), "{expected}: {}", said.out);
    }
    assert!(!said.out.contains("9f8e7d6c5b4a"), "{}", said.out);
    // Warnings alone are no failure.
    assert_eq!(agent(&["check", &files[1]]).code, Some(0));
}

#[test]
fn check_knows_what_a_column_of_fixed_rows_is_for() {
    let directory = tempfile::tempdir().unwrap();
    let file = definition(directory.path(), "127.0.0.1:1");
    let text = fs::read_to_string(&file).unwrap();
    let asked = text.find("request = { url").unwrap()..text.find("[steps.showtimes]").unwrap();
    let fixed = r#"fixed = [{ key = "0001", house = "Eins", hall = "3" }]
fields = { name = ".house" }

"#;
    let text = text.replacen(&text[asked], fixed, 1);
    fs::write(&file, text).unwrap();
    let said = agent(&["check", file.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("uses the column `hall`"), "{}", said.out);
    assert!(!said.out.contains("house"), "{}", said.out);
}

#[test]
fn try_walks_down_and_draws() {
    let (site, directory) = (Site::open(), tempfile::tempdir().unwrap());
    let file = definition(directory.path(), &site.address);
    let file = file.to_str().unwrap();
    let said = agent_with(&["try", file, "--allow-private"], &[SECRET]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    for expected in [
        "4 seats: # sold 2   o available 1   ? unmapped 1",
        "`vip` 1 times",
        "\nA  o#\nB  #?\n",
        "robots.txt",
        "→ 200",
        "(connection kept, first byte ",
        "decoded and extracted in ",
    ] {
        assert!(said.out.contains(expected), "{expected}: {}", said.out);
    }
    assert!(!said.out.contains("s3cr3t"), "{}", said.out);
    // The first request made the connection, to an address that needed no name.
    let first = said.out.lines().find(|line| line.contains("→")).unwrap();
    assert!(
        first.contains(" (connection ") && first.contains(", body "),
        "{first}"
    );
    assert!(
        site.asked()
            .iter()
            .any(|asked| asked.contains("/seats/7") && asked.contains("author@example.org"))
    );

    let set = [
        "try",
        file,
        "--allow-private",
        "--step",
        "showtimes",
        "--set",
        "cinema.key=0001",
    ];
    let said = agent_with(&set, &[SECRET]);
    assert!(
        said.out
            .contains("brings 2 tasks of `seats`: 0001/7, 0001/8"),
        "{}",
        said.out
    );

    let json = [&set[..], &["--json"]].concat();
    let said = agent_with(&json, &[SECRET]);
    let lines: Vec<serde_json::Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[1]["starts_at"], "2026-11-21T21:00:00Z");

    // Without leave, nothing private is asked.
    let before = site.asked().len();
    let said = agent_with(&["try", file], &[SECRET]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("not a public address"), "{}", said.err);
    assert_eq!(site.asked().len(), before);
}

#[test]
fn try_reads_a_saved_body() {
    let body = shipped("bodies/bhd/seats.json");
    let said = agent(&[
        "try",
        &shipped("bhd.toml"),
        "--step",
        "seats",
        "--body",
        &body,
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("7 seats"), "{}", said.out);
    let said = agent(&[
        "try",
        &shipped("bhd.toml"),
        "--step",
        "sets",
        "--body",
        &body,
    ]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("the steps are"), "{}", said.err);
}

#[test]
fn try_reads_a_saved_body_with_what_would_be_asked_before() {
    let directory = tempfile::tempdir().unwrap();
    let (file, body) = (
        directory.path().join("plan.toml"),
        directory.path().join("plan.svg"),
    );
    let examples = source_tools::reference::example::all();
    let plan = examples
        .iter()
        .find(|example| example.name == "join-page")
        .unwrap();
    fs::write(&file, plan.whole().unwrap()).unwrap();
    fs::write(&body, &plan.run[0].exchange[1].body).unwrap();
    let (file, body) = (file.to_str().unwrap(), body.to_str().unwrap());
    let message = agent(&["try", file, "--step", "seats", "--body", body]);
    // Without the list of sold seats every seat would be free.
    assert_eq!(message.code, Some(1));
    assert!(
        message.err.contains("the seats are not whole"),
        "{}",
        message.err
    );
    assert!(
        message.err.contains("`sold` was not asked"),
        "{}",
        message.err
    );
    let set = "sold.ids=[\"A1\"]";
    let message = agent(&["try", file, "--step", "seats", "--body", body, "--set", set]);
    assert_eq!(message.code, Some(0), "{}", message.err);
    assert!(message.out.contains("sold 1"), "{}", message.out);
    assert!(!message.out.contains("was not asked"), "{}", message.out);
}

#[test]
fn what_is_recorded_is_replayed_without_the_site_and_without_secrets() {
    let (site, directory) = (Site::open(), tempfile::tempdir().unwrap());
    let file = definition(directory.path(), &site.address);
    let recordings = directory.path().join("recordings");
    let (file, recordings) = (file.to_str().unwrap(), recordings.to_str().unwrap());
    let said = agent_with(
        &["record", file, recordings, "--allow-private", "--most", "2"],
        &[SECRET],
    );
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("4 jobs"), "{}", said.out);
    let all = all_files(Path::new(recordings));
    assert!(
        all.contains("/cinemas?key=***") && all.contains(r#""you": "***""#),
        "{all}"
    );
    for secret in ["s3cr3t", "session-of-mine"] {
        assert!(!all.contains(secret), "{all}");
    }
    // The rules of the host were asked once for all jobs.
    let robots = site
        .asked()
        .iter()
        .filter(|asked| asked.contains("/robots.txt"))
        .count();
    assert_eq!(robots, 1);

    let asked = site.asked().len();
    let said = agent(&["replay", file, recordings, "--accept"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let said = agent(&["replay", file, recordings]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(site.asked().len(), asked);

    // Another meaning of a code is a difference, in words.
    let text = fs::read_to_string(file).unwrap();
    let other = directory.path().join("other.toml");
    fs::write(
        &other,
        text.replacen("sold = \"sold\" } }", "sold = \"held\" } }", 1),
    )
    .unwrap();
    let other = other.to_str().unwrap();
    let said = agent(&["replay", other, recordings]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.contains("status") && said.out.contains("held"),
        "{}",
        said.out
    );
    let said = agent(&["diff", file, other, recordings]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.contains("A2") && said.out.contains("held"),
        "{}",
        said.out
    );
    assert_eq!(agent(&["diff", file, file, recordings]).code, Some(0));
}

#[test]
fn replay_says_what_is_not_recorded() {
    let (site, directory) = (Site::open(), tempfile::tempdir().unwrap());
    let file = definition(directory.path(), &site.address);
    let recordings = directory.path().join("recordings");
    let (file, recordings) = (file.to_str().unwrap(), recordings.to_str().unwrap());
    agent_with(
        &[
            "record",
            file,
            recordings,
            "--allow-private",
            "--step",
            "cinemas",
        ],
        &[SECRET],
    );
    // What asks with another header may get another answer.
    let text = fs::read_to_string(file).unwrap();
    let header = "X-Key = \"{{ secret.key }}\"";
    assert!(text.contains(header), "{text}");
    let more = format!("{header}, Accept-Language = \"de\"");
    fs::write(file, text.replace(header, &more)).unwrap();
    let said = agent(&["replay", file, recordings]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    let message =
        "is not in the recording (the step's own request) with these headers: accept-language";
    assert!(said.out.contains(message), "{}", said.out);
    fs::write(file, text.replace("/cinemas?", "/theatres?")).unwrap();
    let said = agent(&["replay", file, recordings]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.out.contains("is not in the recording"), "{}", said.out);
    let said = agent(&[
        "replay",
        file,
        directory.path().join("nowhere").to_str().unwrap(),
    ]);
    assert!(said.err.contains("directory of recordings"), "{}", said.err);
}

#[test]
fn new_proposes_what_check_accepts() {
    let site = Site::open();
    let directory = tempfile::tempdir().unwrap();
    let url = format!("http://{}/seats/7", site.address);
    let from_url = agent(&["new", "--url", &url, "--name", "kino", "--allow-private"]);
    let from_body = agent(&["new", "--body", &shipped("bodies/bhd/seats.json")]);
    for said in [from_url, from_body] {
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(
            said.out.contains("otherwise = \"unmapped\""),
            "{}",
            said.out
        );
        let file = directory.path().join("proposed.toml");
        fs::write(&file, &said.out).unwrap();
        let checked = agent(&["check", file.to_str().unwrap()]);
        assert_eq!(checked.code, Some(0), "{}{}", said.out, checked.out);
    }
    // Nobody is there to answer.
    let said = agent(&["new"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("--body FILE"), "{}", said.err);
}

fn all_files(directory: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &all_files(&path);
        } else {
            all += &fs::read_to_string(path).unwrap();
        }
    }
    all
}
