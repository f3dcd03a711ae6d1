//! A site on this machine, and the definition of it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

/// Nothing here takes so long.
const BOUND: Duration = Duration::from_mins(2);

/// A chain with one cinema, two showtimes and four seats, which repeats the values that it receives.
pub(crate) struct Site {
    pub(crate) address: String,
    seen: Arc<Seen>,
    unanswered: mpsc::Receiver<()>,
}

/// What its threads share.
struct Seen {
    asked: Mutex<Vec<String>>,
    /// The path that is not answered.
    silent: Mutex<&'static str>,
    /// Told of each request that is not.
    unanswered: mpsc::Sender<()>,
}

impl Site {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, unanswered) = mpsc::channel();
        let seen = Arc::new(Seen {
            asked: Mutex::default(),
            silent: Mutex::default(),
            unanswered: tell,
        });
        let shared = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = shared.clone();
                thread::spawn(move || serve(stream, &seen));
            }
        });
        Self {
            address,
            seen,
            unanswered,
        }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.seen.asked.lock().unwrap().clone()
    }

    /// Leaves requests for this path without an answer.
    pub(crate) fn is_silent_on(&self, path: &'static str) {
        *self.seen.silent.lock().unwrap() = path;
    }

    /// Waits until somebody waits for an answer that does not come.
    pub(crate) fn keeps_waiting(&self) {
        self.unanswered.recv_timeout(BOUND).unwrap();
    }
}

fn serve(mut stream: TcpStream, seen: &Seen) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut head, mut key, mut agent) = (String::new(), String::new(), String::new());
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap();
            match name.to_ascii_lowercase().as_str() {
                "x-key" => value.trim().clone_into(&mut key),
                "user-agent" => value.trim().clone_into(&mut agent),
                _ => {}
            }
        }
        let path = head.split_whitespace().nth(1).unwrap().to_owned();
        seen.asked.lock().unwrap().push(format!("{path} {agent}"));
        if *seen.silent.lock().unwrap() == path {
            seen.unanswered.send(()).unwrap();
            continue;
        }
        let (status, body) = match path.split('?').next().unwrap() {
            "/cinemas" => (200, format!(r#"{{"you": "{key}", "list": [{{"id": "0001", "name": "Eins"}}]}}"#)),
            "/shows/0001" => (
                200,
                r#"[{"id": "7", "film": "Zug", "at": "2026-11-21T20:00"}, {"id": "8", "film": "Meer", "at": "2026-11-21T22:00"}]"#.to_owned(),
            ),
            "/seats/7" | "/seats/8" => (
                200,
                r#"[{"id": "A1", "row": "A", "no": 1, "x": 1, "y": 1, "s": "free"}, {"id": "A2", "row": "A", "no": 2, "x": 2, "y": 1, "s": "sold"},
                    {"id": "B1", "row": "B", "no": 1, "x": 1, "y": 2, "s": "sold"}, {"id": "B2", "row": "B", "no": 2, "x": 2, "y": 2, "s": "vip"}]"#.to_owned(),
            ),
            _ => (404, String::new()),
        };
        let answer = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\nSet-Cookie: sid=session-of-mine\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

pub(crate) fn definition(directory: &Path, address: &str) -> PathBuf {
    let text = format!(
        r#"
name = "kino"
title = "Kino"
access = "public"
contact = "author@example.org"
territory = "DE"
timezone = "Europe/Berlin"
currency = "EUR"

[limit]
key = "kino"
rate = 1000.0
burst = 100

[secrets]
key = "env:FULLHOUSE_SECRET_KINO_KEY"

[steps.cinemas]
every = "1d"
yields = "cinemas"
request = {{ url = "http://{address}/cinemas?key={{{{ secret.key }}}}", headers = {{ X-Key = "{{{{ secret.key }}}}" }} }}
rows = ".list[]"
fields = {{ key = ".id", name = ".name" }}

[steps.showtimes]
for_each = "cinemas"
every = "1h"
yields = "showtimes"
request = {{ url = "http://{address}/shows/{{{{ cinema.key }}}}" }}
rows = ".[]"
fields = {{ key = ".id", film_key = ".film", film_title = ".film", starts_at = {{ path = ".at", formats = ["%Y-%m-%dT%H:%M"], zone = "venue" }} }}

[steps.seats]
for_each = "showtimes"
every = "10m"
yields = "seats"
request = {{ url = "http://{address}/seats/{{{{ showtime.key }}}}" }}
rows = ".[]"
fields = {{ key = ".id", row = ".row", number = ".no", x = ".x", y = ".y" }}
status = {{ of = ".s", otherwise = "unmapped", map = {{ free = "available", sold = "sold" }} }}
"#
    );
    let path = directory.join("kino.toml");
    fs::write(&path, text).unwrap();
    path
}

pub(crate) const SECRET: (&str, &str) = ("FULLHOUSE_SECRET_KINO_KEY", "s3cr3t/of mine");
