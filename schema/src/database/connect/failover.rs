//! Finds the server that takes writes, where the address names several, and follows it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::time::timeout;
use tracing::info;

use super::{
    in_time,
    sessions::{Sessions, takes_writes},
};

/// Time between two looks whether the pool serves, unless it says so itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a server may take to let one in and answer before the next one is tried.
const ANSWER: Duration = Duration::from_secs(2);

/// The servers of an address, and which of them is in use.
#[derive(Debug, Clone)]
pub(super) struct Servers {
    all: Arc<[PgConnectOptions]>,
    current: Arc<Mutex<usize>>,
}

impl Servers {
    /// Begins with the first of `all`.
    pub(super) fn new(all: Vec<PgConnectOptions>) -> Self {
        Self {
            all: all.into(),
            current: Arc::default(),
        }
    }

    /// Whether there is a choice.
    pub(super) fn are_several(&self) -> bool {
        self.all.len() > 1
    }

    fn current_index(&self) -> usize {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one in use.
    pub(super) fn current(&self) -> PgConnectOptions {
        self.all
            .get(self.current_index())
            .cloned()
            .unwrap_or_else(PgConnectOptions::new_without_pgpass)
    }

    /// Takes the first that takes writes into use, the current one before the others; returns
    /// whether there is one.
    pub(super) async fn choose(&self) -> bool {
        let current = self.current_index();
        let others = (0..self.all.len()).filter(|index| *index != current);
        for index in [current].into_iter().chain(others) {
            let Some(options) = self.all.get(index) else {
                continue;
            };
            if in_time(ANSWER, is_writable(options)).await.unwrap_or(false) {
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = index;
                return true;
            }
        }
        false
    }
}

async fn is_writable(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    let writable = takes_writes(&mut connection).await?;
    connection.close().await?;
    Ok(writable)
}

/// Moves the pool to the server that takes writes whenever the one in use does not, until the
/// pool is closed.
pub(super) async fn follow(db: PgPool, servers: Servers, sessions: Arc<Sessions>) {
    while !db.is_closed() {
        let is_fine = !sessions.refuse_writes()
            && timeout(ANSWER, db.acquire())
                .await
                .is_ok_and(|got| got.is_ok());
        if !is_fine {
            let before = servers.current_index();
            let found = servers.choose().await;
            if found && (servers.current_index() != before || sessions.refuse_writes()) {
                let now = servers.current();
                info!(
                    host = now.get_host(),
                    port = now.get_port(),
                    "this server of the database takes writes and is used from now on"
                );
                db.set_connect_options(now);
                sessions.moved();
            }
        }
        // Over in a second: then the pool is looked at again.
        let _ = timeout(LOOK_EVERY, sessions.trouble.notified()).await;
    }
}
