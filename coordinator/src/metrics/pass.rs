//! Metrics of the background passes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use prometheus::{
    GaugeVec, IntCounterVec, Opts, Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

/// How background passes end, and how long ago each last succeeded.
#[derive(Debug, Clone)]
pub struct PassMetrics {
    /// `fullhouse_background_pass_total{pass, outcome}`: passes that were `done`, found nothing to do and were `idle`, `panicked`, or failed because the database was `unreachable` or `unwritable`, because of something `transient`, or because it `refused` a statement.
    passes: IntCounterVec,
    ages: Ages,
}

/// The metrics of one pass; its age is shown until this is dropped.
#[derive(Debug)]
pub struct OnePass {
    name: &'static str,
    all: PassMetrics,
}

impl PassMetrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let passes = Opts::new(
            "fullhouse_background_pass_total",
            "Background passes by how they ended",
        );
        let metrics = Self {
            passes: IntCounterVec::new(passes, &["pass", "outcome"])?,
            ages: Ages::new()?,
        };
        registry.register(Box::new(metrics.passes.clone()))?;
        registry.register(Box::new(metrics.ages.clone()))?;
        Ok(metrics)
    }

    /// Counts the end of a pass, or of a step of the leader.
    pub fn count(&self, name: &str, outcome: &str) {
        self.passes.with_label_values(&[name, outcome]).inc();
    }

    /// Creates the metrics of the pass `name`, which starts now.
    #[must_use]
    pub fn of(&self, name: &'static str) -> OnePass {
        self.ages.reset(name);
        OnePass {
            name,
            all: self.clone(),
        }
    }
}

impl OnePass {
    /// Counts a pass that succeeded.
    pub fn succeeded(&self, is_idle: bool) {
        self.all.ages.reset(self.name);
        self.count(if is_idle { "idle" } else { "done" });
    }

    /// Counts a pass that failed, for a reason in one word.
    pub fn failed(&self, reason: &str) {
        self.count(reason);
    }

    fn count(&self, outcome: &str) {
        self.all.count(self.name, outcome);
    }
}

impl Drop for OnePass {
    fn drop(&mut self) {
        self.all.ages.forget(self.name);
    }
}

/// `fullhouse_background_pass_age_seconds{pass}`: time since the last pass that succeeded, or since this process began to make them; a person is needed where it keeps growing.
#[derive(Debug, Clone)]
struct Ages {
    succeeded_at: Arc<Mutex<BTreeMap<&'static str, Instant>>>,
    shown: GaugeVec,
}

impl Ages {
    fn new() -> Result<Self, prometheus::Error> {
        let opts = Opts::new(
            "fullhouse_background_pass_age_seconds",
            "Time since the last background pass that succeeded",
        );
        Ok(Self {
            succeeded_at: Arc::default(),
            shown: GaugeVec::new(opts, &["pass"])?,
        })
    }

    fn reset(&self, name: &'static str) {
        self.with(|ages| ages.insert(name, Instant::now()));
    }

    fn forget(&self, name: &'static str) {
        self.with(|ages| ages.remove(name));
    }

    fn with<T>(&self, change: impl FnOnce(&mut BTreeMap<&'static str, Instant>) -> T) -> T {
        let mut ages = self
            .succeeded_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut ages)
    }
}

impl Collector for Ages {
    fn desc(&self) -> Vec<&Desc> {
        self.shown.desc()
    }

    /// Ages are of the moment at which they are asked for.
    fn collect(&self) -> Vec<MetricFamily> {
        self.shown.reset();
        self.with(|ages| {
            for (name, at) in ages {
                self.shown
                    .with_label_values(&[name])
                    .set(at.elapsed().as_secs_f64());
            }
        });
        self.shown.collect()
    }
}
