//! Writes the evidence for people.

use crate::{
    fault::AlikeCinemas,
    metric::{Metric, Scale},
    screen::Test,
};

/// Describes a test and what speaks for its cause.
pub(crate) fn describe(test: &Test<'_>, evidence: &str, special: Option<&str>) -> String {
    let metric = test.metric;
    let since = test.shift_days.map_or_else(String::new, |days| {
        format!(" has had another level for {days} days")
    });
    let special = special.map_or_else(String::new, |reason| {
        format!("; the day is special: {reason}")
    });
    format!(
        "{}{since}: {} observed, {} expected ({}); {evidence}{special}",
        metric.label(),
        metric.write(test.observed),
        metric.write(test.expected),
        change(metric, test.effect())
    )
}

/// Says how many cinemas of a source deviate as it does.
pub(crate) fn alike_cinemas(alike: &AlikeCinemas<'_>) -> String {
    if alike.cinemas == 0 {
        return String::new();
    }
    let (alike, all) = (alike.alike, alike.cinemas);
    format!("; {alike} of {all} cinemas deviate in the same way")
}

/// Says what the other sources have of what is usual.
pub(crate) fn peers_share(share: Option<f64>) -> String {
    share.map_or_else(String::new, |share| {
        let percent = share * 100.0;
        format!("; other sources are at {percent:.0} % of what is usual")
    })
}

fn change(metric: Metric, effect: f64) -> String {
    let unit = match metric.scale() {
        Scale::Count | Scale::Relative => "%",
        Scale::Share => "points",
    };
    format!("{:+.0} {unit}", effect * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::{Subject, SubjectKind};

    #[test]
    fn a_person_reads_what_deviates_and_why() {
        let test = Test {
            subject: &Subject::new(SubjectKind::Source, "one"),
            metric: Metric::Coverage,
            expected: 0.92,
            observed: 0.51,
            p_value: 1e-9,
            is_large: true,
            shift_days: Some(5),
        };
        assert_eq!(
            describe(&test, "because", Some("Easter")),
            "coverage has had another level for 5 days: 51 % observed, 92 % expected (-41 points); \
             because; the day is special: Easter"
        );
    }
}
