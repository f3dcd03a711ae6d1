//! A definition made ready to run: requests out, tasks on.
//!
//! Takes a [`Definition`] and compiles all that can be compiled once: templates,
//! selections, jq, selectors, regular expressions. One [`Source`] serves all agents of a
//! pod behind an `Arc`; it keeps no state between two calls, so nothing is lost with it.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    definition::{Definition, DefinitionError, Step},
    extract::{follow::FollowPlan, given::Defaults, plan::Plan, take::TakePlan},
    mask::Mask,
    rows::{AttributeMeaning, SeatStatus},
};

pub mod conversation;
mod discover;
mod extraction;
mod fixed;
pub mod learnt;
pub mod memory;
mod request;
pub mod robots;
mod secret;
pub mod shipped;
mod template;

#[cfg(test)]
mod tests;

pub use conversation::Conversation;
pub use discover::Discovered;
pub use learnt::Learnt;
pub use memory::Memory;
use request::RequestPlan;
pub use request::{Request, RequestError};
use secret::Secrets;
pub use secret::{RefusedRules, SETTINGS_FILE, SecretRules};

/// A definition that parses but does not compile; it names the line all the same.
pub type CompileError = DefinitionError;

/// A source, compiled.
#[derive(Debug)]
pub struct Source {
    definition: Definition,
    defaults: Defaults,
    secrets: Secrets,
    steps: IndexMap<String, StepPlan>,
}

/// One step, compiled.
#[derive(Debug)]
struct StepPlan {
    /// Fixed rows are not asked for.
    request: Option<RequestPlan>,
    /// The requests before it, in the order in which they are asked.
    asks_first: Vec<(String, RequestPlan)>,
    /// The secret values that requests send, as paths such as `token.value`.
    sends: Vec<String>,
    /// The requests before it that are made for what proves who asks.
    proofs: Vec<String>,
    /// The values to take from the answers to the requests before it.
    first: IndexMap<String, TakePlan>,
    extract: Plan,
    /// Which rows above lead to its tasks.
    follow: FollowPlan,
}

impl Source {
    /// Compiles `definition`; it may name the secrets that are allowed by default.
    ///
    /// # Errors
    ///
    /// As [`compile_with`](Self::compile_with).
    pub fn compile(definition: Definition) -> Result<Self, CompileError> {
        Self::compile_with(definition, &SecretRules::default())
    }

    /// Compiles `definition`, which may name the secrets that `rules` allow.
    ///
    /// # Errors
    ///
    /// [`CompileError`] at the first secret that it may not name, and at the first selection,
    /// expression or template that is broken.
    pub fn compile_with(definition: Definition, rules: &SecretRules) -> Result<Self, CompileError> {
        let secrets = Secrets::new(&definition.secrets, rules).map_err(|(name, refusal)| {
            let problem = format!("secret `{name}` {}", refusal.problem);
            definition.error(&["secrets", &name], problem, refusal.way_out)
        })?;
        let zone = TimeZone::get(&definition.timezone).map_err(|_| {
            let problem = format!("there is no time zone `{}`", definition.timezone);
            definition.error(&["timezone"], problem, "write an IANA time zone")
        })?;
        let mut steps = IndexMap::new();
        for (name, step) in &definition.steps {
            let error = |words: &[&str], problem: String, way_out: &str| {
                let path: Vec<&str> = ["steps", name].iter().chain(words).copied().collect();
                definition.error(&path, problem, way_out)
            };
            let request = |above: &[&str], words| {
                let error = |words: &[&str], problem: String, way_out: &str| {
                    let path: Vec<&str> = above.iter().chain(words).copied().collect();
                    error(&path, problem, way_out)
                };
                RequestPlan::compile(words, &definition.vars, &error)
            };
            let mut known = definition.handed_down(name);
            let follow = FollowPlan::compile(&step.for_each_where, &known, &error)?;
            known.push("answer".to_owned());
            let (mut asks_first, mut first) = (Vec::new(), IndexMap::new());
            for (name, words) in &step.first {
                let error = |words: &[&str], problem: String, way_out: &str| {
                    let path: Vec<&str> = ["first", name].iter().chain(words).copied().collect();
                    error(&path, problem, way_out)
                };
                let plan = request(&["first", name, "request"], &words.request)?;
                asks_first.push((name.clone(), plan));
                let mut here = known.clone();
                here.extend(words.one_of.is_some().then(|| "candidate".to_owned()));
                first.insert(name.clone(), TakePlan::compile(words, &here, &error)?);
                known.push(name.clone());
            }
            let own = step.request.as_ref();
            let own = own.map(|words| request(&["request"], words)).transpose()?;
            let plans = || asks_first.iter().map(|(_, plan)| plan).chain(&own);
            let firsts: Vec<&str> = step.first.keys().map(String::as_str).collect();
            let plan = StepPlan {
                sends: plans().flat_map(|plan| plan.sends(&firsts)).collect(),
                proofs: plans().flat_map(|plan| plan.proofs(&firsts)).collect(),
                asks_first,
                first,
                request: own,
                extract: Plan::compile(step, &known, &error)?,
                follow,
            };
            steps.insert(name.clone(), plan);
        }
        let defaults = Defaults {
            timezone: definition.timezone.clone(),
            zone,
            currency: definition.currency.clone(),
            territory: definition.territory.clone(),
        };
        Ok(Self {
            definition,
            defaults,
            secrets,
            steps,
        })
    }

    /// Returns what the author wrote.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Returns the time zone of cinemas that name none.
    #[must_use]
    pub fn timezone(&self) -> &TimeZone {
        &self.defaults.zone
    }

    /// Returns how long one request of `step` may take, if there is such a step.
    #[must_use]
    pub fn timeout(&self, step: &str) -> Option<Duration> {
        self.definition.steps.get(step).map(Step::timeout)
    }

    /// Returns the same source with three asterisks for each secret: what is recorded has
    /// them, too.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        self.secrets = self.secrets.masked();
        self
    }

    /// Returns what hides the secrets of the definition and what was `learnt`.
    #[must_use]
    pub fn mask(&self, learnt: &Learnt) -> Mask {
        let (secrets, learnt) = (self.secrets(), learnt.values());
        Mask::new(
            secrets.iter().map(ExposeSecret::expose_secret),
            learnt.iter().map(String::as_str),
        )
    }

    /// Returns the secrets that are where the definition says, to be taken out of recordings.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretString> {
        self.secrets.present()
    }

    /// Returns the requests to be made before that of `step`, in order.
    fn first_of(&self, step: &str) -> impl Iterator<Item = (&str, &RequestPlan)> {
        let plans = self
            .steps
            .get(step)
            .into_iter()
            .flat_map(|plan| &plan.asks_first);
        plans.map(|(name, plan)| (name.as_str(), plan))
    }

    /// Returns what this definition says a status code means, if any of its steps does.
    #[must_use]
    pub fn meaning(&self, code: &str) -> Option<SeatStatus> {
        let mut plans = self.steps.values();
        plans.find_map(|plan| plan.extract.meaning(code))
    }

    /// Returns what this definition says the code of an attribute means, if any of its steps does.
    #[must_use]
    pub fn attribute_meaning(&self, code: &str) -> Option<&AttributeMeaning> {
        let mut plans = self.steps.values();
        plans.find_map(|plan| plan.extract.attribute_meaning(code))
    }

    /// Returns how the answers of `step` are read.
    fn plan(&self, step: &str) -> Option<&Plan> {
        self.steps.get(step).map(|plan| &plan.extract)
    }

    /// Returns how the answer to the request `first` of `step` is read.
    fn take_plan(&self, step: &str, first: &str) -> Option<&TakePlan> {
        self.steps.get(step)?.first.get(first)
    }
}
