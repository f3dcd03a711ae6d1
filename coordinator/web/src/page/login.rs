//! Signing in: a token in a form becomes a cookie that scripts and other sites cannot use.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::SET_COOKIE,
    web::{Data, Form, Query},
};
use askama::Template;
use schema::secret::{Secret, SecretKind};
use serde::Deserialize;

use super::{Frame, address, render};
use crate::{
    access::guard::{COOKIE_NAME, Guard, is_secure},
    problem::WebError,
    state::WebState,
};

/// The page.
#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    next: String,
    is_refused: bool,
}

/// Where to go afterwards, and what happened before.
#[derive(Debug, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
    /// Present after a token was refused.
    refused: Option<String>,
}

/// `GET /login`.
///
/// # Errors
///
/// If the page cannot be rendered.
pub async fn login(
    request: HttpRequest,
    state: Data<WebState>,
    query: Query<Next>,
) -> Result<HttpResponse, WebError> {
    let page = LoginPage {
        frame: Frame::of(&request, &state, "Sign in", "login"),
        next: below_root(&query.next),
        is_refused: query.refused.is_some(),
    };
    render(&request, &page)
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Credentials {
    token: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`: goes on with a cookie, or shows the form again if the token is not valid.
///
/// # Errors
///
/// If the database does not answer, or tokens are tried too often.
pub async fn submit(
    request: HttpRequest,
    state: Data<WebState>,
    guard: Data<Guard>,
    form: Form<Credentials>,
) -> Result<HttpResponse, WebError> {
    let secret = Secret::parse(SecretKind::Token, form.token.trim());
    let viewer = match &secret {
        Some(secret) => guard.tokens.find(&state.db, &guard.rates, secret).await?,
        None => None,
    };
    let (Some(secret), Some(viewer)) = (secret, viewer) else {
        let next = address::encode(form.next.trim_start_matches("./"));
        return Ok(HttpResponse::SeeOther()
            .insert_header(("Location", format!("./login?refused=yes&next={next}")))
            .insert_header(("Cache-Control", "no-store"))
            .finish());
    };
    tracing::info!(token = viewer.who, "a browser signed in");
    let secure = if is_secure(&request) { "; Secure" } else { "" };
    Ok(HttpResponse::SeeOther()
        .insert_header(("Location", below_root(&form.next)))
        .insert_header((
            SET_COOKIE,
            format!(
                "{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict{secure}",
                secret.expose()
            ),
        ))
        .finish())
}

/// `POST /logout`.
pub async fn logout() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header(("Location", "./login"))
        .insert_header((
            SET_COOKIE,
            format!("{COOKIE_NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"),
        ))
        .finish()
}

/// Sends a browser without a token to the form, which sends it back.
#[must_use]
pub fn redirect(request: &HttpRequest) -> HttpResponse {
    let depth = request.path().matches('/').count().saturating_sub(1);
    let next = request
        .uri()
        .path_and_query()
        .map_or("", |path| path.as_str());
    let next = address::encode(next.trim_start_matches('/'));
    HttpResponse::SeeOther()
        .insert_header(("Location", format!("{}login?next={next}", up(depth))))
        .insert_header(("Cache-Control", "no-store"))
        .finish()
}

fn up(depth: usize) -> String {
    if depth == 0 {
        "./".to_owned()
    } else {
        "../".repeat(depth)
    }
}

/// A path of this server, whatever was asked for: it begins with `./`, so it names no other host.
fn below_root(next: &str) -> String {
    let is_plain = next
        .bytes()
        .all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\');
    if is_plain {
        format!("./{next}")
    } else {
        "./".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_nowhere_but_here() {
        assert_eq!(below_root("sources/bhd?zone=utc"), "./sources/bhd?zone=utc");
        assert_eq!(below_root("//evil.example"), ".///evil.example");
        assert_eq!(below_root("https://evil.example"), "./https://evil.example");
        assert_eq!(below_root("\\\\evil"), "./");
        assert_eq!(below_root("a\r\nSet-Cookie: b"), "./");
    }
}
