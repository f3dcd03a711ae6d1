//! A walk through the pages of an answer, whatever they say of those after them.
//!
//! The first byte says how the walk goes on. Then come pages, divided by U+001E; when all are
//! given, the last is given again.

use std::sync::{Arc, LazyLock};

use reqwest::header::HeaderMap;
use serde_json::Map;
use source_language::{
    definition::Definition,
    source::{
        Conversation, Memory, Source,
        conversation::{Next, Response},
    },
};
use uuid::Uuid;

use super::{case::NOW, extract::judge, talk::DIVIDER};

/// How a walk may go on: the words of `pages`.
const WALKS: [&str; 6] = [
    r#"total = ".pages""#,
    r#"rows = ".total""#,
    r#"cursor = ".next""#,
    r#"link = ".next""#,
    r#"more = ".more""#,
    "until_empty = true",
];
/// Pages that a walk may have.
const AT_MOST: usize = 20;

static SOURCES: LazyLock<Vec<Arc<Source>>> = LazyLock::new(|| WALKS.map(source).into());

fn source(walk: &str) -> Arc<Source> {
    let text = format!(
        r#"
        name = "pages"
        title = "Pages"
        access = "permitted"
        territory = "DE"
        timezone = "Europe/Berlin"
        currency = "EUR"
        limit = {{ key = "host", rate = 1.0, burst = 1 }}
        [steps.cinemas]
        every = "1d"
        yields = "cinemas"
        may_be_empty = true
        request = {{ url = "https://example.org/?page={{{{ page.number }}}}&cursor={{{{ page.cursor }}}}" }}
        pages = {{ {walk}, at_most = {AT_MOST} }}
        rows = ".items[]"
        fields = {{ key = ".id", name = ".id" }}
        "#
    );
    let source = Definition::parse(&text, "pages").and_then(Source::compile);
    Arc::new(source.unwrap_or_else(|error| panic!("{error}")))
}

/// Walks through the pages that `bytes` are.
///
/// # Panics
///
/// If the walk has no end, or its rows cannot be.
pub fn paging(bytes: &[u8]) {
    let Some((walk, pages)) = bytes.split_first() else {
        return;
    };
    let source = &SOURCES[usize::from(*walk) % SOURCES.len()];
    let begun = Conversation::new(
        source.clone(),
        Arc::<Memory>::default(),
        "cinemas",
        Map::new(),
        NOW,
        Uuid::from_u128(0x11),
    );
    let Ok(mut conversation) = begun else {
        return;
    };
    let mut pages = pages.split(|byte| *byte == DIVIDER);
    let mut page: &[u8] = &[];
    for _ in 0..=AT_MOST {
        match conversation.next() {
            Ok(Next::Send(_)) => {}
            Ok(Next::Done(rows)) => {
                judge(&rows);
                return;
            }
            Err(_) => return,
        }
        page = pages.next().unwrap_or(page);
        let response = Response {
            status: 200,
            headers: HeaderMap::new(),
            body: page.to_vec(),
            received_at: NOW,
        };
        let held = conversation.rows_bytes();
        if conversation.answer(&response).is_err() {
            return;
        }
        assert!(conversation.rows_bytes() >= held, "rows were forgotten");
    }
    panic!("a walk of more than {AT_MOST} pages");
}
