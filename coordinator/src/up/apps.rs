//! The simulated apps of a local fleet: a client with a key, an experiment, and a history to look at.

use std::time::Duration;

use anyhow::Context as _;
use schema::{
    events::{
        client,
        experiment::{self, ExperimentMetric, NewExperiment},
        key::{self, NewKey},
    },
    private,
    secret::{Secret, SecretKind},
};
use sqlx::PgPool;

use super::{UpSettings, children::Child};

/// The client whose apps are simulated.
const CLIENT: &str = "cinema-app";
/// Days of history that the apps send first: so much that retention and the experiment show something.
const HISTORY_DAYS: u32 = 35;
const DAY: Duration = Duration::from_hours(24);

/// Makes the client, its key and the experiment where they are missing; returns the apps, ready to be
/// started.
///
/// # Errors
///
/// If the database cannot be asked, or the file of the key cannot be written.
pub(super) async fn apps(
    db: &PgPool,
    settings: &UpSettings,
    receiver: &str,
) -> anyhow::Result<Child> {
    let file = settings.directory.join("event.key");
    let kept =
        private::read(&file)?.and_then(|text| Secret::parse(SecretKind::EventKey, text.trim()));
    let is_valid = match &kept {
        Some(secret) => key::find(db, &secret.hash()).await?.is_some(),
        None => false,
    };
    let (secret, history) = if let Some(secret) = kept.filter(|_| is_valid) {
        (secret, 0)
    } else {
        let secret = Secret::generate(SecretKind::EventKey);
        make_client(db, &secret).await?;
        private::write(&file, secret.expose())?;
        (secret, HISTORY_DAYS)
    };
    Ok(Child::named("apps", "simulated-chains")
        .args([
            "apps".to_owned(),
            format!("--to={receiver}"),
            format!("--people={}", settings.people),
            format!("--history={history}"),
        ])
        .env("FULLHOUSE_EVENT_KEY", secret.expose()))
}

async fn make_client(db: &PgPool, secret: &Secret) -> anyhow::Result<()> {
    let mut transaction = db.begin().await?;
    let client_id = client::put(&mut *transaction, CLIENT, "Europe/Paris", 1, DAY)
        .await
        .context("the client of the simulated apps cannot be made")?;
    let new = NewKey {
        client_id,
        name: "simulated apps",
        hash: &secret.hash(),
        is_public: false,
        schema_mode: "warn",
        events_per_second: 5_000,
        origins: &[],
        events: &[],
        expires_in: None,
    };
    key::create(&mut *transaction, &new).await?;
    let experiment = NewExperiment {
        client_id,
        name: "seat-map",
        exposure_event: "seats opened",
        property: "layout",
        variations: &["old".to_owned(), "new".to_owned()],
        weights: &[1.0, 1.0],
        began_ago: DAY * HISTORY_DAYS,
        conversion_window: DAY,
        covariate_window: 14 * DAY,
    };
    let metric = |metric_id, name: &str, kind: &str, property: Option<&str>| ExperimentMetric {
        metric_id,
        name: name.to_owned(),
        kind: kind.to_owned(),
        goal: "increase".to_owned(),
        event: "ticket bought".to_owned(),
        property: property.map(str::to_owned),
    };
    let metrics = [
        metric(1, "bought a ticket", "share", None),
        metric(2, "spent", "sum", Some("amount")),
    ];
    // An earlier start of this fleet may have made it.
    experiment::create(&mut transaction, &experiment, &metrics).await?;
    transaction.commit().await?;
    Ok(())
}
