//! Sends one request and reads its answer.
//!
//! Takes a request, gives a whole answer or the class of what went wrong.
//! Keeps connections. A source that hangs, lies or floods costs at most its
//! timeout and the body limit, and hurts only its own job.

mod body;
mod guard;
mod phase;

use std::{
    error::Error,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{
    Client, Request, Response,
    header::{self, HeaderMap},
    redirect, retry,
};
use source_language::{
    response::{FetchError, class_of},
    wording::with_causes,
};
use thiserror::Error;
use tower_layer::layer_fn;
use vocabulary::ErrorClass;

pub use guard::{LookedUp, Lookup};
use guard::{Names, SystemLookup};
use phase::Measured;
pub use phase::Phases;

use crate::{memory_budget::Reservation, unpack};

/// How long a connection is kept for the next request: less than the five seconds
/// after which common servers close theirs, or the next request would meet the close.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Time to make a connection; part of the whole timeout of a request.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A refusal's body up to this is read, so that its connection can be used again; what has not
/// come in this time is not waited for.
const DRAINED_BYTES: u64 = 64 << 10;
const DRAINED_IN: Duration = Duration::from_millis(100);
/// Headers of an answer at most; common servers send two thousand bytes.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// Options of a fetcher.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Largest body in bytes, as it is sent and after decompression.
    pub body_limit: usize,
    /// Whether private addresses may be asked.
    pub allow_private: bool,
}

/// Fetches over connections that it keeps.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    bounds: Bounds,
}

/// A whole answer of any status.
#[derive(Clone)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// The body after decompression; empty where the status is not that of an answer.
    pub body: Vec<u8>,
    /// The beginning of a short body that came with a refusal, as far as it came at once: only for
    /// people.
    pub refusal: Vec<u8>,
}

/// Shows the size of the body, and none of its content.
impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// An answer of which only the head was read.
pub struct Opened {
    headers: HeaderMap,
    response: Response,
    /// Rest of the time for the whole answer; time in which nobody reads the body does not count.
    time_left: Option<Duration>,
    cut_at: Option<usize>,
}

/// Shows the status, and nothing of what the head says.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("status", &self.response.status())
            .finish_non_exhaustive()
    }
}

impl Opened {
    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Its headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Reads only the first `bytes` of the body, regardless of the body limit, and ignores the
    /// rest; `None` reads all of it.
    #[must_use]
    pub fn cut_at(self, bytes: Option<usize>) -> Self {
        Self {
            cut_at: bytes,
            ..self
        }
    }
}

/// Why no fetcher could be made.
#[derive(Debug, Error)]
#[error("the HTTP client could not be set up")]
pub struct FetcherError(#[from] reqwest::Error);

impl Fetcher {
    /// Makes a fetcher; connections live on the runtime that first uses them.
    ///
    /// # Errors
    ///
    /// If the system's certificates cannot be read.
    pub fn new(bounds: Bounds) -> Result<Self, FetcherError> {
        Self::with_lookup(bounds, Arc::new(SystemLookup))
    }

    /// As [`new`](Self::new), with another resolver than the system's. Its answers are
    /// judged as the system's are.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_lookup(bounds: Bounds, lookup: Arc<dyn Lookup>) -> Result<Self, FetcherError> {
        // The process may have chosen a provider already; that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            // A request that is sent again has no permit.
            .retry(retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true)
            .dns_resolver(Names {
                allow_private: bounds.allow_private,
                lookup,
            })
            .connector_layer(layer_fn(Measured))
            .build()?;
        Ok(Self { client, bounds })
    }

    /// Refuses a request to an address that is not public, unless that is allowed.
    ///
    /// # Errors
    ///
    /// [`ErrorClass::Definition`], before anything is sent.
    pub fn check(&self, request: &Request) -> Result<(), FetchError> {
        match guard::private_literal(request.url()) {
            Some(address) if !self.bounds.allow_private => Err(FetchError::new(
                ErrorClass::Definition,
                format!("{address} is not a public address; agent.allow_private = true allows it"),
            )),
            _ => Ok(()),
        }
    }

    /// Sends `request` and reads the whole answer.
    ///
    /// # Errors
    ///
    /// See [`FetchError`]; nothing is tried again here. A status other than 200 is none.
    pub async fn fetch(&self, request: Request) -> Result<Fetched, FetchError> {
        self.fetch_timed(request, &mut Phases::default()).await
    }

    /// As [`fetch`](Self::fetch), and notes in `phases` what took how long, as far as it came.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_timed(
        &self,
        request: Request,
        phases: &mut Phases,
    ) -> Result<Fetched, FetchError> {
        let opened = self.open(request, phases).await?;
        self.read(opened, phases, &mut Reservation::unlimited())
            .await
    }

    /// Sends `request` and waits for the head of its answer.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub async fn open(
        &self,
        mut request: Request,
        phases: &mut Phases,
    ) -> Result<Opened, FetchError> {
        self.check(&request)?;
        request
            .headers_mut()
            .entry(header::ACCEPT_ENCODING)
            .or_insert(unpack::ACCEPTED);
        let began_at = Instant::now();
        // Kept here: the client would count what an answer waits to be read as well.
        let timeout = request.timeout_mut().take();
        let answered = async {
            let sent = within(timeout, self.client.execute(request));
            sent.await?.map_err(failed)
        };
        let mut response = phases.until_head(answered).await?;
        let mut headers = std::mem::take(response.headers_mut());
        if let Err(error) = check_headers(&headers) {
            let status = response.status().as_u16();
            // A refusal stays a refusal, even if its body is too large.
            class_of(status).ok_or_else(|| error.at_status(status))?;
            headers = pause_headers(&headers);
        }
        Ok(Opened {
            time_left: timeout.map(|timeout| timeout.saturating_sub(began_at.elapsed())),
            headers,
            response,
            cut_at: None,
        })
    }

    /// Reads the rest of an answer. A refusal is known by its head: however its body comes, or
    /// if it does not, changes nothing. `memory` holds what its body
    /// takes.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub async fn read(
        &self,
        opened: Opened,
        phases: &mut Phases,
        memory: &mut Reservation,
    ) -> Result<Fetched, FetchError> {
        let began_at = Instant::now();
        let status = opened.response.status().as_u16();
        let at_status = |error: FetchError| error.at_status(status);
        let Opened {
            headers,
            response,
            time_left,
            cut_at,
        } = opened;
        let mut refusal = Vec::new();
        let body = if class_of(status).is_none() {
            let limit = body::Limit::Refuse(self.bounds.body_limit);
            let limit = cut_at.map_or(limit, body::Limit::Cut);
            let read = body::read(response, &headers, limit, memory);
            let body = within(time_left, read).await;
            body.flatten().map_err(at_status)?
        } else {
            let time_left = time_left.map_or(DRAINED_IN, |left| left.min(DRAINED_IN));
            // An error means that the connection is closed instead of kept.
            let read = read_refusal(response, &headers, memory);
            refusal = within(Some(time_left), read).await.unwrap_or_default();
            Vec::new()
        };
        phases.body = Some(began_at.elapsed());
        Ok(Fetched {
            status,
            headers,
            body,
            refusal,
        })
    }
}

/// Gives up on the source when `time` is over.
async fn within<T>(time: Option<Duration>, work: impl Future<Output = T>) -> Result<T, FetchError> {
    let Some(time) = time else {
        return Ok(work.await);
    };
    let done = tokio::time::timeout(time, work).await;
    done.map_err(|_| {
        FetchError::new(
            ErrorClass::Timeout,
            "the answer took longer than the timeout of its step",
        )
    })
}

/// Reads a short refusal to its end, so that its connection can be used again and a person can see
/// what it said.
async fn read_refusal(
    response: Response,
    headers: &HeaderMap,
    memory: &mut Reservation,
) -> Vec<u8> {
    let length = response.content_length();
    let limit = usize::try_from(DRAINED_BYTES).unwrap_or(usize::MAX);
    if length.is_none_or(|length| length > DRAINED_BYTES) {
        return Vec::new();
    }
    let read = body::read(response, headers, body::Limit::Cut(limit), memory);
    read.await.unwrap_or_default()
}

/// The headers that say for how long a source wants to be left alone.
fn pause_headers(headers: &HeaderMap) -> HeaderMap {
    [header::RETRY_AFTER, header::DATE]
        .into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())))
        .collect()
}

/// The client bounds their number; this bounds what is kept of them.
fn check_headers(headers: &HeaderMap) -> Result<(), FetchError> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > MAX_HEADER_BYTES {
        let message = format!("{bytes} bytes of headers, more than {MAX_HEADER_BYTES}");
        return Err(FetchError::new(ErrorClass::Oversized, message));
    }
    Ok(())
}

fn failed(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let class = if error.is_timeout() {
        ErrorClass::Timeout
    } else if error.is_builder() || was_guarded(&error) {
        ErrorClass::Definition
    } else if has_too_many_headers(&error) {
        ErrorClass::Oversized
    } else if error.is_decode() && !is_cut(&error) {
        ErrorClass::Malformed
    } else {
        ErrorClass::Unreachable
    };
    FetchError::new(class, with_causes(&error))
}

/// Whether a name was not resolved because it has private addresses only.
fn was_guarded(error: &reqwest::Error) -> bool {
    io_kinds(error).any(|kind| kind == std::io::ErrorKind::PermissionDenied) && error.is_connect()
}

/// Whether the client gave up on the headers of an answer.
fn has_too_many_headers(error: &reqwest::Error) -> bool {
    // Its error has a word for this only where it is a server.
    causes(error).any(|cause| cause.to_string() == "message head is too large")
}

/// Whether a body ended because its connection did.
fn is_cut(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    error.is_body()
        || io_kinds(error).any(|kind| {
            matches!(
                kind,
                BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
            )
        })
}

fn io_kinds(error: &reqwest::Error) -> impl Iterator<Item = std::io::ErrorKind> {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .map(std::io::Error::kind)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let next = |cause: &&'a (dyn Error + 'static)| (*cause).source();
    std::iter::successors(error.source(), next)
}
