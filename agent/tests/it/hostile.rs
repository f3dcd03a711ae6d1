//! Answers that are written to do harm: each ends as an error with its class, soon, and
//! in bounded memory.

use std::{
    io::Write,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use reqwest::{Method, Request, Url};
use schema::enums::ErrorClass;
use serde_json::Map;
use source_fetch::{Bounds, Fetched, Fetcher};
use source_language::{
    definition::Definition,
    response::FetchError,
    source::{
        Conversation, Memory, Source,
        conversation::{Next, Problem, Response},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time,
};
use uuid::Uuid;

/// Largest body that the fetcher may read here.
const BODY_LIMIT: usize = 1 << 20;
/// Time that a request may take here.
const TIMEOUT: Duration = Duration::from_secs(20);
/// What a hostile answer may cost in memory: buffers of sockets, windows of decoders.
pub(crate) const MAX_GROWTH_BYTES: u64 = 48 << 20;
/// More than what is in flight when the fetcher hangs up.
pub(crate) const MAX_SENT_BYTES: u64 = 16 << 20;

/// A server that answers every request so, and counts what it could send.
pub(crate) struct Hostile {
    address: SocketAddr,
    pub(crate) sent: Arc<AtomicU64>,
}

impl Hostile {
    /// Sends `head`, then `body` again and again, with `pause` between, until it is hung
    /// up on or has sent `times`.
    pub(crate) async fn sends(head: String, body: Vec<u8>, pause: Duration, times: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sent = Arc::new(AtomicU64::new(0));
        let counter = sent.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (head, body, counter) = (head.clone(), body.clone(), counter.clone());
                tokio::spawn(async move {
                    read_request(&mut socket).await;
                    if socket.write_all(head.as_bytes()).await.is_err() {
                        return;
                    }
                    for _ in 0..times {
                        time::sleep(pause).await;
                        if socket.write_all(&body).await.is_err() {
                            return;
                        }
                        counter.fetch_add(body.len() as u64, Ordering::Relaxed);
                    }
                });
            }
        });
        Self { address, sent }
    }

    pub(crate) async fn once(head: &str, body: Vec<u8>) -> Self {
        Self::sends(head.to_owned(), body, Duration::ZERO, 1).await
    }

    pub(crate) fn request(&self) -> Request {
        let url = format!("http://{}/", self.address).parse().unwrap();
        let mut request = Request::new(Method::GET, url);
        *request.timeout_mut() = Some(TIMEOUT);
        request
    }

    /// Fetches it, and makes sure that this cost little memory and few bytes.
    async fn fetched(&self) -> Result<Fetched, FetchError> {
        let before = peak_bytes();
        let fetched = fetcher(true).fetch(self.request()).await;
        let grew = peak_bytes() - before;
        let sent = self.sent.load(Ordering::Relaxed);
        println!("{sent} bytes sent, peak memory grew by {grew} bytes");
        assert!(grew < MAX_GROWTH_BYTES, "grew by {grew} bytes");
        assert!(sent < MAX_SENT_BYTES, "{sent} bytes were taken");
        fetched
    }

    async fn class(&self) -> ErrorClass {
        let error = self.fetched().await.unwrap_err();
        println!("{error:?}");
        error.class
    }
}

fn fetcher(allow_private: bool) -> Fetcher {
    let bounds = Bounds {
        body_limit: BODY_LIMIT,
        allow_private,
    };
    Fetcher::new(bounds).unwrap()
}

async fn read_request(socket: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut buffer = [0; 1024];
    while !seen.ends_with(b"\r\n\r\n") {
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
        }
    }
}

/// The most memory that this process has had.
pub(crate) fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().nth(1))
        .unwrap();
    kilobytes.parse::<u64>().unwrap() << 10
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\n";

#[tokio::test]
async fn a_body_without_end_is_oversized() {
    let head = format!("{OK}Transfer-Encoding: chunked\r\n\r\n");
    let mut chunk = b"10000\r\n".to_vec();
    chunk.resize(chunk.len() + 0x10000, b'x');
    chunk.extend_from_slice(b"\r\n");
    let server = Hostile::sends(head, chunk, Duration::ZERO, usize::MAX).await;
    assert_eq!(server.class().await, ErrorClass::Oversized);
}

#[tokio::test]
async fn a_gigabyte_that_is_announced_is_not_read() {
    let head = format!("{OK}Content-Length: 1073741824\r\n\r\n");
    let server = Hostile::sends(head, vec![b'x'; 65536], Duration::ZERO, 16384).await;
    assert_eq!(server.class().await, ErrorClass::Oversized);
}

#[tokio::test]
async fn a_gzip_bomb_is_oversized() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..256 {
        bomb.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < BODY_LIMIT);
    let server = Hostile::once(&format!("{OK}Content-Encoding: gzip\r\n\r\n"), bomb).await;
    assert_eq!(server.class().await, ErrorClass::Oversized);
}

#[tokio::test]
async fn a_brotli_bomb_is_oversized() {
    let mut bomb = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 5, 24);
    for _ in 0..256 {
        bomb.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = bomb.into_inner();
    assert!(bomb.len() < BODY_LIMIT);
    let server = Hostile::once(&format!("{OK}Content-Encoding: br\r\n\r\n"), bomb).await;
    assert_eq!(server.class().await, ErrorClass::Oversized);
}

/// Blocks of nothing: however many are sent, the body stays empty.
#[tokio::test]
async fn a_packed_body_that_unpacks_to_nothing_is_oversized_too() {
    let head = format!("{OK}Content-Encoding: gzip\r\n\r\n");
    let mut block = Vec::new();
    for _ in 0..10_000 {
        block.extend_from_slice(&[0, 0, 0, 0xff, 0xff]);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sent = Arc::new(AtomicU64::new(0));
    let counter = sent.clone();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        let start = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&start).await.unwrap();
        while socket.write_all(&block).await.is_ok() {
            counter.fetch_add(block.len() as u64, Ordering::Relaxed);
        }
    });
    assert_eq!(
        Hostile { address, sent }.class().await,
        ErrorClass::Oversized
    );
}

#[tokio::test]
async fn a_slow_drip_ends_with_its_timeout() {
    let head = format!("{OK}Content-Length: 1000\r\n\r\n");
    let server = Hostile::sends(head, vec![b'x'], Duration::from_millis(20), 1000).await;
    let mut request = server.request();
    *request.timeout_mut() = Some(Duration::from_millis(300));
    let started_at = Instant::now();
    let error = fetcher(true).fetch(request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Timeout);
    assert!(started_at.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_flood_of_headers_is_oversized() {
    let many = |count: usize, bytes: usize| {
        let line = |index: usize| format!("x-{index}: {}\r\n", "y".repeat(bytes));
        (0..count).map(line).collect::<String>()
    };
    // Too many, one too long, and as much as the client still takes.
    for flood in [many(5000, 20), many(1, 4 << 20), many(90, 2000)] {
        let head = format!("{OK}{flood}Content-Length: 2\r\n\r\n{{}}");
        let server = Hostile::once(&head, Vec::new()).await;
        assert_eq!(server.class().await, ErrorClass::Oversized);
    }
    let endless = Hostile::sends(
        format!("{OK}x-endless: "),
        vec![b'y'; 65536],
        Duration::ZERO,
        usize::MAX,
    );
    assert_eq!(endless.await.class().await, ErrorClass::Oversized);
}

#[tokio::test]
async fn a_million_brackets_are_malformed() {
    let body = "[".repeat(1_000_000).into_bytes();
    let head = format!("{OK}Content-Length: {}\r\n\r\n", body.len());
    let server = Hostile::once(&head, body).await;
    let fetched = server.fetched().await.unwrap();
    let mut conversation = conversation("http://a.example/", &[]);
    conversation.next().unwrap();
    let problem = conversation.answer(&response(fetched)).unwrap_err();
    assert_eq!(problem.class, ErrorClass::Malformed);
}

/// A conversation with the source at `url`, which may lead us to `hosts`.
fn conversation(url: &str, hosts: &[&str]) -> Conversation {
    let hosts: Vec<String> = hosts.iter().map(|host| format!("\"{host}\"")).collect();
    let hosts = hosts.join(", ");
    let text = format!(
        r#"
        name = "hostile"
        title = "Hostile"
        access = "permitted"
        territory = "DE"
        timezone = "Europe/Berlin"
        currency = "EUR"
        [limit]
        key = "host"
        hosts = [{hosts}]
        rate = 1.0
        burst = 1
        [steps.cinemas]
        every = "1d"
        yields = "cinemas"
        request = {{ url = "{url}" }}
        rows = ".[]"
        fields = {{ key = ".id", name = ".id" }}
        "#
    );
    let source = Source::compile(Definition::parse(&text, "hostile.toml").unwrap()).unwrap();
    let memory = Arc::<Memory>::default();
    let run = Uuid::from_u128(1);
    let now = Timestamp::UNIX_EPOCH;
    Conversation::new(Arc::new(source), memory, "cinemas", Map::new(), now, run).unwrap()
}

fn response(fetched: Fetched) -> Response {
    Response {
        status: fetched.status,
        headers: fetched.headers,
        body: fetched.body,
        received_at: Timestamp::UNIX_EPOCH,
    }
}

/// Sends what the conversation asks until it has an end.
async fn hold(mut conversation: Conversation, fetcher: &Fetcher) -> (u32, Problem) {
    let mut requests = 0;
    loop {
        let asked = match conversation.next() {
            Ok(Next::Send(asked)) => asked,
            Ok(Next::Done(rows)) => panic!("{rows:?}"),
            Err(problem) => return (requests, problem),
        };
        requests += 1;
        let request = Request::new(asked.request.method, asked.request.url);
        let heard = match fetcher.fetch(request).await {
            Ok(whole) => conversation.answer(&response(whole)),
            Err(problem) => Err(problem),
        };
        if let Err(problem) = heard {
            return (requests, problem);
        }
    }
}

#[tokio::test]
async fn a_loop_of_redirects_ends() {
    let head = "HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\n\r\n";
    let server = Hostile::once(head, Vec::new()).await;
    let conversation = conversation(server.request().url().as_str(), &[]);
    let (requests, problem) = hold(conversation, &fetcher(true)).await;
    assert_eq!((requests, problem.class), (6, ErrorClass::Redirected));
}

/// Invariant 3: a permit of one limit key sends nothing to the host of another. Both servers
/// count what reaches them.
#[tokio::test]
async fn a_redirect_spends_no_permit_of_another_host() {
    let body = format!("{OK}Content-Length: 2\r\nConnection: close\r\n\r\n[]");
    let other = Hostile::once(&body, vec![0]).await;
    let location = other.request().url().to_string();
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nConnection: close\r\n\r\n");
    let server = Hostile::once(&head, vec![0]).await;
    let url = server.request().url().to_string();
    let (requests, problem) = hold(conversation(&url, &[]), &fetcher(true)).await;
    assert_eq!((requests, problem.class), (1, ErrorClass::Redirected));
    assert!(
        problem.message.contains("add hosts = [\"127.0.0.1:"),
        "{problem:?}"
    );
    assert_eq!(
        other.sent.load(Ordering::Relaxed),
        0,
        "requests were served"
    );

    // Where its host is named, it counts against the same limit: one request each.
    let named = other.address.to_string();
    let (requests, problem) = hold(conversation(&url, &[&named]), &fetcher(true)).await;
    assert_eq!((requests, problem.class), (2, ErrorClass::Malformed));
}

/// A source that may be asked sends us to this machine: by number, in disguise, by name.
#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() {
    let server = Hostile::once(&format!("{OK}Content-Length: 2\r\n\r\n[]"), vec![0]).await;
    let port = server.address.port();
    for host in ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"] {
        let url: Url = format!("http://{host}:{port}/").parse().unwrap();
        let named = format!("{}:{port}", url.host_str().unwrap());
        let mut conversation = conversation("https://1.1.1.1/", &[&named]);
        conversation.next().unwrap();
        let away = Response {
            status: 302,
            headers: [(reqwest::header::LOCATION, url.as_str().parse().unwrap())]
                .into_iter()
                .collect(),
            body: Vec::new(),
            received_at: Timestamp::UNIX_EPOCH,
        };
        conversation.answer(&away).unwrap();
        let (_, problem) = hold(conversation, &fetcher(false)).await;
        assert_eq!(problem.class, ErrorClass::Definition, "{host}: {problem:?}");
    }
    assert_eq!(
        server.sent.load(Ordering::Relaxed),
        0,
        "requests were served"
    );
}

/// Invariant 10: 821 bytes that ask for a window of a gigabyte took 1.8 GiB.
#[tokio::test]
async fn a_window_of_a_gigabyte_is_refused() {
    // WBITS of the extension for large windows, 30 bits, and a block of 16 MiB.
    let body = vec![0x11, 0x1e, 0x5b, 0xff, 0xff, 0xff, 0x00, 0x40, 0x20, 0x0a];
    let server = Hostile::once(&format!("{OK}Content-Encoding: br\r\n\r\n"), body).await;
    let error = server.fetched().await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Malformed);
    assert!(error.message.contains("RFC 7932"), "{}", error.message);
}
