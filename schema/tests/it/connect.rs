//! Connections on which nobody answers any more.

use std::{future::pending, time::Duration};

use schema::{
    connect::{Connect, pool},
    scratch::Scratch,
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

/// Stands between a client and the server at `port`, until `silent` changes: what was connected
/// by then stays open, and nothing passes any more.
async fn wire(port: u16, silent: watch::Receiver<()>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let mut silent = silent.clone();
            silent.mark_unchanged();
            tokio::spawn(async move {
                tokio::select! {
                    _ = copy_bidirectional(&mut client, &mut server) => {}
                    _ = silent.changed() => pending().await,
                }
            });
        }
    });
    address.port()
}

/// As after a failover: the old server is gone without a word, and the new one is there.
#[tokio::test]
async fn a_connection_that_nobody_answers_on_gives_its_place_to_another() {
    let Scratch { db, url } = Scratch::new().await.unwrap();
    let port = db.connect_options().get_port();
    let (fall_silent, silent) = watch::channel(());
    let through = wire(port, silent).await;
    let db = pool(&Connect {
        url: &url.replace(&format!(":{port}/"), &format!(":{through}/")),
        application: "test",
        most_connections: 1,
        wait: Duration::from_mins(2),
    })
    .unwrap();
    let ask = || sqlx::query("SELECT 1").execute(&db);
    ask().await.unwrap();
    fall_silent.send(()).unwrap();
    timeout(Duration::from_millis(200), ask())
        .await
        .unwrap_err();
    ask().await.unwrap();
}
