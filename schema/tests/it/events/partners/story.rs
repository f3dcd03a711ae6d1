//! Who does what in the tests of partners, and what partners ask.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schema::{
    access::{EventArea, grant_partner_events, prepare},
    events::{
        client,
        identity::{self, ExternalUser, ReceivedPlace},
        store::{Sender, store},
    },
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{DAY, Events, message_mask};
use crate::access::people::{TIMEOUT, login, role};

/// Country, event, events, users, and whether that is hidden.
pub(super) type EventCell = (Option<String>, String, Option<i64>, Option<i64>, bool);

/// Cohort, days later, users of the cohort, users, and whether that is hidden.
pub(super) type RetentionCell = (NaiveDate, i32, Option<i64>, Option<i64>, bool);

/// A cell as partners see it: country, region, users, whether it is hidden.
pub(super) type Cell = (Option<String>, Option<String>, Option<i64>, bool);

pub(super) fn area(client: &str, country: Option<&str>, region: Option<&str>) -> EventArea {
    EventArea {
        client: client.to_owned(),
        country: country.map(str::to_owned),
        region: region.map(str::to_owned),
    }
}

pub(super) fn cell(country: &str, region: Option<&str>, users: Option<i64>) -> Cell {
    let (country, region) = (Some(country.to_owned()), region.map(str::to_owned));
    (country, region, users, users.is_none())
}

/// Who does what, on which day, in a test.
pub(super) struct Story {
    pub(super) events: Events,
    messages: u128,
    first_at: DateTime<Utc>,
}

impl Story {
    pub(super) async fn new() -> Self {
        let events = Events::new().await;
        client::put(&events.db, "rival", "Europe/Paris", 1, DAY)
            .await
            .unwrap();
        prepare(&events.db).await.unwrap();
        // Noon of a day that is over in every zone.
        let day = (Utc::now() - TimeDelta::days(20)).date_naive();
        let first_at = day.and_hms_opt(12, 0, 0).unwrap().and_utc();
        Self {
            events,
            messages: 0,
            first_at,
        }
    }

    pub(super) fn day(&self, after: i64) -> NaiveDate {
        self.first_at.date_naive() + TimeDelta::days(after)
    }

    /// Users `first..=last` of a client do something once, on the day `after` the first.
    pub(super) async fn act(
        &mut self,
        client: &str,
        place: (&str, Option<&str>),
        users: (u32, u32),
        after: i64,
        event: &str,
    ) {
        let db = self.events.db.clone();
        let client_id = client::find(&db, client).await.unwrap().unwrap();
        let mut connection = db.acquire().await.unwrap();
        let place = ReceivedPlace {
            country: Some(place.0.to_owned()),
            region: place.1.map(str::to_owned),
        };
        let places = identity::resolve_places(&mut connection, &[place])
            .await
            .unwrap();
        let names = identity::resolve_names(&mut connection, client_id, &[event.to_owned()])
            .await
            .unwrap();
        let all: Vec<ExternalUser> = (users.0..=users.1)
            .map(|number| ExternalUser {
                id: format!("user-{number}"),
                is_anonymous: false,
            })
            .collect();
        let numbers = identity::resolve_users(&mut connection, client_id, &all)
            .await
            .unwrap();
        drop(connection);
        let at = self.first_at + TimeDelta::days(after);
        let batch: Vec<_> = numbers
            .iter()
            .map(|(_, number)| {
                self.messages += 1;
                let mut new = self.events.event(self.messages, at);
                new.message_id = Uuid::from_u128(self.messages);
                new.user_id = *number;
                new.name_id = names[0].1;
                new.place_id = places[0].1;
                // Steps of a day stand in the order in which they are stored.
                new.occurred_at += TimeDelta::seconds(i64::try_from(self.messages).unwrap());
                new
            })
            .collect();
        let sender = Sender {
            client_id,
            time_zone: "Europe/Paris",
            duplicate_window: DAY,
            message_mask: message_mask(&db, client_id).await,
        };
        let stored = store(&db, sender, &batch, |_| Vec::new()).await.unwrap();
        assert_eq!(stored.len(), batch.len());
    }

    pub(super) async fn partner(&self, kind: &str, areas: &[EventArea]) -> (String, PgConnection) {
        let name = role(&self.events.db, kind);
        for area in areas {
            grant_partner_events(&self.events.db, &name, area, TIMEOUT)
                .await
                .unwrap();
        }
        let login = login(&self.events.db, &name).await;
        (name, login)
    }

    pub(super) async fn active(
        &self,
        asked: &mut PgConnection,
        client: &str,
        after: i64,
        days: i32,
    ) -> Vec<Cell> {
        sqlx::query_as(
            "SELECT country, region, users, is_hidden FROM partner_active_users($1, $2, $2, $3)",
        )
        .bind(client)
        .bind(self.day(after))
        .bind(days)
        .fetch_all(asked)
        .await
        .unwrap()
    }
}

/// Three in Belgium, eleven in Bretagne, six in Alsace, seven of another client.
pub(super) async fn four_groups() -> Story {
    let mut story = Story::new().await;
    let bretagne = ("FR", Some("Bretagne"));
    story.act("app", bretagne, (1, 11), 0, "film opened").await;
    story
        .act("app", ("FR", Some("Alsace")), (12, 17), 0, "film opened")
        .await;
    story
        .act("app", ("BE", None), (18, 20), 0, "film opened")
        .await;
    story.act("rival", bretagne, (1, 7), 0, "film opened").await;
    story
}
