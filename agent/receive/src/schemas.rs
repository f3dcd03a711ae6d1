//! The schemas of clients, compiled once.
//!
//! They are read again after some seconds; a version never changes, so what is compiled stays. While
//! the database does not answer, those that were read last are used.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use event_contract::{EventSchema, ReceivedEvent, SchemaVersion};
use schema::events::schema::{StoredSchema, of_client};
use serde_json::Value;
use tokio::{sync::Mutex as AsyncMutex, task::spawn_blocking};
use tracing::warn;

use crate::{database::Database, problem::Problem};

/// Schemas are read again after this time.
const FRESH: Duration = Duration::from_secs(5);

/// The schemas of one client.
#[derive(Debug, Default)]
pub(crate) struct ClientSchemas {
    events: HashMap<String, Vec<Version>>,
}

#[derive(Debug, Clone)]
struct Version {
    number: SchemaVersion,
    document: Arc<Value>,
    /// `None` if the document is no schema that can be checked.
    schema: Option<Arc<EventSchema>>,
}

impl ClientSchemas {
    /// Returns the schema that an event is checked against.
    pub(crate) fn of(&self, event: &ReceivedEvent) -> Option<(SchemaVersion, &EventSchema)> {
        let versions = self.events.get(&event.name)?;
        let usable = versions.iter().filter(|one| one.schema.is_some());
        let numbers = usable.map(|one| one.number);
        let chosen = SchemaVersion::choose(numbers, event.schema_version)?;
        let found = versions.iter().find(|one| one.number == chosen)?;
        Some((chosen, found.schema.as_deref()?))
    }

    /// Compiles the schemas of a client, except those that `before` has.
    pub(crate) fn compile(stored: Vec<StoredSchema>, before: &Self, client_id: i16) -> Self {
        let mut events: HashMap<String, Vec<Version>> = HashMap::new();
        for one in stored {
            let part = |number: i16| u16::try_from(number).unwrap_or_default();
            let number = SchemaVersion {
                model: part(one.model),
                revision: part(one.revision),
                addition: part(one.addition),
            };
            let known = before.events.get(&one.event).and_then(|versions| {
                let same =
                    |known: &&Version| known.number == number && *known.document == one.document;
                versions.iter().find(same).cloned()
            });
            let compiled = known.unwrap_or_else(|| {
                let schema = EventSchema::compile(&one.document)
                    .inspect_err(|error| {
                        let event = &one.event;
                        warn!(client_id, event, version = %number, %error, "a schema cannot be used: register another version");
                    })
                    .ok();
                Version {
                    number,
                    document: Arc::new(one.document),
                    schema: schema.map(Arc::new),
                }
            });
            events.entry(one.event).or_default().push(compiled);
        }
        Self { events }
    }
}

/// The schemas of all clients whose keys check them.
#[derive(Debug)]
pub(crate) struct Schemas {
    database: Database,
    clients: Mutex<HashMap<i16, Arc<AsyncMutex<Slot>>>>,
}

#[derive(Debug, Default)]
struct Slot {
    schemas: Option<Arc<ClientSchemas>>,
    tried_at: Option<Instant>,
}

impl Schemas {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            clients: Mutex::default(),
        }
    }

    /// Returns the schemas of a client.
    ///
    /// # Errors
    ///
    /// [`Problem::Unavailable`] if they were never read and the database does not answer.
    pub(crate) async fn of_client(&self, client_id: i16) -> Result<Arc<ClientSchemas>, Problem> {
        let slot = {
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.entry(client_id).or_default().clone()
        };
        let mut slot = slot.lock().await;
        if slot.tried_at.is_none_or(|at| at.elapsed() >= FRESH) {
            slot.tried_at = Some(Instant::now());
            let read = self
                .database
                .run(move |db| async move { of_client(&db, client_id).await })
                .await;
            if let Ok(stored) = read {
                let before = slot.schemas.clone().unwrap_or_default();
                let compiled =
                    spawn_blocking(move || ClientSchemas::compile(stored, &before, client_id));
                slot.schemas = compiled.await.ok().map(Arc::new).or(slot.schemas.take());
            }
        }
        if slot.schemas.is_none() {
            // The next request tries again.
            slot.tried_at = None;
        }
        slot.schemas.clone().ok_or(Problem::Unavailable)
    }
}
