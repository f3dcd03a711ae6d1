//! The numbers of names of events. They never change, so they are remembered.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use schema::events::identity::resolve_names;

use crate::{database::Database, problem::Problem};

/// Names that are remembered, of all clients together; some 100 bytes each.
const MAX_REMEMBERED: usize = 200_000;

/// The names of all clients.
#[derive(Debug)]
pub(crate) struct Names {
    database: Database,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    clients: HashMap<i16, HashMap<String, i32>>,
    count: usize,
}

impl Names {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            known: RwLock::default(),
        }
    }

    /// Finds or makes the numbers of `names`. Those beyond the number of names that a client may have
    /// are not in the result.
    ///
    /// # Errors
    ///
    /// [`Problem::Unavailable`] if one is not known and the database does not answer.
    pub(crate) async fn resolve<'n>(
        &self,
        client_id: i16,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<HashMap<String, i32>, Problem> {
        let mut found: HashMap<String, i32> = HashMap::new();
        let mut missing: Vec<String> = Vec::new();
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let client = known.clients.get(&client_id);
            let mut last = "";
            for name in names {
                if name == last || found.contains_key(name) {
                    continue;
                }
                last = name;
                match client.and_then(|client| client.get(name)) {
                    Some(name_id) => {
                        found.insert(name.to_owned(), *name_id);
                    }
                    None => missing.push(name.to_owned()),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        missing.sort_unstable();
        missing.dedup();
        let made = self.database.run(move |db| async move {
            let mut connection = db.acquire().await?;
            resolve_names(&mut connection, client_id, &missing).await
        });
        let made = made.await.map_err(|_| Problem::Unavailable)?;
        self.remember(client_id, &made);
        found.extend(made);
        Ok(found)
    }

    fn remember(&self, client_id: i16, made: &[(String, i32)]) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.count + made.len() > MAX_REMEMBERED {
            *known = Known::default();
        }
        let client = known.clients.entry(client_id).or_default();
        let before = client.len();
        client.extend(made.iter().cloned());
        let new = client.len() - before;
        known.count += new;
    }
}
