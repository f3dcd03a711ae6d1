//! A way to the database that takes time: what is sent arrives later, in its order, and
//! as much of it at once as was sent.

use std::{io, time::Duration};

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

use super::error::HarnessError;

/// Read at once at most.
const CHUNK_BYTES: usize = 64 << 10;

/// The way; it ends, with all connections, when this is dropped.
#[derive(Debug)]
pub struct Delay {
    url: String,
    accepting: JoinHandle<()>,
}

impl Delay {
    /// Opens a way to the database at `url` that takes `one_way` in each direction.
    ///
    /// # Errors
    ///
    /// If no port is free, or `url` cannot be read.
    pub async fn start(url: &str, one_way: Duration) -> Result<Self, HarnessError> {
        let options: PgConnectOptions = url.parse()?;
        let server = (options.get_host().to_owned(), options.get_port());
        let failed = HarnessError::file("a port of this machine");
        let (listener, port) = async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let port = listener.local_addr()?.port();
            io::Result::Ok((listener, port))
        }
        .await
        .map_err(failed)?;
        let url = options.host("127.0.0.1").port(port).to_url_lossy();
        Ok(Self {
            url: url.into(),
            accepting: tokio::spawn(accept(listener, server, one_way)),
        })
    }

    /// The address of the database by this way.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: (String, u16), one_way: Duration) {
    let mut connections = JoinSet::new();
    loop {
        // A client that is gone before it is served needs nothing.
        if let Ok((client, _)) = listener.accept().await {
            connections.spawn(connect(client, server.clone(), one_way));
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Connects one client; whatever breaks ends its connection, as a network would.
async fn connect(client: TcpStream, server: (String, u16), one_way: Duration) -> io::Result<()> {
    let server = TcpStream::connect((server.0.as_str(), server.1)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        ended = carry(from_client, to_server, one_way) => ended,
        ended = carry(from_server, to_client, one_way) => ended,
    }
}

/// Carries what comes from `from` to `to`, each part `one_way` after it came.
async fn carry(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    one_way: Duration,
) -> io::Result<()> {
    // Without a bound: what is under way is bounded by what the two ends send.
    let (sent, mut under_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let sending = async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let length = from.read(&mut chunk).await?;
            let arrives_at = Instant::now() + one_way;
            if length == 0 || sent.send((arrives_at, chunk[..length].to_vec())).is_err() {
                return io::Result::Ok(());
            }
        }
    };
    let arriving = async {
        while let Some((arrives_at, bytes)) = under_way.recv().await {
            sleep_until(arrives_at).await;
            to.write_all(&bytes).await?;
        }
        io::Result::Ok(())
    };
    // What was sent before the end still arrives.
    tokio::try_join!(sending, arriving).map(drop)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_sent_arrives_later_and_in_order() {
        let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = echo.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = echo.accept().await.unwrap();
            let (mut from, mut to) = stream.split();
            tokio::io::copy(&mut from, &mut to).await.unwrap();
        });
        let one_way = Duration::from_millis(30);
        let delay = Delay::start(&format!("postgres://u@127.0.0.1:{port}/d"), one_way)
            .await
            .unwrap();
        let options: PgConnectOptions = delay.url().parse().unwrap();
        assert_ne!(options.get_port(), port);
        let began = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", options.get_port()))
            .await
            .unwrap();
        stream.write_all(b"one").await.unwrap();
        stream.write_all(b"two").await.unwrap();
        let mut echoed = [0; 6];
        stream.read_exact(&mut echoed).await.unwrap();
        assert_eq!(&echoed, b"onetwo");
        assert!(began.elapsed() >= one_way * 2);
    }
}
