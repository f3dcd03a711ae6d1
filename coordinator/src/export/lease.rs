//! One process at a time writes to a place: a lease in the database, renewed while it works.

use std::time::{Duration, Instant};

use schema::export;
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::debug;
use uuid::Uuid;

/// How long a place stays held by a process that was killed.
pub const LEASE: Duration = Duration::from_secs(30);
/// Time between two looks whether it is free.
const TRY_EVERY: Duration = Duration::from_millis(500);

/// A place that is held; others may take it once this is dropped and the lease has run out,
/// or at once after [`release`](Self::release).
#[derive(Debug)]
pub struct PlaceLease {
    db: PgPool,
    place_id: i32,
    /// Names this process in the database.
    pub holder: Uuid,
    /// Cancelled when the place may be another's.
    pub lost: CancellationToken,
    _renewing: DropGuard,
}

impl PlaceLease {
    /// Holds a place, after so long at most where another holds it; `None` if it still does, or
    /// if told to stop while it waited.
    ///
    /// Let it end: one that is dropped while it asks may hold the place, and does not know it.
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

    /// Lets others have the place.
    pub async fn release(self) {
        if let Err(error) = export::release(&self.db, self.place_id, self.holder).await {
            debug!(%error, "the place is held until the lease ends");
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
            Err(error) => debug!(%error, "the hold of a place was not renewed"),
        }
        if renewed.elapsed() > LEASE {
            break;
        }
    }
    lost.cancel();
}
