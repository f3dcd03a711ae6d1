//! The middleware that every request passes before its handler.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpMessage as _, HttpRequest,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{AUTHORIZATION, COOKIE, HeaderMap},
    },
    middleware::Next,
    web::Data,
};
use schema::{
    reading::request,
    secret::{Secret, SecretKind},
};
use sqlx::PgPool;
use tokio::time::timeout;

use super::{
    client::{Client, RequestNames},
    origin,
    rate::Rates,
    routes::{Methods, Needs, needs},
    tokens::Tokens,
    viewer::{Scope, Viewer},
};
use crate::{problem::WebError, state::WebState};

/// Name of the cookie that carries the token of a browser.
pub const COOKIE_NAME: &str = "fullhouse_token";

/// The longest time that a request may take, the reading of its body included.
const MAX_TIME: Duration = Duration::from_secs(30);

/// What the guards of all workers share.
#[derive(Clone)]
pub struct Guard {
    /// The tokens that were used lately.
    pub tokens: Arc<Tokens>,
    /// How often each viewer may ask.
    pub rates: Arc<Rates>,
    /// The names of requests in the database.
    pub names: Arc<RequestNames>,
}

impl Guard {
    /// Makes a guard with the rates of the settings.
    #[must_use]
    pub fn new(state: &WebState) -> Self {
        Self {
            tokens: Arc::default(),
            rates: Arc::new(Rates::new(state.settings.requests_per_second)),
            names: Arc::default(),
        }
    }
}

/// Lets a request through, with its viewer, or answers it with the reason why not.
///
/// # Errors
///
/// If the request takes longer than it may.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<BoxBody>>, actix_web::Error> {
    // The server itself leaves out the body of an answer to HEAD.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    match admit(&request).await {
        Ok(viewer) => {
            if let Some(viewer) = viewer {
                request.extensions_mut().insert(viewer);
            }
        }
        Err(refusal) => {
            return Ok(request.error_response(refusal).map_into_left_body());
        }
    }
    let waiting = Waiting::of(&request);
    let name = waiting.name.clone();
    let answer = timeout(MAX_TIME, request::on_behalf_of(&name, next.call(request)));
    tokio::select! {
        answer = answer => match answer {
            Ok(answer) => Ok(answer?.map_into_boxed_body().map_into_right_body()),
            Err(_) => Err(WebError::TookTooLong(MAX_TIME.as_secs()).into()),
        },
        () = waiting.client_left() => {
            // The handler has been dropped; its statement runs until it is cancelled.
            if let Some(db) = &waiting.db
                && let Err(error) = request::cancel(db, &name).await
            {
                tracing::warn!(%error, "a statement without a reader could not be ended");
            }
            Err(WebError::ClientLeft.into())
        }
    }
}

/// Who waits for the answer to a request.
struct Waiting {
    name: String,
    db: Option<PgPool>,
    client: Option<Arc<Client>>,
}

impl Waiting {
    fn of(request: &ServiceRequest) -> Self {
        let guard = request.app_data::<Data<Guard>>();
        let pattern = request.match_pattern().unwrap_or_default();
        // What changes something is carried out, whether or not its answer is read.
        let reads = *request.method() == Method::GET;
        Self {
            name: guard.map_or_else(String::new, |guard| guard.names.next(&pattern)),
            db: request
                .app_data::<Data<WebState>>()
                .map(|state| state.db.clone()),
            client: request
                .conn_data::<Arc<Client>>()
                .filter(|_| reads)
                .cloned(),
        }
    }

    /// Returns once the client of a read has left; never if that cannot be known.
    async fn client_left(&self) {
        match &self.client {
            Some(client) => client.left().await,
            None => std::future::pending().await,
        }
    }
}

/// Decides about a request.
async fn admit(request: &ServiceRequest) -> Result<Option<Viewer>, WebError> {
    let (Some(state), Some(guard), Some(methods)) = (
        request.app_data::<Data<WebState>>(),
        request.app_data::<Data<Guard>>(),
        request.app_data::<Data<Methods>>(),
    ) else {
        return Err(WebError::Internal("the server has no state".into()));
    };
    let method = request.method();
    if has_nul(request.path()) || has_nul(request.query_string()) {
        return Err(WebError::BadRequest(
            "the address contains a zero byte".to_owned(),
        ));
    }
    let needed = match request.match_pattern() {
        Some(pattern) => needs(method, &pattern)
            .ok_or_else(|| WebError::MethodNotAllowed(methods.allowed(&pattern)))?,
        // Nothing is there; whether it could be is for viewers alone.
        None => Needs::Scope(Scope::Read),
    };
    let headers = request.headers();
    let host = origin::host(
        headers,
        request
            .uri()
            .authority()
            .map(actix_web::http::uri::Authority::as_str),
    );
    let changes = *method != Method::GET;
    if changes && state.settings.read_only && needed != Needs::Nothing {
        return Err(WebError::Forbidden(
            "this server is read-only: web.read_only is set".to_owned(),
        ));
    }
    let viewer = match needed {
        Needs::Nothing => None,
        Needs::Scope(_) => Some(authenticate(request, state, guard, &host).await?),
    };
    if changes {
        let trusted = &state.settings.trusted_origins;
        origin::check(headers, &host, trusted, headers.contains_key(AUTHORIZATION))
            .map_err(WebError::Forbidden)?;
    }
    if let (Some(viewer), Needs::Scope(scope)) = (&viewer, needed) {
        guard.rates.count(&viewer.key())?;
        if viewer.scope < scope {
            return Err(WebError::Forbidden(format!(
                "this needs the scope {}; {} has the scope {}",
                scope.word(),
                viewer.who,
                viewer.scope.word()
            )));
        }
    }
    Ok(viewer)
}

/// A zero byte cannot be stored or compared by the database.
fn has_nul(text: &str) -> bool {
    text.contains("%00") || text.contains('\0')
}

async fn authenticate(
    request: &ServiceRequest,
    state: &WebState,
    guard: &Guard,
    host: &str,
) -> Result<Viewer, WebError> {
    let headers = request.headers();
    let (text, is_by_cookie) = match (bearer(headers), cookie(headers, COOKIE_NAME)) {
        (Some(text), _) => (Some(text), false),
        (None, Some(text)) => (Some(text), true),
        (None, None) => (None, false),
    };
    let is_local = state.settings.open_on_loopback
        && request
            .peer_addr()
            .is_some_and(|peer| peer.ip().is_loopback())
        && origin::is_loopback_name(host)
        && !origin::is_forwarded(headers);
    let local = is_local.then(|| Viewer {
        who: "a user of this machine".to_owned(),
        scope: Scope::Operate,
        token_id: None,
        is_by_cookie: false,
    });
    let Some(text) = text else {
        return local.ok_or_else(|| {
            WebError::Unauthorized(
                "this needs a token in the header Authorization: Bearer fh_…; `coordinator token \
                 create` makes one"
                    .to_owned(),
            )
        });
    };
    let viewer = match Secret::parse(SecretKind::Token, text) {
        Some(secret) => guard.tokens.find(&state.db, &guard.rates, &secret).await?,
        None => None,
    };
    let viewer = viewer.map(|viewer| Viewer {
        is_by_cookie,
        ..viewer
    });
    // Browsers send a cookie to every port of a host: it may be that of another fleet.
    viewer.or(local.filter(|_| is_by_cookie)).ok_or_else(|| {
        WebError::Unauthorized(
            "this token is unknown, revoked or expired; `coordinator token list` shows all"
                .to_owned(),
        )
    })
}

/// The token in the header `Authorization`; an empty text for another scheme.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let is_bearer = value
        .get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "));
    Some(if is_bearer { value[7..].trim() } else { "" })
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name && !value.is_empty()).then_some(value))
}

/// Whether the client speaks TLS, to us or to a proxy before us.
#[must_use]
pub fn is_secure(request: &HttpRequest) -> bool {
    request.connection_info().scheme() == "https"
}
