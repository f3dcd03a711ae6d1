//! Metrics of alerts.

use prometheus::{IntGaugeVec, Opts, Registry};

/// What is wrong, as the leader finds it.
#[derive(Debug, Clone)]
pub struct AlertMetrics {
    /// `fullhouse_alert_active{condition, severity}`: open alerts of each condition, silenced or not; only the leader shows them, so take the maximum over the fleet.
    active: IntGaugeVec,
}

/// The open alerts as they are shown, until this is dropped: who does not lead shows none.
#[derive(Debug)]
pub struct ActiveAlerts {
    active: IntGaugeVec,
}

impl AlertMetrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let active = Opts::new(
            "fullhouse_alert_active",
            "Open alerts of each condition, as the leader finds them",
        );
        let metrics = Self {
            active: IntGaugeVec::new(active, &["condition", "severity"])?,
        };
        registry.register(Box::new(metrics.active.clone()))?;
        Ok(metrics)
    }

    /// Begins to show open alerts.
    #[must_use]
    pub fn show(&self) -> ActiveAlerts {
        ActiveAlerts {
            active: self.active.clone(),
        }
    }
}

impl ActiveAlerts {
    /// Shows how many alerts of a condition are open.
    pub fn observe(&self, condition: &str, severity: &str, alerts: i64) {
        self.active
            .with_label_values(&[condition, severity])
            .set(alerts);
    }
}

impl Drop for ActiveAlerts {
    fn drop(&mut self) {
        self.active.reset();
    }
}
