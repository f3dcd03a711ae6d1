//! What was found before, and what people decided on it.

use crate::{cause::Cause, metric::Metric, subject::Subject};

/// Days in which a found anomaly goes on instead of being found again.
pub(crate) const CONTINUES_DAYS: i32 = 7;

/// Days in which a rejected anomaly is not reported again for its subject, metric and cause.
pub(crate) const QUIET_DAYS: i32 = 28;

/// What people decided on an anomaly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nothing yet.
    Open,
    /// It is one: its days leave training.
    Accepted,
    /// It is none: its days train, and it is not reported again for a time.
    Rejected,
}

impl Standing {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Open, Self::Accepted, Self::Rejected];

    /// Returns its name in the database.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// Returns the state of a name in the database.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.label() == label)
    }
}

/// An anomaly that was found before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its number, which [`Anomaly::continues`](crate::Anomaly::continues) repeats.
    pub number: i32,
    /// What it is about.
    pub subject: Subject,
    /// What deviated.
    pub metric: Metric,
    /// Why.
    pub cause: Cause,
    /// What people decided.
    pub standing: Standing,
    /// The first day on which it was found.
    pub first_day: i32,
    /// The last day on which it was found.
    pub last_day: i32,
}

impl Known {
    /// Says whether it is of this subject and cause, and of this metric where the cause does not say
    /// what deviates.
    fn is_same(&self, subject: &Subject, metric: Metric, cause: Cause) -> bool {
        self.subject == *subject
            && self.cause == cause
            && (self.metric == metric || cause.names_metric())
    }
}

/// What becomes of an anomaly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It is new.
    New,
    /// It goes on: the last day of the one with this number moves.
    Continues(i32),
    /// It was rejected lately, and is not reported.
    Quiet,
}

/// Returns what becomes of an anomaly of `day`; of several that it continues, the latest goes on.
pub(crate) fn again(
    known: &[Known],
    subject: &Subject,
    metric: Metric,
    cause: Cause,
    day: i32,
) -> Again {
    let mut latest: Option<(i32, i32)> = None;
    for one in known {
        let age = day - one.last_day;
        if !one.is_same(subject, metric, cause) || age < 0 {
            continue;
        }
        match one.standing {
            Standing::Rejected if age <= QUIET_DAYS => return Again::Quiet,
            Standing::Open | Standing::Accepted if age <= CONTINUES_DAYS => {
                latest = latest.max(Some((one.last_day, one.number)));
            }
            Standing::Open | Standing::Accepted | Standing::Rejected => {}
        }
    }
    latest.map_or(Again::New, |(_, number)| Again::Continues(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::SubjectKind;

    fn known(standing: Standing) -> Known {
        Known {
            number: 7,
            subject: Subject::new(SubjectKind::Source, "one"),
            metric: Metric::Price,
            cause: Cause::PriceScale,
            standing,
            first_day: 100,
            last_day: 102,
        }
    }

    fn asked(known: &[Known], day: i32) -> Again {
        let subject = Subject::new(SubjectKind::Source, "one");
        again(known, &subject, Metric::Price, Cause::PriceScale, day)
    }

    #[test]
    fn an_open_or_accepted_one_goes_on() {
        for standing in [Standing::Open, Standing::Accepted] {
            let known = [known(standing)];
            assert_eq!(asked(&known, 103), Again::Continues(7));
            assert_eq!(asked(&known, 102 + CONTINUES_DAYS), Again::Continues(7));
            assert_eq!(asked(&known, 103 + CONTINUES_DAYS), Again::New);
        }
    }

    #[test]
    fn the_latest_goes_on() {
        let earlier = Known {
            number: 8,
            last_day: 101,
            ..known(Standing::Open)
        };
        let all = [known(Standing::Accepted), earlier];
        assert_eq!(asked(&all, 103), Again::Continues(7));
    }

    #[test]
    fn a_rejected_one_is_quiet_for_a_time() {
        let known = [known(Standing::Rejected)];
        assert_eq!(asked(&known, 102 + QUIET_DAYS), Again::Quiet);
        assert_eq!(asked(&known, 103 + QUIET_DAYS), Again::New);
    }

    #[test]
    fn another_cause_is_another_anomaly() {
        let known = [known(Standing::Rejected)];
        let subject = Subject::new(SubjectKind::Source, "one");
        let found = again(&known, &subject, Metric::Price, Cause::OneSource, 103);
        assert_eq!(found, Again::New);
    }
}
