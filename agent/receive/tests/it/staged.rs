//! A receiver with a database of its own, and a client of it.

use std::time::Duration;

use event_receiver::{Receiver, Settings};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use schema::{
    events::{
        client,
        key::{self, NewKey},
    },
    scratch::Scratch,
    secret::{Secret, SecretKind},
};
use serde_json::Value;
use sqlx::PgPool;

const DAY: Duration = Duration::from_hours(24);
/// Far beyond what anything here takes.
const BOUND: Duration = Duration::from_secs(50);

/// A receiver that runs in this process.
pub(crate) struct Staged {
    pub(crate) db: PgPool,
    pub(crate) client_id: i16,
    pub(crate) receiver: Receiver,
    pub(crate) secret: Secret,
    pub(crate) key_id: i32,
    pub(crate) http: Client,
}

/// What a new key may do, in tests.
pub(crate) struct KeyOptions<'a> {
    pub(crate) origins: &'a [&'a str],
    pub(crate) events: &'a [&'a str],
    pub(crate) mode: &'a str,
    pub(crate) per_second: i32,
}

impl Default for KeyOptions<'_> {
    fn default() -> Self {
        Self {
            origins: &[],
            events: &[],
            mode: "off",
            per_second: 1_000_000,
        }
    }
}

/// Settings of a receiver on free ports.
pub(crate) fn settings(url: &str) -> Settings {
    let mut settings = Settings::default();
    settings.database.url = serde_json::from_value(url.into()).unwrap();
    settings.receive.listen.set_port(0);
    settings.receive.probes.set_port(0);
    settings
}

impl Staged {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let scratch = Scratch::new().await.unwrap();
        Self::on(scratch.db, &scratch.url, change).await
    }

    pub(crate) async fn on(db: PgPool, url: &str, change: impl FnOnce(&mut Settings)) -> Self {
        // The first test of a process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client_id = client::put(&db, "app", "Europe/Paris", 1, DAY)
            .await
            .unwrap();
        let (secret, key_id) = create_key(&db, client_id, &KeyOptions::default()).await;
        let mut settings = settings(url);
        change(&mut settings);
        let receiver = Receiver::start(&settings).unwrap();
        let staged = Self {
            db,
            client_id,
            receiver,
            secret,
            key_id,
            http: Client::builder().timeout(BOUND).build().unwrap(),
        };
        staged.until_ready(StatusCode::OK).await;
        staged
    }

    pub(crate) async fn key(&self, options: &KeyOptions<'_>) -> Secret {
        create_key(&self.db, self.client_id, options).await.0
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.receiver.address)
    }

    /// A request with the staged key.
    pub(crate) fn request(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self
            .http
            .post(self.url(path))
            .bearer_auth(self.secret.expose());
        request
            .header("Content-Type", "application/json")
            .body(body)
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(path, body.to_string()).send().await.unwrap()
    }

    /// Sends events that are all answered; returns the answers.
    pub(crate) async fn send(&self, body: &Value) -> Vec<Value> {
        let response = self.post("/v1/events", body).await;
        assert_eq!(response.status(), StatusCode::OK);
        results(response).await
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM {table}");
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(statement));
        count.fetch_one(&self.db).await.unwrap()
    }

    /// Waits until `/ready` answers so.
    pub(crate) async fn until_ready(&self, status: StatusCode) {
        let ready = format!("http://{}/ready", self.receiver.probes);
        let wait = async {
            loop {
                if self.http.get(&ready).send().await.unwrap().status() == status {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(BOUND, wait)
            .await
            .expect("the receiver gets ready");
    }

    /// Returns a line of `/metrics`, without its name.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let url = format!("http://{}/metrics", self.receiver.probes);
        let text = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }
}

pub(crate) async fn create_key(
    db: &PgPool,
    client_id: i16,
    options: &KeyOptions<'_>,
) -> (Secret, i32) {
    let secret = Secret::generate(SecretKind::EventKey);
    let owned = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let key = NewKey {
        client_id,
        name: "app",
        hash: &secret.hash(),
        is_public: !options.origins.is_empty(),
        schema_mode: options.mode,
        events_per_second: options.per_second,
        origins: &owned(options.origins),
        events: &owned(options.events),
        expires_in: None,
    };
    let key_id = key::create(db, &key).await.unwrap();
    (secret, key_id)
}

/// The results in a body.
pub(crate) async fn results(response: Response) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    body["results"].as_array().unwrap().clone()
}

/// The words of results.
pub(crate) fn words(results: &[Value]) -> Vec<&str> {
    results
        .iter()
        .map(|one| one["result"].as_str().unwrap())
        .collect()
}
