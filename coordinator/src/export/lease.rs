//! One process at a time writes to a place: a lease in the database, renewed while it works.

use std::time::{Duration, Instant};

use schema::export;
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::debug;
use uuid::Uuid;

/// How long a killed process still has the lease of a place.
pub const LEASE: Duration = Duration::from_secs(30);
/// Time between two tries to take the lease.
const TRY_EVERY: Duration = Duration::from_millis(500);

/// The lease of a place. Others may take it when this is dropped and the lease has run out, or at
/// once after [`release`](Self::release).
#[derive(Debug)]
pub struct PlaceLease {
    db: PgPool,
    place_id: i32,
    /// Names this process in the database.
    pub holder: Uuid,
    /// Cancelled when another process may have taken the lease.
    pub lost: CancellationToken,
    _renewing: DropGuard,
}

impl PlaceLease {
    /// Takes the lease of a place; waits for `patience` at most while another process has it.
    /// Returns `None` if that process still has it, or after `stop`.
    ///
    /// Await it to its end: a dropped future may leave a lease that no process uses.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn take(
        db: &PgPool,
        place_id: i32,
        patience: Duration,
        stop: &CancellationToken,
        mut is_waiting: impl FnMut(),
    ) -> Result<Option<Self>, sqlx::Error> {
        let holder = Uuid::new_v4();
        let began = Instant::now();
        while !export::hold(db, place_id, holder, LEASE).await? {
            if began.elapsed() >= patience {
                return Ok(None);
            }
            is_waiting();
            tokio::select! {
                () = stop.cancelled() => return Ok(None),
                () = sleep(TRY_EVERY) => {}
            }
        }
        let (lost, over) = (CancellationToken::new(), CancellationToken::new());
        tokio::spawn(renew(
            db.clone(),
            place_id,
            holder,
            lost.clone(),
            over.clone(),
        ));
        Ok(Some(Self {
            db: db.clone(),
            place_id,
            holder,
            lost,
            _renewing: over.drop_guard(),
        }))
    }

    /// Gives the lease back.
    pub async fn release(self) {
        if let Err(error) = export::release(&self.db, self.place_id, self.holder).await {
            debug!(%error, "the lease was not given back; it runs out");
        }
    }
}

/// Renews until `over`; cancels `lost` when another may have taken the place.
async fn renew(
    db: PgPool,
    place_id: i32,
    holder: Uuid,
    lost: CancellationToken,
    over: CancellationToken,
) {
    let mut renewed = Instant::now();
    loop {
        tokio::select! {
            () = over.cancelled() => return,
            () = sleep(LEASE / 6) => {}
        }
        let asked = Instant::now();
        match export::hold(&db, place_id, holder, LEASE).await {
            Ok(true) => renewed = asked,
            Ok(false) => break,
            Err(error) => debug!(%error, "the lease of a place was not renewed"),
        }
        if renewed.elapsed() > LEASE {
            break;
        }
    }
    lost.cancel();
}
