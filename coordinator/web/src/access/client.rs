//! Whether the client of a request still waits for the answer.

use std::{
    any::Any,
    io::ErrorKind,
    net::TcpStream,
    os::fd::AsFd as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{dev::Extensions, rt};
use tokio::time::sleep;

/// How often a connection is looked at: most requests are answered before the first look.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A second handle of the socket of a connection, which the server itself reads to its end and
/// whose end it does not report while a request is under way.
#[derive(Debug)]
pub struct Client(TcpStream);

impl Client {
    /// Keeps a handle of a connection that was just accepted, with or without TLS, in its data.
    pub fn keep(connection: &dyn Any, data: &mut Extensions) {
        let plain = connection.downcast_ref::<rt::net::TcpStream>();
        let secured = || {
            let stream = connection.downcast_ref::<TlsStream<rt::net::TcpStream>>()?;
            Some(stream.get_ref().0)
        };
        let handle = plain
            .or_else(secured)
            .and_then(|socket| socket.as_fd().try_clone_to_owned().ok());
        // Without one, for lack of file handles, a request just ends by its limit of time.
        if let Some(handle) = handle {
            data.insert(Arc::new(Self(handle.into())));
        }
    }

    /// Returns once the client has closed its connection, or its side of it.
    pub async fn left(&self) {
        loop {
            sleep(LOOK_EVERY).await;
            match self.0.peek(&mut [0]) {
                Ok(0) => return,
                Err(error) if error.kind() != ErrorKind::WouldBlock => return,
                // It waits, or has sent its next request.
                _ => {}
            }
        }
    }
}

/// Names the requests of this process apart from each other and from those of other processes.
#[derive(Debug)]
pub struct RequestNames {
    process: u32,
    number: AtomicU64,
}

impl Default for RequestNames {
    fn default() -> Self {
        Self {
            process: rand::random(),
            number: AtomicU64::new(0),
        }
    }
}

impl RequestNames {
    /// Names a request of the route `pattern`.
    pub fn next(&self, pattern: &str) -> String {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        format!("web {:08x}-{number:x} {pattern}", self.process)
    }
}
