//! Servers that answer with too much, and such that do not.
//!
//! These are like those of answers that were met: a window of a gigabyte, a file of fifty
//! thousand rules, a bomb, a listing of a hundred thousand rows, the same in pages, one of
//! 450,000 rows in pages, and an answer that grows large and then stalls.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use flate2::{Compression, write::GzEncoder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Rows of the large listing.
pub const ROWS: usize = 100_000;
/// Rows of each page of the listing that is as large, and of the one that is larger.
const WHOLE_PAGE_ROWS: usize = ROWS / 2;
const PAGE_ROWS: usize = 90_000;
/// Pages of the larger one.
const PAGES: usize = 5;
/// Rows of an answer as it should be.
const FEW_ROWS: usize = 3;

/// What a source answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// A few bytes of brotli that ask for a window of a gigabyte.
    Window,
    /// A robots.txt of fifty thousand rules.
    Rules,
    /// A body that unpacks to a thousand times its size.
    Bomb,
    /// [`ROWS`] rows in one body.
    Listing,
    /// [`ROWS`] rows in two pages.
    PagedListing,
    /// 450,000 rows in five pages: more than a source may take.
    Pages,
    /// A large body whose last byte comes when it is released.
    Stalls,
    /// Three rows.
    Few,
}

impl Body {
    /// All that are too much.
    pub const TOO_MUCH: [Self; 7] = [
        Self::Window,
        Self::Rules,
        Self::Bomb,
        Self::Listing,
        Self::PagedListing,
        Self::Pages,
        Self::Stalls,
    ];

    /// A header of the answer to a request for `path`, and its body. Only what begins with
    /// `/rows` is more than a few rows, but for the rules.
    fn answer(self, path: &str) -> (&'static str, Vec<u8>) {
        let is_rows = path.starts_with("/rows");
        match self {
            Self::Rules if path == "/robots.txt" => ("", rules()),
            Self::Window if is_rows => (
                "Content-Encoding: br\r\n",
                vec![0x11, 0x1e, 0x5b, 0xff, 0xff],
            ),
            Self::Bomb if is_rows => ("Content-Encoding: gzip\r\n", bomb()),
            Self::Listing if is_rows => ("", rows(0, ROWS)),
            Self::PagedListing if is_rows => ("", page(path, WHOLE_PAGE_ROWS, 2)),
            Self::Pages if is_rows => ("", page(path, PAGE_ROWS, PAGES)),
            Self::Stalls if is_rows => ("", vec![b' '; 8 << 20]),
            _ => ("", rows(0, FEW_ROWS)),
        }
    }
}

/// Rows with a key, a film, a title and a start, a second apart from tomorrow on.
fn rows(from: usize, count: usize) -> Vec<u8> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let first = now.unwrap_or_default().as_secs() + 86_400;
    let mut text = String::from("[");
    for (row, starts_at) in (from..from + count).zip(first..) {
        let comma = if row > from { "," } else { "" };
        let film = row % 500;
        // A text takes whatever is written to it.
        let _ = write!(
            text,
            r#"{comma}{{"id":"{row}","f":"f{film}","t":"Film {film}","s":{starts_at}}}"#
        );
    }
    text.push(']');
    text.into_bytes()
}

/// The page that `path` asks for, of so many pages; those behind them are empty.
fn page(path: &str, page_rows: usize, pages: usize) -> Vec<u8> {
    let number = path.rsplit('=').next().map(str::parse::<usize>);
    // The first is called 1.
    let index = number.and_then(Result::ok).unwrap_or(1).saturating_sub(1);
    rows(index * page_rows, if index < pages { page_rows } else { 0 })
}

fn rules() -> Vec<u8> {
    let mut file = "User-agent: *\n".to_owned();
    let mut rule = 0;
    while file.len() < 499_000 {
        let _ = writeln!(file, "Disallow:/{rule:x}");
        rule += 1;
    }
    file.into_bytes()
}

fn bomb() -> Vec<u8> {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..64 {
        // Memory takes whatever is written to it.
        let _ = bomb.write_all(&blanks);
    }
    bomb.finish().unwrap_or_default()
}

/// A server that answers with one kind.
#[derive(Debug)]
pub struct Oversized {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Oversized {
    /// Starts one; an answer that stalls goes on when `released` says so.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn start(kind: Body, released: watch::Receiver<bool>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(socket, kind, released.clone()));
            }
        });
        Ok(Self { address, asked })
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn answer(mut socket: TcpStream, kind: Body, mut released: watch::Receiver<bool>) {
    let mut request = [0; 4096];
    let Ok(length) = socket.read(&mut request).await else {
        return;
    };
    let request = String::from_utf8_lossy(request.get(..length).unwrap_or_default()).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let stalls = kind == Body::Stalls && path.starts_with("/rows");
    let made = tokio::task::spawn_blocking(move || kind.answer(&path));
    let Ok((header, body)) = made.await else {
        return;
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\n{header}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len() + usize::from(stalls)
    );
    // A pod that has read enough hangs up.
    let _ = socket.write_all(head.as_bytes()).await;
    let _ = socket.write_all(&body).await;
    if stalls {
        let _ = released.wait_for(|&released| released).await;
    }
}
