//! The settings of telemetry.

use reqwest::Url;
use serde::Deserialize;

use crate::ids::{JobIds, Sampler};

/// What stands for the id of a trace in `view`.
const TRACE: &str = "{trace}";

/// Where the trace of a job is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTrace {
    /// The id of the trace.
    pub id: String,
    /// Whether `sample` keeps it.
    pub is_kept: bool,
    /// The address of a page that shows it.
    pub view: Option<String>,
}

/// `[telemetry]`: where traces are sent, the same in pods, receivers and coordinators.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// Address of a collector that takes OTLP over HTTP, such as `http://collector:4318`; spans are
    /// posted to `/v1/traces` below it. None by default: nothing is traced then.
    pub otlp: Option<String>,
    /// The part of all traces that is kept, 0 to 1, default 0.01. It is decided by the id of the
    /// trace, so every program keeps or drops the same traces.
    pub sample: f64,
    /// Name of the fleet, default `fullhouse`: `service.namespace` of its spans. Fleets that share a
    /// collector need names of their own, because the ids of traces follow from the name and the
    /// number of the job.
    pub fleet: String,
    /// Address of a trace in the program that shows traces, with `{trace}` in place of its id, such as
    /// `https://tempo.example.org/trace/{trace}`. None by default: the page of a job then has the id
    /// without a link.
    pub view: Option<String>,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp: None,
            sample: 0.01,
            fleet: "fullhouse".to_owned(),
            view: None,
        }
    }
}

impl TelemetrySettings {
    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// The sentence for the operator, which names the setting.
    pub fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.sample) {
            return Err(format!("telemetry.sample ({}) must be 0 to 1", self.sample));
        }
        if self.fleet.is_empty() || self.fleet.len() > 100 {
            return Err("telemetry.fleet must have 1 to 100 bytes".to_owned());
        }
        if let Some(view) = &self.view {
            let is_address = view.starts_with("https://") || view.starts_with("http://");
            if !is_address || !view.contains(TRACE) {
                return Err(format!(
                    "telemetry.view must be an address with {TRACE} in place of the id of a trace"
                ));
            }
        }
        self.address().map(drop)
    }

    /// Returns how people find the trace of a job; `None` while telemetry is off.
    #[must_use]
    pub fn trace_of(&self, job_id: i64) -> Option<FoundTrace> {
        self.otlp.as_ref()?;
        let trace = JobIds::new(&self.fleet, job_id).trace;
        let id = trace.to_string();
        Some(FoundTrace {
            is_kept: Sampler::new(self.sample).keeps(trace),
            view: self.view.as_ref().map(|view| view.replace(TRACE, &id)),
            id,
        })
    }

    /// Returns the address to which spans are posted, if one is set.
    ///
    /// # Errors
    ///
    /// The sentence for the operator; it does not repeat the address, which may have a password.
    pub fn address(&self) -> Result<Option<Url>, String> {
        let Some(otlp) = &self.otlp else {
            return Ok(None);
        };
        let refusal = || {
            "telemetry.otlp must be an address such as http://collector:4318, without a query"
                .to_owned()
        };
        let mut url = Url::parse(otlp).map_err(|_| refusal())?;
        let is_usable = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none();
        if !is_usable {
            return Err(refusal());
        }
        let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Some(url))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with_address(otlp: &str) -> TelemetrySettings {
        TelemetrySettings {
            otlp: Some(otlp.to_owned()),
            ..TelemetrySettings::default()
        }
    }

    #[test]
    fn spans_are_posted_below_the_address() {
        for (given, posted) in [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            ("https://host/otlp/", "https://host/otlp/v1/traces"),
        ] {
            let url = with_address(given).address().unwrap().unwrap();
            assert_eq!(url.as_str(), posted);
        }
        assert_eq!(TelemetrySettings::default().address(), Ok(None));
    }

    #[test]
    fn the_trace_of_a_job_is_found_by_its_number() {
        let settings = TelemetrySettings {
            view: Some("https://tempo/trace/{trace}?x".to_owned()),
            sample: 0.0,
            ..with_address("http://collector")
        };
        let found = settings.trace_of(4711).unwrap();
        let id = JobIds::new("fullhouse", 4711).trace.to_string();
        assert_eq!(found.view, Some(format!("https://tempo/trace/{id}?x")));
        assert!(!found.is_kept);
        assert_eq!(TelemetrySettings::default().trace_of(4711), None);
        let view = Some("https://tempo/trace".to_owned());
        let wrong = TelemetrySettings { view, ..settings };
        assert!(wrong.check().unwrap_err().starts_with("telemetry.view"));
    }

    #[test]
    fn an_address_that_cannot_work_is_refused_without_repeating_it() {
        for given in [
            "collector:4318",
            "ftp://me:word@host",
            "http://host?key=word",
            "http://",
        ] {
            let refusal = with_address(given).check().unwrap_err();
            assert!(refusal.starts_with("telemetry.otlp"), "{refusal}");
            assert!(!refusal.contains("word"), "{refusal}");
        }
        let settings = TelemetrySettings {
            sample: 1.5,
            ..TelemetrySettings::default()
        };
        assert!(
            settings
                .check()
                .unwrap_err()
                .starts_with("telemetry.sample (1.5)")
        );
    }
}
