//! The program `agent receive` in a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use schema::{
    events::{
        client,
        key::{self, NewKey},
    },
    scratch::Scratch,
    secret::{Secret, SecretKind},
};

/// Returns the address in the first line of the log that names two.
fn address(child: &mut Child) -> String {
    let log = BufReader::new(child.stderr.take().unwrap());
    let mut lines = log.lines().map(Result::unwrap);
    let line = lines
        .find(|line| line.contains("receiving events"))
        .unwrap();
    // The log goes on being read, so that the program never waits for it.
    std::thread::spawn(move || lines.for_each(drop));
    let (_, rest) = line.split_once(" address=").unwrap();
    rest.split(' ').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_told_to_stop_has_stored_what_it_acknowledged_and_ends_with_0() {
    let scratch = Scratch::new().await.unwrap();
    let db = &scratch.db;
    let client_id = client::put(db, "app", "UTC", 1, Duration::from_hours(24))
        .await
        .unwrap();
    let secret = Secret::generate(SecretKind::EventKey);
    let key = NewKey {
        client_id,
        name: "app",
        hash: &secret.hash(),
        is_public: false,
        schema_mode: "off",
        events_per_second: 1_000,
        origins: &[],
        events: &[],
        expires_in: None,
    };
    key::create(db, &key).await.unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_agent"))
        .args([
            "receive",
            "--listen",
            "127.0.0.1:0",
            "--probes",
            "127.0.0.1:0",
        ])
        .args(["--database-url", &scratch.url])
        .env("NO_COLOR", "1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let url = format!("http://{}/v1/track", address(&mut child));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let body = r#"{"event":"seat_chosen","user_id":"u-1","message_id":"m-1"}"#;
    // It answers 503 until it has seen its database.
    loop {
        let request = http
            .post(&url)
            .basic_auth(secret.expose(), Some(""))
            .body(body);
        if request.send().await.unwrap().status() == reqwest::StatusCode::OK {
            break;
        }
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM event")
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(stored, 1);
}
