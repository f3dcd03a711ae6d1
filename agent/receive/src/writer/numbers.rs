//! The numbers of users and places, remembered within bounds.

use std::{collections::HashMap, time::Duration};

use moka::sync::Cache;
use schema::events::identity::{ExternalUser, ReceivedPlace, resolve_places, resolve_users};
use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection};

use crate::check::PendingEvent;

/// Bytes that remembered users may take, some 100 each.
const MAX_USER_BYTES: u64 = 64 << 20;
/// Bytes of an entry in addition to the id.
const ENTRY_BYTES: usize = 96;
/// A user is looked up again after this time: one that was erased gets another number by then.
const USER_LIFE: Duration = Duration::from_mins(10);
/// Places that are remembered: as many as there may be.
const MAX_REMEMBERED_PLACES: u64 = 30_000;

/// A user of a client.
type UserKey = (i16, ExternalUser);

/// Numbers that were found or made.
pub(crate) struct Numbers {
    users: Cache<UserKey, i32>,
    places: Cache<ReceivedPlace, i16>,
}

impl Numbers {
    pub(crate) fn new() -> Self {
        Self {
            users: Cache::builder()
                .max_capacity(MAX_USER_BYTES)
                .weigher(|(_, user): &UserKey, _| {
                    u32::try_from(user.id.len() + ENTRY_BYTES).unwrap_or(u32::MAX)
                })
                .time_to_live(USER_LIFE)
                .build(),
            places: Cache::new(MAX_REMEMBERED_PLACES),
        }
    }

    /// Gives each event the numbers of its user and place.
    pub(crate) async fn resolve(
        &self,
        db: &PgPool,
        client_id: i16,
        events: &mut [PendingEvent],
    ) -> Result<(), sqlx::Error> {
        let mut connection = None;
        self.resolve_users(db, &mut connection, client_id, events)
            .await?;
        self.resolve_places(db, &mut connection, events).await
    }

    async fn resolve_users(
        &self,
        db: &PgPool,
        connection: &mut Option<PoolConnection<Postgres>>,
        client_id: i16,
        events: &mut [PendingEvent],
    ) -> Result<(), sqlx::Error> {
        let mut missing: Vec<ExternalUser> = Vec::new();
        for event in &mut *events {
            let Some(user) = event.user.take() else {
                continue;
            };
            let key = (client_id, user);
            match self.users.get(&key) {
                Some(user_id) => event.row.user_id = user_id,
                None => missing.push(key.1.clone()),
            }
            event.user = Some(key.1);
        }
        if missing.is_empty() {
            return Ok(());
        }
        let found = resolve_users(connect(db, connection).await?, client_id, &missing).await?;
        let found: HashMap<ExternalUser, i32> = found.into_iter().collect();
        for event in events {
            let number = event.user.as_ref().and_then(|user| found.get(user));
            if let Some(user_id) = number {
                event.row.user_id = *user_id;
            }
        }
        for (user, user_id) in found {
            self.users.insert((client_id, user), user_id);
        }
        Ok(())
    }

    async fn resolve_places(
        &self,
        db: &PgPool,
        connection: &mut Option<PoolConnection<Postgres>>,
        events: &mut [PendingEvent],
    ) -> Result<(), sqlx::Error> {
        let mut missing: Vec<ReceivedPlace> = Vec::new();
        for event in &mut *events {
            match self.places.get(&event.place) {
                Some(place_id) => event.row.place_id = place_id,
                None => missing.push(event.place.clone()),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        // What a place without a number falls back to, once there are too many.
        let countries = missing.iter().map(|place| ReceivedPlace {
            country: place.country.clone(),
            region: None,
        });
        let mut asked: Vec<ReceivedPlace> = countries.chain([ReceivedPlace::default()]).collect();
        asked.extend(missing);
        let found = resolve_places(connect(db, connection).await?, &asked).await?;
        let found: HashMap<ReceivedPlace, i16> = found.into_iter().collect();
        for event in events.iter_mut().filter(|event| event.row.place_id == 0) {
            let country = ReceivedPlace {
                country: event.place.country.clone(),
                region: None,
            };
            let number = [&event.place, &country, &ReceivedPlace::default()]
                .into_iter()
                .find_map(|place| found.get(place));
            event.row.place_id = *number.ok_or(sqlx::Error::RowNotFound)?;
        }
        for (place, place_id) in found {
            self.places.insert(place, place_id);
        }
        Ok(())
    }
}

async fn connect<'c>(
    db: &PgPool,
    connection: &'c mut Option<PoolConnection<Postgres>>,
) -> Result<&'c mut PgConnection, sqlx::Error> {
    if connection.is_none() {
        *connection = Some(db.acquire().await?);
    }
    connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
}
