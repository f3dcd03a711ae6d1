//! One request leads to another: redirects, and the addresses of further pages.

use http::header::LOCATION;
use vocabulary::ErrorClass;

use super::{NextRequest, Problem, Response};
use crate::{response::header_of, source::Request};

/// Returns what to ask next where the answer sends us elsewhere.
///
/// # Errors
///
/// [`ErrorClass::Redirected`] if it was `at_most` times already, or leads nowhere.
pub(super) fn redirected(
    asked: &NextRequest,
    response: &Response,
    at_most: u8,
) -> Result<Option<NextRequest>, Problem> {
    let keep = match response.status {
        301..=303 => false,
        307 | 308 => true,
        _ => return Ok(None),
    };
    let fail = |message: String| Problem {
        http_status: Some(response.status),
        ..Problem::new(ErrorClass::Redirected, message)
    };
    let Some(location) = header_of(&response.headers, LOCATION) else {
        return Err(fail(format!("status {} leads nowhere", response.status)));
    };
    if asked.hops >= at_most {
        let message = format!(
            "status {} again, after {at_most} redirects; `request.redirects` allows no more",
            response.status
        );
        return Err(fail(message));
    }
    let request = asked.request.led_to(&location, keep);
    let request = request.map_err(|error| fail(format!("a redirect is not followed: {error}")))?;
    Ok(Some(NextRequest {
        request,
        hops: asked.hops + 1,
        ..asked.clone()
    }))
}

/// Returns the request for the page at `link`.
///
/// # Errors
///
/// [`ErrorClass::Malformed`] if that is no address.
pub(super) fn led_to(request: &Request, link: &str) -> Result<Request, Problem> {
    request.led_to(link, true).map_err(|error| {
        let message = format!("the link to the next page is not followed: {error}");
        Problem::new(ErrorClass::Malformed, message)
    })
}
