//! What a pod remembers of its sources between two conversations: answers that may be
//! used again, and the rules of hosts.
//!
//! Takes answers under the hash of what was asked, gives them back while they hold. All of
//! it is bounded, lives in memory only, and may be lost: then it is asked again.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, sync::Cache};
use serde_json::{Map, Value};
use url::Url;

use super::robots::RobotsRules;
use crate::extract::Page;

/// Hash of a definition, a step, a request and what its answer is read with.
pub(super) type AnswerKey = u128;

/// Answers of `first` requests that are kept.
const MAX_FIRSTS: u64 = 10_000;
/// Bytes of the rules of hosts.
const MAX_RULES_BYTES: u64 = 16 << 20;
/// Bytes of a host without rules, about.
const HOST_BYTES: usize = 200;
/// How long the rules of a host hold, as RFC 9309 says.
const RULES_HOLD: Duration = Duration::from_hours(24);
/// Bytes of rows that are kept for a 304.
const MAX_PAGE_BYTES: u64 = 64 << 20;

/// The kept part of an answer to a `first` request.
pub(super) struct First {
    pub(super) values: Map<String, Value>,
    /// `Set-Cookie` lines, with the address that sent each.
    pub(super) cookies: Vec<(Url, String)>,
    pub(super) holds: Duration,
}

/// Shows how long it holds, and nothing that it knows.
impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First")
            .field("holds", &self.holds)
            .finish_non_exhaustive()
    }
}

/// The kept part of an answer that a source may later report as unchanged.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) page: Page,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) body_bytes: usize,
}

/// The rules of a host.
#[derive(Debug, Clone)]
pub(super) enum HostRules {
    /// It has none.
    None,
    /// The rules of its `robots.txt` that hold for us.
    Some(Arc<RobotsRules>),
}

/// Answers that may be used again, and the rules of hosts.
#[derive(Debug)]
pub struct Memory {
    firsts: Cache<AnswerKey, Arc<First>>,
    rules: Cache<String, HostRules>,
    pages: Cache<AnswerKey, Arc<Kept>>,
}

/// Each answer holds for as long as its definition says.
struct AsSaid;

impl Expiry<AnswerKey, Arc<First>> for AsSaid {
    fn expire_after_create(
        &self,
        _: &AnswerKey,
        first: &Arc<First>,
        _: Instant,
    ) -> Option<Duration> {
        Some(first.holds)
    }
}

impl Default for Memory {
    fn default() -> Self {
        let firsts = Cache::builder().max_capacity(MAX_FIRSTS);
        let rules = Cache::builder()
            .max_capacity(MAX_RULES_BYTES)
            .weigher(|_: &String, rules: &HostRules| weight(rules.bytes()));
        let pages = Cache::builder().max_capacity(MAX_PAGE_BYTES);
        Self {
            firsts: firsts.expire_after(AsSaid).build(),
            rules: rules.time_to_live(RULES_HOLD).build(),
            pages: pages
                .weigher(|_, kept: &Arc<Kept>| weight(kept.page.rows.bytes()))
                .build(),
        }
    }
}

impl HostRules {
    fn bytes(&self) -> usize {
        HOST_BYTES
            + match self {
                Self::None => 0,
                Self::Some(rules) => rules.bytes(),
            }
    }
}

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl Memory {
    pub(super) fn first(&self, key: AnswerKey) -> Option<Arc<First>> {
        self.firsts.get(&key)
    }

    pub(super) fn keep_first(&self, key: AnswerKey, first: First) {
        self.firsts.insert(key, Arc::new(first));
    }

    pub(super) fn forget_first(&self, key: AnswerKey) {
        self.firsts.invalidate(&key);
    }

    pub(super) fn rules(&self, host: &str) -> Option<HostRules> {
        self.rules.get(host)
    }

    pub(super) fn keep_rules(&self, host: String, rules: HostRules) {
        self.rules.insert(host, rules);
    }

    pub(super) fn page(&self, key: AnswerKey) -> Option<Arc<Kept>> {
        self.pages.get(&key)
    }

    pub(super) fn keep_page(&self, key: AnswerKey, kept: Kept) {
        self.pages.insert(key, Arc::new(kept));
    }
}
