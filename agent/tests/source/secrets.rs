//! What a definition may name as a secret, and that neither that nor what a site gives us is
//! written anywhere.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

use crate::{Said, agent, agent_with};

const HEAD: &str = r#"
name = "kino"
title = "Kino"
access = "permitted"
contact = "author@example.org"
territory = "DE"
timezone = "Europe/Berlin"
currency = "EUR"
limit = { key = "kino", rate = 1000.0, burst = 100 }
"#;
const SECRET: (&str, &str) = ("FULLHOUSE_SECRET_KINO", "op3rator/key+1");
const TOKEN: &str = "s3cr3t-abc";
/// All that no file and no output may have, in any encoding that the site uses.
const HIDDEN: [&str; 14] = [
    "op3rator/key+1",
    "op3rator\\/key+1",
    "op3rator%2Fkey%2B1",
    "op3rator%2fkey%2b1",
    "op3rator&#x2F;key&#43;1",
    // base64 of `user:` and the secret, from where it does not depend on `user:`.
    "cDNyYXRvci9rZXkr",
    TOKEN,
    "S3CR3T-ABC",
    "s3cr3t%2Dabc",
    "\\u0073\\u0033cr3t",
    // base64 and hexadecimal digits of the token.
    "czNjcjN0LWFi",
    "7333637233742d616263",
    "sid-of-mine-1",
    "r3fr3sh-me-too",
];

/// A site that answers each path with a function of the request.
fn site(answer: fn(&str) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            serve(stream, answer);
        }
    });
    address
}

fn serve(mut stream: TcpStream, answer: fn(&str) -> String) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(count) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = count.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    let body = answer(path);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Set-Cookie: sid=sid-of-mine-1; Path=/\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}

fn written(directory: &Path, words: &str) -> PathBuf {
    let file = directory.join("kino.toml");
    fs::write(&file, format!("{HEAD}{words}")).unwrap();
    file
}

fn everything(directory: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &everything(&path);
        } else {
            all += &String::from_utf8_lossy(&fs::read(&path).unwrap());
        }
    }
    all
}

fn shows_nothing(text: &str) {
    for hidden in HIDDEN {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

fn whole(said: &Said) -> String {
    format!("{}{}", said.out, said.err)
}

#[test]
fn check_refuses_secrets_that_the_operator_does_not_keep_for_sources() {
    let directory = tempfile::tempdir().unwrap();
    let words = r#"
[secrets]
db = "env:FULLHOUSE_DATABASE__URL"
[steps.cinemas]
every = "1d"
yields = "cinemas"
request = { url = "http://127.0.0.1:1/x", headers = { x-db = "{{ secret.db }}" } }
rows = ".[]"
fields = { key = ".id", name = ".name" }
"#;
    let file = written(directory.path(), words);
    let text = fs::read_to_string(&file).unwrap();
    let file = file.to_str().unwrap();
    let check = |reference: &str, environment: &[(&str, &str)]| {
        fs::write(file, text.replace("env:FULLHOUSE_DATABASE__URL", reference)).unwrap();
        agent_with(&["check", file], environment)
    };
    for (reference, problem) in [
        ("env:FULLHOUSE_DATABASE__URL", "setting of a program"),
        ("env:PGPASSWORD", "setting of a program"),
        ("env:HOME", "which no definition may read"),
        ("file:/proc/self/environ", "which no definition may read"),
        (
            "file:/run/secrets/fullhouse/../x",
            "which no definition may read",
        ),
    ] {
        let said = check(reference, &[]);
        assert_eq!(said.code, Some(1), "{reference}: {}", said.out);
        assert!(said.out.contains(problem), "{reference}: {}", said.out);
        assert!(said.out.contains("secret `db`"), "{}", said.out);
        // Nor is anything sent.
        let tried = agent_with(&["try", file, "--allow-private"], &[]);
        assert_eq!(tried.code, Some(1));
        assert!(tried.err.contains(problem), "{}", tried.err);
    }
    assert_eq!(check("env:FULLHOUSE_SECRET_KINO", &[]).code, Some(0));
    assert_eq!(check("file:kino", &[]).code, Some(0));
    // The operator may choose others, and none that opens the settings.
    let own = [("FULLHOUSE_SECRETS__VARIABLE_PREFIX", "KINO_")];
    assert_eq!(check("env:KINO_KEY", &own).code, Some(0));
    assert_eq!(check("env:FULLHOUSE_SECRET_KINO", &own).code, Some(1));
    let wrong = [("FULLHOUSE_SECRETS__VARIABLE_PREFIX", "FULLHOUSE_")];
    let said = check("env:FULLHOUSE_DATABASE__URL", &wrong);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("secrets.variable_prefix"), "{}", said.err);
}

/// The token and the key come back in many encodings.
fn echo(path: &str) -> String {
    if path.starts_with("/token") {
        return format!(
            r#"{{"success":true,"token":"{TOKEN}","refresh_token":"r3fr3sh-me-too","expires":300}}"#
        );
    }
    let base64 = "dXNlcjpvcDNyYXRvci9rZXkrMQ==";
    format!(
        r#"[{{"id": "1", "name": "Eins", "echo": ["op3rator/key+1", "op3rator\/key+1", "op3rator%2Fkey%2B1",
        "op3rator%2fkey%2b1", "op3rator&#x2F;key&#43;1", "Basic {base64}", "{TOKEN}", "S3CR3T-ABC",
        "s3cr3t%2Dabc", "\u0073\u0033cr3t-abc", "czNjcjN0LWFiYw", "7333637233742d616263",
        "7333637233742D616263", "sid-of-mine-1", "r3fr3sh-me-too", "{path}"]}}]"#
    )
}

#[test]
fn neither_keys_nor_tokens_nor_cookies_are_recorded_or_shown() {
    let (address, directory) = (site(echo), tempfile::tempdir().unwrap());
    let words = r#"
[secrets]
key = "env:FULLHOUSE_SECRET_KINO"
[steps.cinemas]
every = "1d"
yields = "cinemas"
request = { url = "http://ADDRESS/rows?k={{ secret.key }}&t={{ token.value }}", headers = { Authorization = "Bearer {{ token.value }}" }, json = { token = "{{ token.value }}", key = "{{ secret.key }}" } }
rows = ".[]"
fields = { key = ".id", name = ".name", city = ".echo[6]" }
first.token = { request = { url = "http://ADDRESS/token", json = { key = "{{ secret.key }}" } }, take = { value = ".token" }, cache = "1h" }
"#;
    let file = written(directory.path(), &words.replace("ADDRESS", &address));
    let recordings = directory.path().join("recordings");
    let (file, to) = (file.to_str().unwrap(), recordings.to_str().unwrap());
    let said = agent_with(&["record", file, to, "--allow-private"], &[SECRET]);
    assert_eq!(said.code, Some(0), "{}", whole(&said));
    shows_nothing(&whole(&said));
    let all = everything(&recordings);
    shows_nothing(&all);
    // What stands for the token stands there in its place.
    assert!(all.contains(r#""token":"x7x7x7-x7x""#), "{all}");
    assert!(all.contains("/rows?k=***&t=***"), "{all}");
    for words in [
        &["try", file, "--allow-private"][..],
        &["try", file, "--allow-private", "--json"],
    ] {
        let said = agent_with(words, &[SECRET]);
        assert_eq!(said.code, Some(0), "{}", whole(&said));
        shows_nothing(&whole(&said));
    }
    // It is asked with the same, so it finds its answers.
    let said = agent(&["replay", file, to, "--accept"]);
    assert_eq!(said.code, Some(0), "{}", whole(&said));
    assert!(
        !said.out.contains("is not in the recording"),
        "{}",
        said.out
    );
    shows_nothing(&everything(&recordings));
    let said = agent(&["replay", file, to]);
    assert_eq!(said.code, Some(0), "{}", whole(&said));
    assert_eq!(agent(&["diff", file, file, to]).code, Some(0));
}

fn refuses(_: &str) -> String {
    format!(r#"{{"success":false,"tok":"{TOKEN}","refresh":"r3fr3sh-me-too"}}"#)
}

/// The definition looks for the token in the wrong place, so nobody knows what it is.
#[test]
fn a_token_that_was_not_found_is_not_recorded() {
    let (address, directory) = (site(refuses), tempfile::tempdir().unwrap());
    let words = r#"
[steps.cinemas]
every = "1d"
yields = "cinemas"
request = { url = "http://ADDRESS/rows", headers = { Authorization = "Bearer {{ token.value }}" } }
rows = ".[]"
fields = { key = ".id", name = ".name" }
first.token = { request = { url = "http://ADDRESS/token" }, take = { value = ".token" }, ok = ".success" }
"#;
    let file = written(directory.path(), &words.replace("ADDRESS", &address));
    let recordings = directory.path().join("recordings");
    let (file, to) = (file.to_str().unwrap(), recordings.to_str().unwrap());
    let said = agent(&["record", file, to, "--allow-private"]);
    assert_eq!(said.code, Some(1), "{}", whole(&said));
    shows_nothing(&whole(&said));
    let all = everything(&recordings);
    shows_nothing(&all);
    assert!(all.contains(r#""success":false"#), "{all}");
}
