//! Faults: how a chain fails when it is asked to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Answers 500.
    #[serde(rename = "500")]
    ServerError,
    /// Answers 503.
    #[serde(rename = "503")]
    Unavailable,
    /// Answers 429, whatever the limit says.
    #[serde(rename = "429")]
    Throttled,
    /// Answers rightly, but after the time of `--slow`.
    Slow,
    /// Never answers.
    Hang,
    /// Closes the connection before any of the body.
    Reset,
    /// Closes the connection after half of the body.
    Truncate,
    /// Answers 200 with bytes that mean nothing.
    Garbage,
    /// Answers 200 with nothing.
    Empty,
    /// Answers 200 with a login page.
    Login,
}

/// A fault of one chain, or of all, for a share of its requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Name of the chain, or `*` for all.
    pub chain: String,
    /// How it fails.
    pub kind: FaultKind,
    /// Share of the requests that fail so, 0 to 1; 0 takes the fault away.
    pub fraction: f64,
    /// Only for requests whose path and query hold this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "give chain=KIND:FRACTION such as bhd-1=slow:0.1 or *=500:1, where KIND is \
             500, 503, 429, slow, hang, reset, truncate, garbage, empty or login";
        let parts = text.split_once('=').and_then(|(chain, rest)| {
            let (kind, fraction) = rest.split_once(':')?;
            Some((chain, kind, fraction.parse::<f64>().ok()?))
        });
        let (chain, kind, fraction) = parts.ok_or(FORM)?;
        let kind = serde_json::from_value(serde_json::Value::from(kind)).map_err(|_| FORM)?;
        if !(0.0..=1.0).contains(&fraction) {
            return Err(FORM.to_owned());
        }
        Ok(Self {
            chain: chain.to_owned(),
            kind,
            fraction,
            path: None,
        })
    }
}

/// Chooses the fault of a request among those set, by a number drawn in `0.0..1.0`; those
/// that name a path come first.
#[must_use]
pub fn choose(faults: &[Fault], chain: &str, path: &str, mut draw: f64) -> Option<FaultKind> {
    let named = faults.iter().filter(|fault| {
        let part = fault.path.as_ref();
        part.is_some_and(|part| path.contains(part))
    });
    let others = faults.iter().filter(|fault| fault.path.is_none());
    for fault in named
        .chain(others)
        .filter(|fault| fault.chain == chain || fault.chain == "*")
    {
        if draw < fault.fraction {
            return Some(fault.kind);
        }
        draw -= fault.fraction;
    }
    None
}

/// Sets a fault in place of one with the same chain, kind and path.
pub fn set(faults: &mut Vec<Fault>, fault: Fault) {
    let of = |fault: &Fault| (fault.chain.clone(), fault.kind, fault.path.clone());
    faults.retain(|known| of(known) != of(&fault));
    if fault.fraction > 0.0 {
        faults.push(fault);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn faults_share_the_requests_of_their_chain() {
        let faults: Vec<Fault> = vec![
            "a=500:0.25".parse().unwrap(),
            "*=hang:0.25".parse().unwrap(),
        ];
        assert_eq!(choose(&faults, "a", "/", 0.1), Some(FaultKind::ServerError));
        assert_eq!(choose(&faults, "a", "/", 0.3), Some(FaultKind::Hang));
        assert_eq!(choose(&faults, "a", "/", 0.6), None);
        assert_eq!(choose(&faults, "b", "/", 0.1), Some(FaultKind::Hang));
    }

    #[test]
    fn a_fault_of_a_path_leaves_others_alone() {
        let faults = [Fault {
            path: Some("/shows/7/".to_owned()),
            .."a=hang:1".parse().unwrap()
        }];
        let chosen = |path| choose(&faults, "a", path, 0.5);
        assert_eq!(chosen("/shows/7/seatmap"), Some(FaultKind::Hang));
        assert_eq!(chosen("/shows/77/seatmap"), None);
    }

    #[test]
    fn a_fraction_of_zero_takes_a_fault_away() {
        let mut faults: Vec<Fault> = vec!["a=slow:1".parse().unwrap()];
        set(&mut faults, "a=slow:0".parse().unwrap());
        assert!(faults.is_empty());
    }
}
