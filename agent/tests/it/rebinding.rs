//! A name that changes its address between the judgement and the connection.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Method, Request};
use schema::enums::ErrorClass;
use source_fetch::{Bounds, Fetcher};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::name_server::NameServer;

const BODY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]";
/// A global address by the registries, at which no server answers.
const GLOBAL: Ipv4Addr = Ipv4Addr::new(192, 31, 196, 77);
const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A server on an address of this machine; counts who comes.
async fn listens_on(address: Ipv4Addr, port: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let came = Arc::new(AtomicUsize::new(0));
    let counter = came.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                let _ = socket.read(&mut buffer).await;
                let _ = socket.write_all(BODY).await;
            });
        }
    });
    (port, came)
}

fn fetcher(names: &NameServer, allow_private: bool) -> Fetcher {
    let bounds = Bounds {
        body_limit: 1 << 16,
        allow_private,
    };
    Fetcher::with_lookup(bounds, names.resolver()).unwrap()
}

fn request(port: u16) -> Request {
    let url = format!("http://kino.example:{port}/").parse().unwrap();
    let mut request = Request::new(Method::GET, url);
    // Whether the packets to the global address get lost or are refused does not matter.
    *request.timeout_mut() = Some(Duration::from_millis(200));
    request
}

#[tokio::test]
async fn a_name_that_turns_to_this_machine_is_not_followed() {
    let (port, came) = listens_on(LOOPBACK, 0).await;
    let names = NameServer::with(vec![vec![GLOBAL], vec![LOOPBACK]]).await;
    let fetcher = fetcher(&names, false);
    let first = fetcher.fetch(request(port)).await.unwrap_err();
    assert!(
        matches!(first.class, ErrorClass::Unreachable | ErrorClass::Timeout),
        "{first:?}"
    );
    assert_eq!(names.asked(), 1, "what was judged is what was connected to");
    let second = fetcher.fetch(request(port)).await.unwrap_err();
    assert_eq!(second.class, ErrorClass::Definition, "{second:?}");
    assert_eq!(names.asked(), 2);
    assert_eq!(came.load(Ordering::SeqCst), 0, "requests were served");
}

/// Of several addresses only the global ones are tried, even when those do not answer.
#[tokio::test]
async fn a_private_address_among_global_ones_is_left_out() {
    let (port, came) = listens_on(LOOPBACK, 0).await;
    for both in [vec![LOOPBACK, GLOBAL], vec![GLOBAL, LOOPBACK]] {
        let names = NameServer::with(vec![both]).await;
        let failed = fetcher(&names, false).fetch(request(port)).await;
        let class = failed.unwrap_err().class;
        assert!(matches!(
            class,
            ErrorClass::Unreachable | ErrorClass::Timeout
        ));
    }
    assert_eq!(came.load(Ordering::SeqCst), 0, "requests were served");
}

/// Where private addresses are allowed it can be seen who is connected to: the first answer
/// of the server, although the second would be another.
#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_judged() {
    let judged = Ipv4Addr::new(127, 0, 0, 2);
    let (port, inner) = listens_on(LOOPBACK, 0).await;
    let (_, outer) = listens_on(judged, port).await;
    let names = NameServer::with(vec![vec![judged], vec![LOOPBACK]]).await;
    let mut request = request(port);
    *request.timeout_mut() = None;
    let fetched = fetcher(&names, true).fetch(request).await.unwrap();
    assert_eq!((fetched.status, names.asked()), (200, 1));
    assert_eq!(outer.load(Ordering::SeqCst), 1);
    assert_eq!(inner.load(Ordering::SeqCst), 0, "requests were served");
}
