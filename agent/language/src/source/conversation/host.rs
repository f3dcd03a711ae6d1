//! The hosts to which redirects and links may lead a conversation.
//!
//! A source chooses where its redirects and the links to further pages lead. A permit holds for one
//! limit key, so a request to a host of another key would exceed the limit of that key (invariant
//! 3). Allowed are the hosts that the definition itself names under this limit, and the `hosts` of
//! the limit.
//!
//! Following such a redirect with a permit of the other key was rejected: a job has permits of one
//! key, and the leader would have to know hosts.

use url::Url;
use vocabulary::ErrorClass;

use super::{Conversation, Problem};

/// What a host is called: its name, and its port unless that is one of the web's own. A
/// site that sends us from `http` to `https` is the same host.
pub(super) fn name(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        None | Some(80 | 443) => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

impl Conversation {
    /// Notes that the definition itself asks the host of `url`.
    pub(super) fn asks_host(&mut self, url: &Url) {
        self.hosts.insert(name(url));
    }

    /// Refuses an address whose host does not count against the limit of this conversation;
    /// `what` led there.
    pub(super) fn may_be_led_to(&self, url: &Url, what: &str) -> Result<(), Problem> {
        let limit = self.limit();
        let host = name(url);
        let is_named = |named: &String| named.eq_ignore_ascii_case(&host);
        if self.hosts.contains(&host) || limit.hosts.iter().any(is_named) {
            return Ok(());
        }
        let definition = self.source.definition();
        let mut others = definition.limits.iter();
        let other =
            others.find(|(_, other)| other.key != limit.key && other.hosts.iter().any(is_named));
        let way_out = match other {
            Some((name, other)) => format!(
                "they count against the limit `{}`: ask that host in a step with limit = \"{name}\"",
                other.key
            ),
            None => format!(
                "if they are to count against it, add hosts = [\"{host}\"] to the limit, and \
                 else ask that host in a step with a limit of its own"
            ),
        };
        let message = format!(
            "{what} to another host, {host}, is not followed: requests to it have no permit of \
             the limit `{}`; {way_out}",
            limit.key
        );
        Err(Problem::new(ErrorClass::Redirected, message))
    }
}
