//! What of a request took how long.

use std::{net::SocketAddr, time::Duration};

use reqwest::{Method, Request};
use source_fetch::{Bounds, Fetcher, Phases};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// More than any request here takes.
const BOUND: Duration = Duration::from_mins(1);
/// A kept connection may be closed by a machine that stands still; not always.
const TRIES: usize = 20;

/// Answers everything, on connections that stay open; or accepts and says nothing.
async fn server(speaks: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, speaks));
        }
    });
    address
}

async fn serve(mut socket: TcpStream, speaks: bool) {
    let mut buffer = [0; 4096];
    while socket.read(&mut buffer).await.is_ok_and(|count| count > 0) {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        if speaks && socket.write_all(answer).await.is_err() {
            return;
        }
    }
}

async fn phases(fetcher: &Fetcher, url: &str, timeout: Duration) -> (bool, Phases) {
    let mut request = Request::new(Method::GET, url.parse().unwrap());
    *request.timeout_mut() = Some(timeout);
    let mut phases = Phases::default();
    let answer = fetcher.fetch_timed(request, &mut phases).await;
    (answer.is_ok(), phases)
}

fn fetcher() -> Fetcher {
    let bounds = Bounds {
        body_limit: 1 << 20,
        allow_private: true,
    };
    Fetcher::new(bounds).unwrap()
}

/// Which phases there were.
fn had(phases: Phases) -> [bool; 4] {
    [
        phases.resolve.is_some(),
        phases.connect.is_some(),
        phases.first_byte.is_some(),
        phases.body.is_some(),
    ]
}

#[tokio::test]
async fn each_phase_of_a_request_is_told() {
    let address = server(true).await;
    let fetcher = fetcher();
    let by_name = format!("http://localhost:{}/", address.port());
    let (fine, first) = phases(&fetcher, &by_name, BOUND).await;
    assert!(fine);
    assert_eq!(had(first), [true, true, true, true], "{first:?}");
    // An address needs no resolving, and is another host than its name.
    let by_number = format!("http://{address}/");
    let (_, first) = phases(&fetcher, &by_number, BOUND).await;
    assert_eq!(had(first), [false, true, true, true], "{first:?}");
    let mut kept = false;
    for _ in 0..TRIES {
        let (fine, next) = phases(&fetcher, &by_number, BOUND).await;
        assert!(fine);
        kept |= had(next) == [false, false, true, true];
    }
    assert!(kept, "no connection was kept");
}

/// TLS is part of the connection: one that nobody answers in was not made.
#[tokio::test]
async fn a_request_that_fails_tells_how_far_it_came() {
    let address = server(false).await;
    let short = Duration::from_millis(300);
    let (fine, tls) = phases(&fetcher(), &format!("https://{address}/"), short).await;
    assert_eq!((fine, had(tls)), (false, [false; 4]), "{tls:?}");
    let mut hung = Phases::default();
    for _ in 0..TRIES {
        // Where not even connecting was done in time, try again.
        (_, hung) = phases(&fetcher(), &format!("http://{address}/"), short).await;
        if hung.connect.is_some() {
            break;
        }
    }
    assert_eq!(had(hung), [false, true, false, false], "{hung:?}");
}
