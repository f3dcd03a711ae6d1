//! A database, the application on it, and requests to it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    App,
    body::{BoxBody, EitherBody},
    dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    test::{self, TestRequest},
};
use fleet_web::{
    access::guard::Guard,
    operations::{
        Action, Actor, Done, Finding, Operation, OperationError, Operations, Trial, TrialResult,
        alert::{AlertReceiver, AlertRunbook, RunbookStep},
        event::{EventAction, MadeKey},
    },
    sampler::Sampler,
    server,
    settings::WebSettings,
    state::WebState,
};
use schema::{
    scratch::Scratch,
    secret::{Secret, SecretKind},
    token,
};
use serde_json::Value;
use sqlx::PgPool;
use telemetry::TelemetrySettings;
use tokio::sync::Notify;

/// A coordinator that writes down what it is asked.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) acted: Mutex<Vec<(Actor, Action)>>,
    /// Whether its examination never ends.
    pub(crate) examines_for_ever: AtomicBool,
    /// Told when such an examination begins.
    pub(crate) begun: Notify,
    /// Told when such an examination is given up.
    pub(crate) given_up: Notify,
    /// Who is notified of alerts.
    pub(crate) receivers: Vec<AlertReceiver>,
}

/// Tells somebody that it was dropped.
struct Dropped<'a>(&'a Notify);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Operations for Recorder {
    fn examine(&self) -> Operation<'_, Vec<Finding>> {
        Box::pin(async {
            if self.examines_for_ever.load(Ordering::Relaxed) {
                let _dropped = Dropped(&self.given_up);
                self.begun.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(Vec::new())
        })
    }

    fn act(&self, actor: Actor, action: Action) -> Operation<'_, Done> {
        Box::pin(async move {
            match &action {
                Action::PauseSource { source } if source == "none" => {
                    return Err(OperationError::NotFound(
                        "there is no source none".to_owned(),
                    ));
                }
                _ => {}
            }
            let makes_key = matches!(action, Action::Event(EventAction::CreateKey(_)));
            let mut acted = self.acted.lock().unwrap();
            acted.push((actor, action));
            Ok(Done {
                sentences: vec![format!("done {}", acted.len())],
                audit_id: Some(i64::try_from(acted.len()).unwrap()),
                made_key: makes_key.then(|| MadeKey {
                    key_id: 7,
                    secret: Secret::generate(SecretKind::EventKey),
                }),
            })
        })
    }

    fn alert_receivers(&self) -> &[AlertReceiver] {
        &self.receivers
    }

    fn alert_runbook(&self, condition: &str, subject: &str) -> Option<AlertRunbook> {
        (condition == "source_blocked").then(|| AlertRunbook {
            look: vec![RunbookStep {
                what: "why".to_owned(),
                code: Some(format!("coordinator source show {subject}")),
            }],
            act: vec![RunbookStep {
                what: "settle it".to_owned(),
                code: None,
            }],
        })
    }

    fn explain_task(&self, _: i64) -> Operation<'_, String> {
        Box::pin(async { Err(OperationError::NotFound("no task".to_owned())) })
    }

    fn archived_body(&self, _: Vec<u8>) -> Operation<'_, Option<Vec<u8>>> {
        Box::pin(async { Ok(None) })
    }

    fn try_definition(&self, _: Trial) -> Operation<'_, TrialResult> {
        Box::pin(async { Err(OperationError::Invalid("no definition".to_owned())) })
    }
}

pub(crate) struct World {
    pub(crate) db: PgPool,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) settings: WebSettings,
    pub(crate) telemetry: TelemetrySettings,
    _scratch: Scratch,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: actix_web::http::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Fails unless this is a problem document of the status.
    pub(crate) fn assert_problem(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for field in ["type", "title", "detail"] {
            assert!(!problem[field].as_str().unwrap().is_empty(), "{field}");
        }
    }
}

impl World {
    pub(crate) async fn new(settings: WebSettings) -> Self {
        let scratch = Scratch::new().await.unwrap();
        Self {
            db: scratch.db.clone(),
            recorder: Arc::new(Recorder {
                receivers: vec![AlertReceiver {
                    name: "pager".to_owned(),
                    kind: "webhook",
                    severity: "critical",
                }],
                ..Recorder::default()
            }),
            settings,
            telemetry: TelemetrySettings::default(),
            _scratch: scratch,
        }
    }

    pub(crate) fn state(&self) -> WebState {
        WebState {
            db: self.db.clone(),
            settings: Arc::new(self.settings.clone()),
            telemetry: self.telemetry.clone(),
            sampler: Sampler::default(),
            overview: Arc::default(),
            operations: Arc::clone(&self.recorder) as Arc<dyn Operations>,
        }
    }

    pub(crate) fn app(
        &self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<EitherBody<BoxBody>>,
            Error = actix_web::Error,
            InitError = (),
        > + use<>,
    > {
        let state = self.state();
        let guard = Guard::new(&state);
        server::app(state, guard)
    }

    /// Stores a token with this scope, and returns its text.
    pub(crate) async fn token(&self, name: &str, scope: &str) -> String {
        self.token_for(name, scope, None).await
    }

    /// Stores a token that ends after some time, and returns its text.
    pub(crate) async fn token_for(
        &self,
        name: &str,
        scope: &str,
        expires: Option<Duration>,
    ) -> String {
        let secret = Secret::generate(SecretKind::Token);
        let made = token::create(&self.db, name, scope, &secret.hash(), expires)
            .await
            .unwrap();
        assert!(made);
        secret.expose().to_owned()
    }

    /// Sends one request to a server of its own.
    pub(crate) async fn ask(&self, request: TestRequest) -> Answer {
        let app = test::init_service(self.app()).await;
        send(&app, request.to_request()).await
    }
}

/// Sends a request.
pub(crate) async fn send<S, R>(app: &S, request: R) -> Answer
where
    S: Service<R, Response = ServiceResponse<EitherBody<BoxBody>>, Error = actix_web::Error>,
{
    let answer = test::call_service(app, request).await;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = test::read_body(answer).await;
    Answer {
        status,
        headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub(crate) fn get(path: &str) -> TestRequest {
    request(Method::GET, path)
}

/// A request of a program: a body of JSON, and no header of a browser.
pub(crate) fn post(path: &str, body: &Value) -> TestRequest {
    request(Method::POST, path).set_json(body)
}

pub(crate) fn request(method: Method, path: &str) -> TestRequest {
    let peer: SocketAddr = "203.0.113.7:5000".parse().unwrap();
    TestRequest::default()
        .method(method)
        .uri(path)
        .peer_addr(peer)
        .insert_header(("Host", "fleet:9080"))
}

/// Adds a token.
pub(crate) fn bearing(token: &str, request: TestRequest) -> TestRequest {
    request.insert_header(("Authorization", format!("Bearer {token}")))
}
