//! The key in the header `Authorization`.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::problem::Problem;

/// Returns the key in the header: the user of Basic, as Segment's libraries send it, or a Bearer
/// token. `None` without a header.
///
/// Of Basic, the password is the key where the user is empty.
///
/// # Errors
///
/// [`Problem::UnknownKey`] for a header of another form.
pub(crate) fn from_header(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let text = header.to_str().map_err(|_| Problem::UnknownKey)?;
    let (scheme, value) = text.trim().split_once(' ').ok_or(Problem::UnknownKey)?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Some(value.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Problem::UnknownKey);
    }
    let pair = BASE64_STANDARD.decode(value).ok();
    let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
    let pair = pair.ok_or(Problem::UnknownKey)?;
    let (user, password) = pair.split_once(':').unwrap_or((&pair, ""));
    let key = if user.is_empty() { password } else { user };
    Ok(Some(key.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key(header: &str) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        from_header(&headers)
    }

    #[test]
    fn a_key_is_read_from_basic_and_bearer() {
        let basic = |pair: &str| format!("Basic {}", BASE64_STANDARD.encode(pair));
        for header in [
            "Bearer fhe_a".to_owned(),
            "bearer  fhe_a".to_owned(),
            basic("fhe_a:"),
            basic("fhe_a"),
            basic("fhe_a:secret"),
            basic(":fhe_a"),
        ] {
            assert_eq!(key(&header).unwrap().as_deref(), Some("fhe_a"), "{header}");
        }
        assert!(from_header(&HeaderMap::new()).unwrap().is_none());
    }

    #[test]
    fn another_header_is_refused() {
        for header in ["Basic %%", "Digest a", "fhe_a", "Basic /////w=="] {
            assert!(matches!(key(header), Err(Problem::UnknownKey)), "{header}");
        }
    }
}
