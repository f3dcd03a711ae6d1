//! The values of a request that are credentials.

use http::header::HeaderName;

use super::{RequestPlan, Template};

/// Parts of names of headers and values that prove who asks.
const TELLING: [&str; 9] = [
    "auth",
    "cookie",
    "csrf",
    "xsrf",
    "key",
    "secret",
    "session",
    "token",
    "signature",
];

/// Whether a header or a value of this name is a credential.
pub(super) fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TELLING.iter().any(|part| name.contains(part))
}

/// Whether a header is a credential and shows a value that was handed down or fetched.
pub(super) fn is_credential(name: &HeaderName, template: &Template) -> bool {
    let is_of_source = |value: &String| value != "vars" && !value.starts_with("vars.");
    is_telling(name.as_str()) && template.values.iter().any(is_of_source)
}

/// The name of the object in which a value stands.
fn object(value: &str) -> &str {
    value.split('.').next().unwrap_or(value)
}

impl RequestPlan {
    /// Returns the paths of the secret values that it sends: values of the `firsts`, and values in
    /// headers of credentials.
    pub(in crate::source) fn sends(&self, firsts: &[&str]) -> Vec<String> {
        let of_firsts = self.templates().flat_map(|template| &template.values);
        let of_firsts = of_firsts.filter(|value| firsts.contains(&object(value)));
        let headers = self.headers.iter();
        let headers = headers.filter(|(name, template)| is_credential(name, template));
        let of_headers = headers.flat_map(|(_, template)| &template.values);
        let of_headers =
            of_headers.filter(|value| !matches!(object(value), "vars" | "secret" | "run"));
        of_firsts.chain(of_headers).cloned().collect()
    }

    /// Returns the `firsts` that give it credentials: their values stand in headers, cookies or the
    /// body, or have the name of a credential.
    pub(in crate::source) fn proofs(&self, firsts: &[&str]) -> Vec<String> {
        let headers = self.headers.iter().map(|(_, template)| template);
        let cookies = self.cookies.iter().map(|(_, template)| template);
        let proving = headers.chain(cookies).chain(self.body.templates());
        let proving = proving.flat_map(|template| &template.values);
        let queries = self.query.iter().map(|(_, template)| template);
        let telling = queries
            .chain([&self.url])
            .flat_map(|template| &template.values);
        let telling = telling.filter(|value| is_telling(value));
        let all = proving.chain(telling).map(|value| object(value));
        all.filter(|name| firsts.contains(name))
            .map(str::to_owned)
            .collect()
    }
}
