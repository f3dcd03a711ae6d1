//! The web server of a coordinator, for readers that find tables by the REST catalog.

use coordinator::{
    config::Settings,
    web::{Serving, serve},
};
use schema::{
    secret::{Secret, SecretKind},
    token,
};
use source_language::source::SecretRules;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::fixture::World;

/// A server that ends with it.
pub(crate) struct Catalog {
    /// What clients take as the address of the catalog.
    pub(crate) address: String,
    /// A token with the scope to read.
    pub(crate) token: String,
    serving: Serving,
    _sampling: DropGuard,
}

impl Catalog {
    pub(crate) async fn start(world: &World) -> Self {
        let secret = Secret::generate(SecretKind::Token);
        sqlx::query("DELETE FROM api_token")
            .execute(&world.db)
            .await
            .unwrap();
        token::create(&world.db, "reader", "read", &secret.hash(), None)
            .await
            .unwrap();
        let settings = Settings {
            database: serde_json::from_value(serde_json::json!({ "url": world.url })).unwrap(),
            ..Settings::default()
        };
        let stop = CancellationToken::new();
        let listen = ([127, 0, 0, 1], 0).into();
        let rules = SecretRules::default();
        let serving = serve(&settings, listen, rules, stop.clone()).unwrap();
        Self {
            address: format!("http://{}/v1/iceberg", serving.address),
            token: secret.expose().to_owned(),
            serving,
            _sampling: stop.drop_guard(),
        }
    }

    pub(crate) async fn stop(self) {
        self.serving.stop().await;
    }
}
