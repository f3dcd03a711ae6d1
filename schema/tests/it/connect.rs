//! Connections on which nobody answers any more.

use std::{future::pending, time::Duration};

use schema::{
    connect::{Connect, DatabaseFault, is_own_session, open, pool},
    scratch::Scratch,
};
use sqlx::{AssertSqlSafe, PgPool};
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

const BOUND: Duration = Duration::from_mins(2);

async fn pool_at(url: &str) -> PgPool {
    open(&Connect {
        url,
        application: "test",
        most_connections: 2,
        wait: Duration::from_secs(20),
    })
    .await
    .unwrap()
}

async fn write(db: &PgPool) -> Result<(), sqlx::Error> {
    let written =
        sqlx::query("INSERT INTO source (name, title) VALUES (gen_random_uuid()::text, '')");
    written.execute(db).await.map(|_| ())
}

/// Tries again until a statement ends as it should, as those do who wait for the database.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let tries = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(BOUND, tries).await.expect(what);
}

/// As a failover does it that makes the writer a reader: all sessions end, and new ones take no
/// writes, until the server is the writer again.
async fn refuse_writes(outside: &PgPool, refuse: bool) {
    let statement = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {refuse}', current_database()); END $$"
    );
    let mut session = outside.acquire().await.unwrap();
    for statement in [
        "SET default_transaction_read_only = off",
        statement.as_str(),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&mut *session)
            .await
            .unwrap();
    }
}

/// Invariant 13, and 2: sessions that were opened while the database took no writes are not kept.
#[tokio::test]
async fn sessions_that_refuse_writes_are_replaced_once_new_ones_take_them() {
    let Scratch { db: outside, url } = Scratch::new().await.unwrap();
    let db = pool_at(&url).await;
    write(&db).await.unwrap();
    refuse_writes(&outside, true).await;
    sqlx::raw_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'test'")
        .execute(&outside)
        .await
        .unwrap();
    until("writes are refused", async || {
        let refused = write(&db).await;
        refused.is_err_and(|error| DatabaseFault::of(&error) == DatabaseFault::Unwritable)
    })
    .await;
    // Both sessions of the pool are of that time.
    let (first, second) = (db.acquire().await.unwrap(), db.acquire().await.unwrap());
    drop((first, second));
    refuse_writes(&outside, false).await;
    until("writes are taken again", async || write(&db).await.is_ok()).await;
    for _ in 0..20 {
        write(&db).await.unwrap();
    }
}

/// Of several servers the first that takes writes is used, and followed where it changes.
#[tokio::test]
async fn a_pool_follows_the_server_that_takes_writes() {
    let Scratch { db, url } = Scratch::new().await.unwrap();
    let port = db.connect_options().get_port();
    let (_keep, silent) = watch::channel(());
    let second = wire(port, silent).await;
    // Nobody listens there any more.
    let gone = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let first = gone.local_addr().unwrap().port();
    drop(gone);
    let several = url.replace(
        &format!(":{port}/"),
        &format!(":{first},127.0.0.1:{second},127.0.0.1:{port}/"),
    );
    let db = pool_at(&several).await;
    write(&db).await.unwrap();
    assert_eq!(db.connect_options().get_port(), second);
}

/// A pooler opens its sessions without the settings of its clients, as the second pool here does.
#[tokio::test]
async fn a_session_without_our_settings_is_not_our_own() {
    let scratch = Scratch::new().await.unwrap();
    let own = pool(&Connect {
        url: &scratch.url,
        application: "test",
        most_connections: 1,
        wait: Duration::from_secs(10),
    })
    .unwrap();
    assert!(is_own_session(&own).await.unwrap());
    let of_another = PgPool::connect(&scratch.url).await.unwrap();
    assert!(!is_own_session(&of_another).await.unwrap());
}
