//! The requests that are made before that of the step: tokens, sessions, hashes.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;
use vocabulary::ErrorClass;

use super::{
    Conversation, NextRequest, PageWalk, Problem, Purpose, Response, answer_of, cookies, seconds,
    unread,
};
use crate::{
    definition::FirstWords,
    extract::ExtractError,
    source::memory::{AnswerKey, First},
};

/// Items of a `one_of` that are asked for at most: the source wrote the list.
const MAX_CANDIDATES: usize = 200;

/// How far the requests to be made first have come.
#[derive(Debug, Default)]
pub(super) struct FirstRequests {
    /// The one whose turn it is.
    at: usize,
    /// The items of its `one_of`, once they are known, and which is asked.
    candidates: Option<(Vec<Value>, usize)>,
    /// Why the last candidate was refused.
    refused: Option<Problem>,
    /// Answers of earlier conversations that were used in this one.
    used: Vec<AnswerKey>,
    /// How many were used since [`Conversation::take_first_hits`].
    hits: u16,
    /// Cookies that were set by the answers to the one whose turn it is.
    gathered: Vec<(Url, String)>,
    /// How far the pages of the one whose turn it is were read, and what they gave.
    pub(super) walk: PageWalk,
    pub(super) pages: Vec<Map<String, Value>>,
    /// Under which the answer is kept: that of the first page.
    key: Option<AnswerKey>,
}

impl FirstRequests {
    /// Notes the cookies of an answer.
    pub(super) fn gather(&mut self, from: &Url, lines: Vec<String>) {
        let lines = lines.into_iter().map(|line| (from.clone(), line));
        self.gathered.extend(lines);
    }

    fn is_done(&mut self) {
        self.at += 1;
        self.candidates = None;
        self.refused = None;
        self.gathered.clear();
        self.walk = PageWalk::default();
        self.pages.clear();
        self.key = None;
    }
}

impl Conversation {
    pub(super) fn first_words(&self) -> impl Iterator<Item = (&str, &FirstWords)> {
        let step = self.source.definition.steps.get(&self.step);
        let all = step.into_iter().flat_map(|step| &step.first);
        all.map(|(name, words)| (name.as_str(), words))
    }

    /// Takes how many requests of `first` were not sent, because their answers were known.
    pub fn take_first_hits(&mut self) -> u16 {
        std::mem::take(&mut self.firsts.hits)
    }

    /// Returns the next of the requests to be made first, unless all are answered.
    pub(super) fn next_first(&mut self) -> Result<Option<NextRequest>, Problem> {
        loop {
            let source = self.source.clone();
            let at = self.firsts.at;
            let Some((name, plan)) = self
                .plan()?
                .asks_first
                .get(at)
                .map(|(name, _)| (name.clone(), at))
            else {
                return Ok(None);
            };
            let words = self.words()?.first.get(&name).cloned();
            let words = words.ok_or_else(|| gone(&name))?;
            let candidate = self.next_candidate(&name, &words)?;
            let plans = &source
                .steps
                .get(&self.step)
                .ok_or_else(|| gone(&name))?
                .asks_first;
            let (_, plan) = plans.get(plan).ok_or_else(|| gone(&name))?;
            let (request, is_first_page) = self.page_of_first(plan, words.pages.as_ref())?;
            if is_first_page {
                self.firsts.key = words.cache.map(|_| self.key(&request));
            }
            let key = self.firsts.key;
            let kept = key.filter(|_| is_first_page);
            if let Some(first) = kept.and_then(|key| self.memory.first(key)) {
                cookies::restore(&mut self.jar, &first.cookies);
                let lines = first.cookies.iter();
                lines.for_each(|(_, line)| self.learnt.add_cookie(line));
                self.firsts.used.extend(key);
                self.firsts.hits = self.firsts.hits.saturating_add(1);
                self.took(&name, first.values.clone());
                continue;
            }
            return Ok(Some(NextRequest {
                purpose: Purpose::First { name, candidate },
                request,
                hops: 0,
                key,
                kept: None,
            }));
        }
    }

    /// Puts the item of `one_of` whose turn it is where templates find it.
    fn next_candidate(&mut self, name: &str, words: &FirstWords) -> Result<usize, Problem> {
        let Some(place) = &words.one_of else {
            return Ok(0);
        };
        if self.firsts.candidates.is_none() {
            let items = lookup(&self.known, place).and_then(Value::as_array);
            let items = items.ok_or_else(|| {
                let message = format!("first `{name}`: `{place}` is no list to choose one of");
                Problem::new(ErrorClass::Malformed, message)
            })?;
            if items.len() > MAX_CANDIDATES {
                let message = format!(
                    "first `{name}`: `{place}` has {} items, and no more than {MAX_CANDIDATES} are tried",
                    items.len()
                );
                return Err(Problem::new(ErrorClass::Malformed, message));
            }
            self.firsts.candidates = Some((items.clone(), 0));
        }
        let (items, at) = self.firsts.candidates.as_ref().ok_or_else(|| gone(name))?;
        let at = *at;
        let Some(item) = items.get(at).cloned() else {
            let message = format!("first `{name}`: none of the {at} answers is the right one");
            let refused = self.firsts.refused.take();
            return Err(match refused {
                Some(last) => Problem {
                    message: format!("{message}; the last: {}", last.message),
                    ..last
                },
                None => Problem::new(ErrorClass::Malformed, message),
            });
        };
        self.known.insert("candidate".to_owned(), item);
        Ok(at)
    }

    pub(super) fn first_answered(
        &mut self,
        asked: &NextRequest,
        response: &Response,
    ) -> Result<(), Problem> {
        let Purpose::First { name, .. } = &asked.purpose else {
            return Err(gone("first"));
        };
        if self.is_refreshed_by(response.status)? {
            return Ok(());
        }
        let words = self.words()?.first.get(name).cloned();
        let words = words.ok_or_else(|| gone(name))?;
        // Until the token is taken, it is unknown which part of the answer it is.
        self.learnt.withhold(self.proves(name));
        let taken = self.refuse(response).and_then(|()| {
            let answer = answer_of(response);
            let taken = self
                .source
                .take_page(&self.step, name, &self.known, &answer);
            taken.map_err(|error| match error {
                // A refusal is final; otherwise another of several candidates may be meant.
                ExtractError::Blocked { .. } => Problem {
                    class: ErrorClass::Refused,
                    ..unread(&error)
                },
                error => unread(&error),
            })
        });
        let (values, facts) = match taken {
            Ok(taken) => taken,
            Err(problem) => {
                let is_another_meant =
                    matches!(problem.class, ErrorClass::Missing | ErrorClass::Malformed);
                let problem = Problem {
                    // Only the step's own request says whether its object exists: a showtime is
                    // retired after enough answers that it does not.
                    class: match problem.class {
                        ErrorClass::Missing => ErrorClass::Malformed,
                        class => class,
                    },
                    message: format!("first `{name}`: {}", problem.message),
                    ..problem
                };
                let Some((_, at)) = self.firsts.candidates.as_mut().filter(|_| is_another_meant)
                else {
                    return Err(problem);
                };
                *at += 1;
                self.firsts.refused = Some(problem);
                return Ok(());
            }
        };
        let Some(values) = self.pages_of_first(words.pages.as_ref(), values, facts)? else {
            return Ok(());
        };
        let stated = words
            .expires_in
            .as_ref()
            .map(|word| values.get(word).and_then(seconds));
        let holds = match (words.cache, stated) {
            (Some(cache), None) => Some(cache),
            (Some(cache), Some(Some(stated))) => Some(cache.min(stated)),
            // It says until when, and cannot be understood: it is not used again.
            (Some(_), Some(None)) | (None, _) => None,
        };
        if let (Some(key), Some(holds)) = (asked.key, holds.filter(|holds| !holds.is_zero())) {
            let first = First {
                values: values.clone(),
                cookies: self.firsts.gathered.clone(),
                holds,
            };
            self.memory.keep_first(key, first);
        }
        let name = name.clone();
        self.took(&name, values);
        Ok(())
    }

    fn took(&mut self, name: &str, values: Map<String, Value>) {
        self.known.insert(name.to_owned(), Value::Object(values));
        self.learnt.withhold(false);
        self.learn();
        self.known.remove("candidate");
        self.firsts.is_done();
    }

    /// Starts again, once, if the answer says that a token is no longer good.
    pub(super) fn is_refreshed_by(&mut self, status: u16) -> Result<bool, Problem> {
        let used_earlier = !self.firsts.used.is_empty();
        let is_stale = match status {
            401 => true,
            403 => used_earlier,
            _ => false,
        };
        if !is_stale || self.refreshed || self.words()?.first.is_empty() {
            return Ok(false);
        }
        for key in std::mem::take(&mut self.firsts.used) {
            self.memory.forget_first(key);
        }
        for (name, _) in Arc::clone(&self.source).first_of(&self.step) {
            self.known.remove(name);
        }
        self.firsts = FirstRequests::default();
        self.jar.clear();
        self.walk = super::PageWalk::default();
        self.pages.clear();
        self.refreshed = true;
        self.notes.push(format!(
            "status {status}: what was asked first is asked anew"
        ));
        Ok(true)
    }
}

/// Returns the value at a path of names such as `page.hashes`.
pub(super) fn lookup<'a>(known: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let mut at = known.get(names.next()?)?;
    for name in names {
        at = at.get(name)?;
    }
    Some(at)
}

fn gone(name: &str) -> Problem {
    Problem::new(ErrorClass::Definition, format!("first `{name}` is gone"))
}
