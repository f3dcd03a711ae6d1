//! The mask of a conversation: hides secrets and learnt values.

use super::{Conversation, Problem, first::lookup};
use crate::{mask::Mask, source::Learnt};

impl Conversation {
    /// Returns the learnt values, shared: values that are learnt later appear in them.
    #[must_use]
    pub fn learnt(&self) -> Learnt {
        self.learnt.clone()
    }

    /// Returns the mask of the secrets of the definition, with their present values, and of the
    /// learnt values.
    pub fn mask(&mut self) -> &Mask {
        let count = self.learnt.count();
        if self.mask.as_ref().is_none_or(|(of, _)| *of != count) {
            self.mask = None;
        }
        let (_, mask) = self
            .mask
            .get_or_insert_with(|| (count, self.source.mask(&self.learnt)));
        mask
    }

    /// Returns the problem without secrets.
    pub(super) fn masked(&mut self, mut problem: Problem) -> Problem {
        problem.message = self.mask().text(&problem.message);
        problem
    }

    /// Learns the secret values that requests of this step send.
    pub(super) fn learn(&self) {
        let Some(plan) = self.source.steps.get(&self.step) else {
            return;
        };
        for path in &plan.sends {
            if let Some(value) = lookup(&self.known, path) {
                self.learnt.add_all(value);
            }
        }
    }

    /// Whether a `first` request fetches credentials.
    pub(super) fn proves(&self, first: &str) -> bool {
        let plan = self.source.steps.get(&self.step);
        plan.is_some_and(|plan| plan.proofs.iter().any(|name| name == first))
    }
}
