//! The headers for web pages that send events with public keys.
//!
//! A preflight request has no key, so the origins of all public keys are known here, read again every
//! few seconds. What a key may do is judged when it is used. No cookie is ever asked for.

use std::sync::{Mutex, PoisonError};

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
};
use event_contract::PublicKeyPolicy;
use schema::events::key;

use crate::database::Database;

/// Headers of an answer that a page may read.
const EXPOSED: &str = "Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset";
/// Seconds for which a browser may remember a preflight.
const MAX_AGE: &str = "600";

/// The origins from which some key may be used.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    allowed: Mutex<Allowed>,
}

#[derive(Debug, Clone, Default)]
enum Allowed {
    /// None is known yet.
    #[default]
    Nothing,
    /// Some key may be used from everywhere.
    Everything,
    /// Those of these keys.
    Listed(PublicKeyPolicy),
}

impl Origins {
    /// Reads the origins of all keys in force.
    pub(crate) async fn read(&self, database: &Database) -> Result<(), sqlx::Error> {
        let origins = database
            .run(|db| async move { key::public_origins(&db).await })
            .await?;
        let allowed = if origins.iter().any(|origin| origin == "*") {
            Allowed::Everything
        } else {
            // One that cannot be read allows nothing.
            let sound: Vec<String> = origins
                .into_iter()
                .filter(|origin| {
                    PublicKeyPolicy::new(Some(std::slice::from_ref(origin)), None).is_ok()
                })
                .collect();
            PublicKeyPolicy::new(Some(&sound), None).map_or(Allowed::Nothing, Allowed::Listed)
        };
        *self.allowed.lock().unwrap_or_else(PoisonError::into_inner) = allowed;
        Ok(())
    }

    /// Returns the header `Origin` if some key may be used from there.
    pub(crate) fn allowed<'h>(&self, headers: &'h HeaderMap) -> Option<&'h HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let text = origin.to_str().ok()?;
        let allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_allowed = match &*allowed {
            Allowed::Nothing => false,
            Allowed::Everything => true,
            Allowed::Listed(policy) => policy.allow_origin(Some(text)).is_ok(),
        };
        is_allowed.then_some(origin)
    }
}

/// The answer to a preflight request; [`add`] says whether the page may go on.
pub(crate) fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "POST"))
        .insert_header((
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, content-encoding",
        ))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE))
        .finish()
}

/// Adds the headers for the page of an origin that is allowed, or `None`.
pub(crate) fn add(response: &mut HttpResponse, origin: Option<&HeaderValue>) {
    let mut insert = |name: HeaderName, value: HeaderValue| {
        response.headers_mut().insert(name, value);
    };
    insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        let exposed = HeaderValue::from_static(EXPOSED);
        insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}
