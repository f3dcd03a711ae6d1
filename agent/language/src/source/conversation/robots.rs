//! Whether a host lets us ask: its `robots.txt`, as RFC 9309 says.

use std::{sync::Arc, time::Duration};

use url::Url;
use vocabulary::ErrorClass;

use super::{Conversation, NextRequest, Problem, Purpose, Response};
use crate::{
    definition::Robots,
    source::{
        Request, Source,
        memory::HostRules,
        robots::{RobotsRules, Verdict},
    },
};

/// Redirects that are followed to the rules.
pub(super) const MAX_REDIRECTS: u8 = 5;
/// The name by which rules call us.
const NAME: &str = "Fullhouse";
/// How long the rules may take to come.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Conversation {
    /// Returns `wanted` if its host lets us ask it, or what to ask before that is known.
    ///
    /// # Errors
    ///
    /// [`ErrorClass::Forbidden`] if it does not.
    pub(super) fn with_leave(&mut self, wanted: NextRequest) -> Result<NextRequest, Problem> {
        if !obeys(&self.source) || wanted.purpose == Purpose::Robots {
            return Ok(wanted);
        }
        let url = &wanted.request.url;
        match self.memory.rules(&host(url)) {
            Some(HostRules::None) => Ok(wanted),
            Some(HostRules::Some(rules)) => {
                let query = url.query().map(|query| format!("?{query}"));
                let path = format!("{}{}", url.path(), query.unwrap_or_default());
                let problem = match rules.verdict(&path) {
                    Verdict::Allowed => None,
                    Verdict::Disallowed => Some("does not let us ask for"),
                    Verdict::TooLong => Some("has too many rules to be compared with"),
                };
                if let Some(problem) = problem {
                    let message = format!(
                        "robots.txt of {} {problem} {}; if its owner agreed, \
                         say access = \"permitted\" or robots = \"ignore\"",
                        host(url),
                        wanted.request.shown_url()
                    );
                    return Err(Problem::new(ErrorClass::Forbidden, message));
                }
                self.note_delay(&rules);
                Ok(wanted)
            }
            None => {
                let mut rules = url.clone();
                rules.set_path("/robots.txt");
                rules.set_query(None);
                rules.set_fragment(None);
                // They can be read without credentials.
                let _ = (rules.set_username(""), rules.set_password(None));
                self.behind = Some(wanted);
                Ok(NextRequest {
                    purpose: Purpose::Robots,
                    request: Request::plain(rules, TIMEOUT),
                    hops: 0,
                    key: None,
                    kept: None,
                })
            }
        }
    }

    /// Says so where the host wants us to be slower than the definition.
    fn note_delay(&mut self, rules: &RobotsRules) {
        let limit = self.limit();
        let spacing = 1.0 / limit.rate_per_second;
        if let Some(delay) = rules.crawl_delay
            && delay > spacing
        {
            let note = format!(
                "robots.txt asks for {delay} s between two requests, the limit `{}` allows {spacing:.2} s",
                limit.key
            );
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    pub(super) fn robots_answered(
        &mut self,
        asked: &NextRequest,
        response: &Response,
    ) -> Result<(), Problem> {
        let rules = match response.status {
            200..=299 => HostRules::Some(Arc::new(RobotsRules::parse(NAME, &response.body))),
            429 | 500.. => {
                let refused = self.refuse(response).err();
                let refused = refused.unwrap_or_else(|| {
                    Problem::new(
                        ErrorClass::Unavailable,
                        format!("status {}", response.status),
                    )
                });
                let message = format!(
                    "{} for robots.txt: whether we may ask is not known, so nothing is asked",
                    refused.message
                );
                return Err(Problem { message, ..refused });
            }
            // The host has no rules, or shows them to no crawler.
            _ => HostRules::None,
        };
        self.keep_rules(asked, rules);
        Ok(())
    }

    /// Keeps what was found, behind redirects or not, as the rules of the host that was
    /// meant: that of the request behind.
    pub(super) fn keep_rules(&self, asked: &NextRequest, rules: HostRules) {
        let behind = self.behind.as_ref().unwrap_or(asked);
        self.memory.keep_rules(host(&behind.request.url), rules);
    }
}

/// Returns the origin for which rules hold: scheme, name and port.
fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether a source keeps us to its rules.
fn obeys(source: &Source) -> bool {
    source.definition().robots() == Robots::Obey
}
