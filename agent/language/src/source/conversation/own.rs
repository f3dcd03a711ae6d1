//! The step's own request, for each page of the answer.

use http::{
    Method,
    header::{ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};

use super::{Conversation, NextRequest, Problem, Purpose, Response, answer_of, hop, unread};
use crate::{
    definition::Yields,
    extract::Page,
    response::header_of,
    source::{
        Request,
        memory::{AnswerKey, Kept},
    },
};

impl Conversation {
    /// Returns the request for the next page, unless all were read.
    pub(super) fn next_page(&mut self) -> Result<Option<NextRequest>, Problem> {
        if self.walk.is_over() {
            return Ok(None);
        }
        let words = self.source.definition.steps.get(&self.step);
        self.walk
            .counts_from(words.and_then(|step| step.pages.as_ref()));
        let page = self.walk.page();
        self.known.insert("page".to_owned(), self.walk.values());
        let Some(plan) = self.plan()?.request.as_ref() else {
            return Ok(None);
        };
        let (mut request, conditional) = (self.fill(plan)?, plan.conditional);
        self.asks_host(&request.url);
        if let Some(link) = self.walk.link() {
            request = hop::led_to(&request, link)?;
            self.may_be_led_to(&request.url, "the link to the next page")?;
        }
        // What was seen at a time is no news at another, even if it is the same.
        let conditional = conditional
            && request.method == Method::GET
            && self.words()?.yields != Yields::Observations;
        let key = conditional.then(|| self.key(&request));
        let kept = key.and_then(|key| self.memory.page(key));
        if let Some(kept) = &kept {
            let mut add = |name: HeaderName, text: &Option<String>| {
                if let Some(text) = text {
                    request.with(name, text);
                }
            };
            add(IF_NONE_MATCH, &kept.etag);
            add(IF_MODIFIED_SINCE, &kept.last_modified);
        }
        Ok(Some(NextRequest {
            purpose: Purpose::Own { page },
            request,
            hops: 0,
            key,
            kept,
        }))
    }

    pub(super) fn own_answered(
        &mut self,
        asked: &NextRequest,
        response: &Response,
    ) -> Result<(), Problem> {
        let page = match (&asked.kept, response.status) {
            (Some(kept), 304) => {
                self.saved_bytes += kept.body_bytes as u64;
                kept.page.clone()
            }
            (_, status) => {
                if self.is_refreshed_by(status)? {
                    return Ok(());
                }
                if !self.plan()?.extract.is_empty_status(status) {
                    self.refuse(response)?;
                }
                let answer = answer_of(response);
                let page =
                    self.source
                        .extract_page(&self.step, &self.known, &answer, self.pages.len());
                let page = page.map_err(|error| unread(&error))?;
                self.keep_page(asked, response, &page);
                page
            }
        };
        let pages = self.words()?.pages.clone();
        let ends_repeated = pages.as_ref().is_some_and(|pages| pages.until_repeated);
        if ends_repeated && self.pages.contains(&page.rows) {
            self.walk.ends();
            return Ok(());
        }
        self.walk.took(pages.as_ref(), &page)?;
        self.rows_bytes += page.rows.bytes();
        self.pages.push(page.rows);
        Ok(())
    }

    fn keep_page(&self, asked: &NextRequest, response: &Response, page: &Page) {
        let etag = header_of(&response.headers, ETAG);
        let last_modified = header_of(&response.headers, LAST_MODIFIED);
        let (Some(key), true) = (asked.key, etag.is_some() || last_modified.is_some()) else {
            return;
        };
        let kept = Kept {
            page: page.clone(),
            etag,
            last_modified,
            body_bytes: response.body.len(),
        };
        self.memory.keep_page(key, kept);
    }

    /// Returns the key under which the answer to `request` is kept.
    pub(super) fn key(&self, request: &Request) -> AnswerKey {
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        let mut add = |bytes: &[u8]| {
            hash.update(&bytes.len().to_le_bytes());
            hash.update(bytes);
        };
        add(&self.source.definition.fingerprint().to_le_bytes());
        add(self.step.as_bytes());
        add(request.method.as_str().as_bytes());
        add(request.url.as_str().as_bytes());
        for (name, value) in &request.headers {
            add(name.as_str().as_bytes());
            add(value.as_bytes());
        }
        add(request.body.as_deref().unwrap_or_default());
        for (name, value) in &self.known {
            if name != "run" && name != "answer" {
                add(name.as_bytes());
                add(value.to_string().as_bytes());
            }
        }
        hash.digest128()
    }
}
