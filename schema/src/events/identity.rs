//! Numbers of names, users and places; they are made when they are received first.

use std::collections::BTreeSet;

use sqlx::{PgConnection, PgExecutor};

/// Names of events that a client may have.
pub const MAX_NAMES: i64 = 5_000;

/// Places that there may be; their numbers are small ones.
pub const MAX_PLACES: i64 = 30_000;

/// A user as received.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExternalUser {
    /// The id.
    pub id: String,
    /// Whether it is that of a device that nobody signed in on.
    pub is_anonymous: bool,
}

/// How often it is asked: a second time for what another transaction made meanwhile, which has committed
/// by then.
const TRIES: usize = 2;

/// What is looked for, and what was found.
struct Search<T, N> {
    missing: Vec<T>,
    found: Vec<(T, N)>,
}

impl<T: Clone + Ord, N> Search<T, N> {
    /// Begins to look for each of `wanted` once.
    fn of(wanted: &[T]) -> Self {
        let mut missing = wanted.to_vec();
        missing.sort_unstable();
        missing.dedup();
        Self {
            missing,
            found: Vec::new(),
        }
    }

    fn add(&mut self, rows: impl Iterator<Item = (T, N)>) {
        let rows: Vec<(T, N)> = rows.collect();
        let known: BTreeSet<&T> = rows.iter().map(|(one, _)| one).collect();
        self.missing.retain(|one| !known.contains(one));
        self.found.extend(rows);
    }
}

/// Finds the numbers of users of a client, and makes those that are missing.
///
/// The result has each user once, in no order.
///
/// # Errors
///
/// If a statement fails, or a user is neither found nor made, because it is erased at this moment.
pub async fn resolve_users(
    db: &mut PgConnection,
    client_id: i16,
    users: &[ExternalUser],
) -> Result<Vec<(ExternalUser, i32)>, sqlx::Error> {
    let mut search = Search::of(users);
    for _ in 0..TRIES {
        if search.missing.is_empty() {
            break;
        }
        let missing = search.missing.iter();
        let ids: Vec<String> = missing.clone().map(|one| one.id.clone()).collect();
        let anonymous: Vec<bool> = missing.map(|one| one.is_anonymous).collect();
        let rows = sqlx::query_file!(
            "queries/resolve_event_users.sql",
            client_id,
            &ids,
            &anonymous
        )
        .fetch_all(&mut *db)
        .await?;
        search.add(rows.into_iter().map(|row| {
            let user = ExternalUser {
                id: row.external_id,
                is_anonymous: row.is_anonymous,
            };
            (user, row.user_id)
        }));
    }
    if search.missing.is_empty() {
        Ok(search.found)
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

/// Finds the numbers of names of events of a client, and makes those that are missing, as long as the
/// client has fewer than [`MAX_NAMES`]. Those that are neither found nor made are not in the result.
///
/// # Errors
///
/// If a statement fails.
pub async fn resolve_names(
    db: &mut PgConnection,
    client_id: i16,
    names: &[String],
) -> Result<Vec<(String, i32)>, sqlx::Error> {
    let mut search = Search::of(names);
    for _ in 0..TRIES {
        if search.missing.is_empty() {
            break;
        }
        let rows = sqlx::query_file!(
            "queries/resolve_event_names.sql",
            client_id,
            &search.missing,
            MAX_NAMES
        )
        .fetch_all(&mut *db)
        .await?;
        search.add(rows.into_iter().map(|row| (row.received, row.name_id)));
    }
    Ok(search.found)
}

/// A place as received.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReceivedPlace {
    /// Two capital letters.
    pub country: Option<String>,
    /// Up to 64 characters.
    pub region: Option<String>,
}

/// Finds the numbers of places, and makes those that are missing, as long as there are fewer than
/// [`MAX_PLACES`]. Those that are neither found nor made are not in the result.
///
/// # Errors
///
/// If a statement fails: among others for a country that is not two capital letters.
pub async fn resolve_places(
    db: &mut PgConnection,
    places: &[ReceivedPlace],
) -> Result<Vec<(ReceivedPlace, i16)>, sqlx::Error> {
    let mut search = Search::of(places);
    for _ in 0..TRIES {
        if search.missing.is_empty() {
            break;
        }
        let missing = search.missing.iter();
        let countries: Vec<_> = missing.clone().map(|one| one.country.clone()).collect();
        let regions: Vec<_> = missing.map(|one| one.region.clone()).collect();
        let rows = sqlx::query_file!(
            "queries/resolve_event_places.sql",
            &countries as &[Option<String>],
            &regions as &[Option<String>],
            MAX_PLACES
        )
        .fetch_all(&mut *db)
        .await?;
        search.add(rows.into_iter().map(|row| {
            let place = ReceivedPlace {
                country: row.country,
                region: row.region,
            };
            (place, row.place_id)
        }));
    }
    Ok(search.found)
}

/// Makes and changes the views of single events in the schema `events`; returns how many changed.
///
/// # Errors
///
/// If the statement fails.
pub async fn make_views(db: impl PgExecutor<'_>) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT make_event_views() AS "changed!""#)
        .fetch_one(db)
        .await
}

/// A name of events of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName {
    /// The name as it is received.
    pub received: String,
    /// The name that readers see.
    pub canonical: String,
}

/// Gives a received name another canonical one; returns `false` if the client has no such name.
///
/// # Errors
///
/// If the statement fails.
pub async fn rename(
    db: impl PgExecutor<'_>,
    client_id: i16,
    name: &EventName,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE event_name SET canonical = $3 WHERE client_id = $1 AND received = $2",
        client_id,
        name.received,
        name.canonical
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
