//! A collector of traces: takes OTLP over HTTP, and keeps what it was sent.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::watch, time::timeout};

/// Nothing here takes so long unless it hangs.
const BOUND: Duration = Duration::from_mins(1);

/// What the collector does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkAnswer {
    /// It answers with this status.
    Status(u16),
    /// It takes spans and does not read them.
    Discard,
    /// It never answers.
    Silence,
}

/// A span as it was sent.
#[derive(Debug, Clone)]
pub struct ReceivedSpan {
    /// `service.name` of its resource.
    pub service: String,
    /// Its trace.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// Its parent; empty for a root.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// When it began, in nanoseconds.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// Its attributes; a number is written as a text.
    pub attributes: BTreeMap<String, String>,
    /// The traces that it links to.
    pub links: Vec<String>,
    /// All of it, as it was sent.
    pub text: String,
}

/// A collector that runs until the test ends.
#[derive(Debug)]
pub struct TraceSink {
    /// Where it listens.
    pub address: SocketAddr,
    spans: Arc<Mutex<Vec<ReceivedSpan>>>,
    requests: watch::Receiver<usize>,
}

impl TraceSink {
    /// Starts a collector that answers every request in the same way.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub fn start(answer: SinkAnswer) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let spans: Arc<Mutex<Vec<ReceivedSpan>>> = Arc::default();
        let (count, requests) = watch::channel(0);
        let (count, kept) = (Arc::new(count), spans.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (count, kept) = (count.clone(), kept.clone());
                thread::spawn(move || serve(stream, answer, &kept, &count));
            }
        });
        Ok(Self {
            address,
            spans,
            requests,
        })
    }

    /// The value of `telemetry.otlp` for this collector.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests that came so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        *self.requests.borrow()
    }

    /// The spans that came so far.
    #[must_use]
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        lock(&self.spans).clone()
    }

    /// Waits until the spans that came are enough; `None` if they are not in time.
    pub async fn wait_for(
        &self,
        enough: impl Fn(&[ReceivedSpan]) -> bool,
    ) -> Option<Vec<ReceivedSpan>> {
        let mut requests = self.requests.clone();
        let waited = async {
            loop {
                requests.borrow_and_update();
                let spans = self.spans();
                if enough(&spans) {
                    return Some(spans);
                }
                requests.changed().await.ok()?;
            }
        };
        timeout(BOUND, waited).await.ok().flatten()
    }
}

fn lock(spans: &Mutex<Vec<ReceivedSpan>>) -> MutexGuard<'_, Vec<ReceivedSpan>> {
    spans.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one connection until it ends.
fn serve(
    stream: TcpStream,
    answer: SinkAnswer,
    spans: &Mutex<Vec<ReceivedSpan>>,
    count: &watch::Sender<usize>,
) {
    let Ok(mut writer) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(stream);
    while let Some((path, body)) = read_request(&mut reader) {
        if path == "/v1/traces" && answer != SinkAnswer::Discard {
            lock(spans).extend(received(&body));
        }
        count.send_modify(|count| *count += 1);
        let status = match answer {
            SinkAnswer::Status(status) => status,
            SinkAnswer::Discard => 200,
            SinkAnswer::Silence => {
                // Until the client gives up.
                let _ = reader.read(&mut [0]);
                return;
            }
        };
        let head = format!("HTTP/1.1 {status} Test\r\ncontent-length: 2\r\n\r\n{{}}");
        if writer.write_all(head.as_bytes()).is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}

/// Reads the spans of a request.
fn received(body: &[u8]) -> Vec<ReceivedSpan> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut spans = Vec::new();
    for resource in list(&body["resourceSpans"]) {
        let service = attributes(&resource["resource"]["attributes"])
            .remove("service.name")
            .unwrap_or_default();
        for scope in list(&resource["scopeSpans"]) {
            spans.extend(list(&scope["spans"]).iter().map(|span| one(span, &service)));
        }
    }
    spans
}

fn one(span: &Value, service: &str) -> ReceivedSpan {
    let text = |name: &str| span[name].as_str().unwrap_or_default().to_owned();
    let links = span["links"].as_array().cloned().unwrap_or_default();
    ReceivedSpan {
        service: service.to_owned(),
        trace: text("traceId"),
        id: text("spanId"),
        parent: text("parentSpanId"),
        name: text("name"),
        start: text("startTimeUnixNano").parse().unwrap_or(0),
        end: text("endTimeUnixNano").parse().unwrap_or(0),
        attributes: attributes(&span["attributes"]),
        links: links
            .iter()
            .filter_map(|link| link["traceId"].as_str().map(str::to_owned))
            .collect(),
        text: span.to_string(),
    }
}

fn attributes(list: &Value) -> BTreeMap<String, String> {
    let pairs = list.as_array().cloned().unwrap_or_default();
    let pair = |pair: &Value| {
        let value = pair["value"].as_object()?.values().next()?.clone();
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        Some((pair["key"].as_str()?.to_owned(), value))
    };
    pairs.iter().filter_map(pair).collect()
}
