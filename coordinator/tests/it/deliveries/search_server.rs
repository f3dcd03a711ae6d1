//! An Elasticsearch of the tests: it has `_bulk`, `_refresh`, `_delete_by_query` and `_count`, and enforces
//! their protocol. What a client does wrong is answered with 400 and noted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    web::{self, Bytes, Data},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::search_index::{Index, Stored, fits};

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// Bytes of a body at most, if not 0.
    pub(super) max_body: usize,
    /// So many requests of `_bulk` have every second document refused with 429.
    pub(super) throttled: u32,
    /// So many requests of any kind are answered with 503.
    pub(super) unavailable: u32,
    /// The seconds of their Retry-After, if not 0.
    pub(super) retry_after: u64,
    /// The request of `_bulk` of this number, from 1, is carried out and never answered.
    pub(super) unanswered: u32,
    /// So many deletions find that documents changed meanwhile.
    pub(super) conflicts: u32,
}

#[derive(Debug, Default)]
struct State {
    rules: Rules,
    indices: BTreeMap<String, Index>,
    violations: Vec<String>,
    bulks: u32,
}

/// The server; it ends with its value.
#[derive(Debug)]
pub(super) struct SearchServer {
    state: Arc<Mutex<State>>,
    reached: Arc<Notify>,
    address: String,
    handle: ServerHandle,
}

impl Drop for SearchServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl SearchServer {
    pub(super) fn start(rules: Rules) -> Self {
        let state = Arc::new(Mutex::new(State {
            rules,
            ..State::default()
        }));
        let reached = Arc::new(Notify::new());
        let (shared, notify) = (Data::new(state.clone()), Data::new(reached.clone()));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(notify.clone())
                .app_data(web::PayloadConfig::new(64 << 20))
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let address = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            state,
            reached,
            address,
            handle,
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Waits until the request that is never answered is carried out.
    pub(super) async fn reached(&self) {
        self.reached.notified().await;
    }

    pub(super) fn set(&self, rules: Rules) {
        self.state.lock().unwrap().rules = rules;
    }

    /// Requests that are still to be answered with 503.
    pub(super) fn unavailable(&self) -> u32 {
        self.state.lock().unwrap().rules.unavailable
    }

    /// Requests of `_bulk` so far.
    pub(super) fn bulks(&self) -> u32 {
        self.state.lock().unwrap().bulks
    }

    /// The documents of an index by their values of a field, each with its day; a client did nothing wrong.
    pub(super) fn documents(&self, index: &str, field: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        assert_eq!(state.violations, [""; 0]);
        let Some(index) = state.indices.get(index) else {
            return Vec::new();
        };
        let mut found: Vec<String> = index
            .documents
            .values()
            .map(|one| {
                format!(
                    "{} {}",
                    one.source["fullhouse_day"].as_str().unwrap(),
                    one.source[field]
                )
            })
            .collect();
        found.sort();
        found
    }

    /// One document whose field has a value.
    pub(super) fn document(&self, index: &str, field: &str, value: &Value) -> Value {
        let state = self.state.lock().unwrap();
        let mut all = state.indices[index].documents.values();
        all.find(|one| one.source[field] == *value)
            .unwrap()
            .source
            .clone()
    }

    /// Builds of which an index has documents, over all days.
    pub(super) fn builds(&self, index: &str) -> usize {
        let state = self.state.lock().unwrap();
        let all = state.indices[index].documents.values();
        let builds: BTreeSet<_> = all
            .map(|one| {
                one.source["fullhouse_build"].to_string() + &one.source["fullhouse_day"].to_string()
            })
            .collect();
        builds.len()
    }

    pub(super) fn property(&self, index: &str, field: &str) -> Value {
        self.state.lock().unwrap().indices[index].properties[field].clone()
    }
}

async fn answer(
    request: HttpRequest,
    body: Bytes,
    state: Data<Arc<Mutex<State>>>,
    reached: Data<Arc<Notify>>,
) -> HttpResponse {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    // me:hidden
    if header("authorization") != "Basic bWU6aGlkZGVu" {
        return error(401, "security_exception", "unable to authenticate user");
    }
    let (answer, is_held) = {
        let mut state = state.lock().unwrap();
        if state.rules.unavailable > 0 {
            state.rules.unavailable -= 1;
            let mut answer = HttpResponse::ServiceUnavailable();
            if state.rules.retry_after > 0 {
                answer.insert_header(("retry-after", state.rules.retry_after.to_string()));
            }
            return answer.finish();
        }
        let parts: Vec<&str> = request.path().trim_matches('/').split('/').collect();
        let answer = match (request.method().as_str(), parts.as_slice()) {
            ("POST", ["_bulk"]) => state.bulk(&header("content-type"), &body),
            ("PUT", [index]) => state.make(index, &parsed(&body)),
            ("PUT", [index, "_mapping"]) => state.map(index, &parsed(&body)),
            ("POST", [index, "_refresh"]) => state.refresh(index),
            ("POST", [index, "_delete_by_query"]) => {
                state.delete(index, request.query_string(), &parsed(&body))
            }
            ("POST", [index, "_count"]) => state.count(index, &parsed(&body)),
            (method, _) => {
                let wrong = format!("{method} {}", request.path());
                state.wrong(&wrong)
            }
        };
        let is_held = parts == ["_bulk"] && state.rules.unanswered == state.bulks;
        (answer, is_held)
    };
    if is_held {
        reached.notify_one();
        std::future::pending::<()>().await;
    }
    answer
}

fn parsed(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap()
}

fn error(status: u16, kind: &str, reason: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    HttpResponse::build(status).json(json!({ "error": { "type": kind, "reason": reason } }))
}

impl State {
    fn wrong(&mut self, what: &str) -> HttpResponse {
        self.violations.push(what.to_owned());
        error(400, "illegal_argument_exception", what)
    }

    fn bulk(&mut self, content_type: &str, body: &Bytes) -> HttpResponse {
        self.bulks += 1;
        if content_type != "application/x-ndjson" {
            return self.wrong(&format!("_bulk with {content_type}"));
        }
        if self.rules.max_body > 0 && body.len() > self.rules.max_body {
            return HttpResponse::PayloadTooLarge().finish();
        }
        let text = std::str::from_utf8(body).unwrap();
        if !text.ends_with('\n') {
            return self.wrong("The bulk request must be terminated by a newline [\\n]");
        }
        let lines: Vec<&str> = text.lines().collect();
        let is_throttled = self.rules.throttled > 0;
        self.rules.throttled = self.rules.throttled.saturating_sub(1);
        let mut items = Vec::new();
        for (number, pair) in lines.chunks(2).enumerate() {
            let [action, source] = pair else {
                return self.wrong("an action without a source");
            };
            let (action, source): (Value, Value) = (
                serde_json::from_str(action).unwrap(),
                serde_json::from_str(source).unwrap(),
            );
            let target = &action["create"];
            let (Some(index), Some(id)) = (target["_index"].as_str(), target["_id"].as_str())
            else {
                return self.wrong(&format!(
                    "an action that is no create with _index and _id: {action}"
                ));
            };
            let Some(index) = self.indices.get_mut(index) else {
                return self.wrong(&format!("the index {index} would be made by chance"));
            };
            let refused = |status: u16, kind: &str, reason: String| json!({ "create": { "status": status, "error": { "type": kind, "reason": reason } } });
            let item = if is_throttled && number % 2 == 0 {
                refused(
                    429,
                    "es_rejected_execution_exception",
                    "queue is full".to_owned(),
                )
            } else if index.documents.contains_key(id) {
                refused(
                    409,
                    "version_conflict_engine_exception",
                    "exists".to_owned(),
                )
            } else if let Some(field) = index.unfit(&source) {
                refused(
                    400,
                    "document_parsing_exception",
                    format!("failed to parse field [{field}]"),
                )
            } else {
                let stored = Stored {
                    source,
                    is_visible: false,
                };
                index.documents.insert(id.to_owned(), stored);
                json!({ "create": { "status": 201, "result": "created" } })
            };
            items.push(item);
        }
        HttpResponse::Ok().json(json!({ "items": items }))
    }

    fn make(&mut self, index: &str, body: &Value) -> HttpResponse {
        if self.indices.contains_key(index) {
            return error(400, "resource_already_exists_exception", "it exists");
        }
        if body["mappings"]["dynamic"] != false {
            return self.wrong("a mapping that grows");
        }
        let properties = body["mappings"]["properties"].as_object().unwrap();
        let made = Index {
            properties: properties.clone().into_iter().collect(),
            documents: BTreeMap::new(),
        };
        self.indices.insert(index.to_owned(), made);
        HttpResponse::Ok().json(json!({ "acknowledged": true }))
    }

    fn map(&mut self, index: &str, body: &Value) -> HttpResponse {
        let index = self.indices.get_mut(index).unwrap();
        for (name, field) in body["properties"].as_object().unwrap() {
            let known = index
                .properties
                .entry(name.clone())
                .or_insert_with(|| field.clone());
            if known["type"] != field["type"] {
                let reason = format!("mapper [{name}] cannot be changed");
                return error(400, "illegal_argument_exception", &reason);
            }
        }
        HttpResponse::Ok().json(json!({ "acknowledged": true }))
    }

    fn refresh(&mut self, index: &str) -> HttpResponse {
        let Some(index) = self.indices.get_mut(index) else {
            return error(404, "index_not_found_exception", "no such index");
        };
        index
            .documents
            .values_mut()
            .for_each(|one| one.is_visible = true);
        HttpResponse::Ok().json(json!({}))
    }

    fn delete(&mut self, index: &str, query: &str, body: &Value) -> HttpResponse {
        if query != "conflicts=proceed&refresh=true" {
            return self.wrong(&format!("_delete_by_query with {query}"));
        }
        let conflicts = u32::from(self.rules.conflicts > 0);
        self.rules.conflicts -= conflicts;
        let documents = &mut self.indices.get_mut(index).unwrap().documents;
        let before = documents.len();
        if conflicts == 0 {
            documents.retain(|_, one| !(one.is_visible && fits(&one.source, &body["query"])));
        }
        HttpResponse::Ok().json(json!({
            "timed_out": false, "deleted": before - documents.len(), "version_conflicts": conflicts, "failures": []
        }))
    }

    fn count(&self, index: &str, body: &Value) -> HttpResponse {
        let documents = self.indices[index].documents.values();
        let count = documents
            .filter(|one| one.is_visible && fits(&one.source, &body["query"]))
            .count();
        HttpResponse::Ok().json(json!({ "count": count }))
    }
}
