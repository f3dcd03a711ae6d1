//! A job's part of a conversation: as many requests as it has permits, and no more.
//!
//! Takes a claim, gives rows, or leaves the conversation for the job that goes on with it.
//! The pod keeps such conversations in memory for a while; one that is lost is begun anew.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use moka::sync::Cache;
use prometheus::IntGauge;
use schema::queue::Claim;
use source_language::{
    rows::Rows,
    source::{Conversation, Source, conversation::Next},
};
use uuid::Uuid;

use super::{HeldConversation, Run, Tools, Trouble, ask, read, report::Report};

/// How long a conversation waits for its next job: more than a queue row holds and a
/// paused key lasts as a rule.
const KEPT_FOR: Duration = Duration::from_mins(5);
/// Conversations that wait at a time.
const MOST_KEPT: u64 = 10_000;

type Slot = Arc<Mutex<Option<HeldConversation>>>;

/// The conversations of this pod that wait for their next job, by task.
#[derive(Debug)]
pub struct Conversations {
    kept: Cache<i64, Slot>,
    waiting: IntGauge,
}

impl Conversations {
    /// Keeps none yet; `waiting` shows how many there are.
    #[must_use]
    pub fn new(waiting: IntGauge) -> Self {
        let gauge = waiting.clone();
        let kept = Cache::builder()
            .max_capacity(MOST_KEPT)
            .time_to_live(KEPT_FOR)
            .eviction_listener(move |_, _, _| gauge.dec());
        Self {
            kept: kept.build(),
            waiting,
        }
    }

    fn keep(&self, task_id: i64, conversation: HeldConversation) {
        self.waiting.inc();
        let slot = Arc::new(Mutex::new(Some(conversation)));
        self.kept.insert(task_id, slot);
    }

    fn take(&self, task_id: i64) -> Option<HeldConversation> {
        let slot = self.kept.remove(&task_id)?;
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }
}

/// How far a job came.
pub(super) enum Turn {
    /// To the end.
    Done(Box<HeldConversation>, Rows),
    /// The next request needs another permit.
    Continued,
}

/// Holds the conversation for as long as the permits of the job last.
pub(super) async fn turn(
    tools: &Tools,
    job: &Run,
    source: &Arc<Source>,
    report: &mut Report,
) -> Result<Turn, Trouble> {
    let claim = &job.claim;
    let kept = &tools.shared.conversations;
    // What another job of the task left is stale unless the leader says that this goes on.
    // One that was begun with another definition is as well.
    let goes_on = |left: &HeldConversation| claim.continues && left.is_with(source);
    let left = kept.take(claim.task_id).filter(goes_on);
    let went_on = left.is_some();
    let mut conversation = match left {
        Some(conversation) => conversation,
        None => begin(tools, claim, source)?,
    };
    report.hides(source.clone(), conversation.learnt());
    let mut permits = claim.permits;
    loop {
        let asked = match read::next(&mut conversation).map_err(Trouble::Failed)? {
            Next::Done(rows) => return Ok(Turn::Done(Box::new(conversation), rows)),
            Next::Send(asked) => asked,
        };
        if permits == 0 {
            kept.keep(claim.task_id, conversation);
            return Ok(Turn::Continued);
        }
        permits -= 1;
        report.asks(asked.request.shown_url());
        let cut_at = asked.cut_at();
        let request = ask::http_request(asked.request, &tools.shared, source, claim.job_id)?;
        let sent = ask::send(tools, job, source, (request, cut_at), report).await;
        let (response, held) = match sent {
            Ok(answered) => answered,
            Err(trouble) => {
                // It was not sent: the next job may.
                if went_on && matches!(trouble, Trouble::Returned(_)) {
                    kept.keep(claim.task_id, conversation);
                }
                return Err(trouble);
            }
        };
        let source_id = claim.source_id;
        conversation = read::hear(tools, conversation, response, held, source_id, report).await?;
    }
}

fn begin(tools: &Tools, claim: &Claim, source: &Arc<Source>) -> Result<HeldConversation, Trouble> {
    Conversation::new(
        source.clone(),
        tools.shared.memory.clone(),
        &claim.step,
        claim.params.clone(),
        Timestamp::now(),
        Uuid::new_v4(),
    )
    .map(|conversation| {
        HeldConversation::new(
            conversation,
            tools.shared.memory_budget.reserve(claim.source_id),
        )
    })
    .map_err(Trouble::Failed)
}
