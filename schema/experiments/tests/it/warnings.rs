//! Warnings and verdicts in words.

use experiments::{
    Correction, Covariate, Experiment, Goal, Metric, Outcome, Refusal, Report, Settings, Sums,
    Verdict, Warning, report,
};

fn share(converted: [u64; 2]) -> Metric {
    Metric {
        goal: Goal::Increase,
        sums: converted
            .map(|count| Sums::proportion(10_000, count))
            .to_vec(),
    }
}

fn experiment(metrics: Vec<Metric>) -> Experiment {
    Experiment {
        users: vec![10_000, 10_000],
        weights: vec![0.5, 0.5],
        multiple_exposures: 0,
        metrics,
    }
}

fn judge(experiment: &Experiment) -> Report {
    report(experiment, &Settings::default()).unwrap()
}

fn first(report: &Report) -> &Verdict {
    report.verdicts[0][0].as_ref().unwrap()
}

#[test]
fn a_rise_of_what_should_rise_is_better_and_of_what_should_fall_is_worse() {
    let mut metric = share([1_000, 1_250]);
    let better = judge(&experiment(vec![metric.clone()]));
    assert_eq!(first(&better).outcome, Outcome::Better);
    assert_eq!(
        first(&better).sentence,
        "The variation is better: 25 % higher than the control (95 % interval from 9.36 % to 40.6 %, p < 0.0001)."
    );
    assert_eq!(first(&better).warnings, vec![]);
    metric.goal = Goal::Decrease;
    let worse = judge(&experiment(vec![metric]));
    assert_eq!(first(&worse).outcome, Outcome::Worse);
}

#[test]
fn a_difference_that_can_be_chance_is_not_called_equality() {
    let report = judge(&experiment(vec![share([1_000, 990])]));
    let verdict = first(&report);
    assert_eq!(verdict.outcome, Outcome::NotShown);
    let words = "No difference is shown: the variation is 1 % lower than the control";
    assert!(verdict.sentence.starts_with(words), "{}", verdict.sentence);
}

#[test]
fn one_finding_among_many_comparisons_is_no_finding() {
    let mut metrics = vec![share([1_000, 1_160])];
    let alone = judge(&experiment(metrics.clone()));
    assert!(first(&alone).is_significant);
    metrics.extend((0..20).map(|count| share([1_000, 1_000 + count])));
    let among = judge(&experiment(metrics.clone()));
    let verdict = first(&among);
    assert!(!verdict.is_significant && verdict.difference.p < 0.05);
    assert!(verdict.sentence.contains("among so many comparisons"));
    let settings = Settings {
        correction: Correction::None,
        ..Settings::default()
    };
    let uncorrected = report(&experiment(metrics), &settings).unwrap();
    assert!(first(&uncorrected).is_significant);
}

#[test]
fn a_broken_ratio_of_users_takes_the_trust_from_every_verdict() {
    let report = judge(&Experiment {
        users: vec![10_000, 9_000],
        ..experiment(vec![share([1_000, 1_250])])
    });
    assert!(report.ratio.as_ref().unwrap().is_mismatch);
    let verdict = first(&report);
    assert_eq!(verdict.outcome, Outcome::NotTrusted);
    assert!(matches!(verdict.warnings[0], Warning::RatioMismatch { .. }));
    assert!(verdict.warnings[0].to_string().contains("(p < 0.0001)"));
}

#[test]
fn wrong_weights_are_warned_of_and_do_not_stop_the_comparison() {
    let report = judge(&Experiment {
        weights: vec![0.5, 0.6],
        ..experiment(vec![share([1_000, 1_250])])
    });
    assert_eq!(first(&report).outcome, Outcome::Better);
    assert_eq!(
        report.warnings[0].to_string(),
        "The ratio of users was not checked: the weights sum to 1.1, they must sum to 1."
    );
}

#[test]
fn many_users_in_several_variations_are_warned_of() {
    let of = |multiple_exposures| {
        judge(&Experiment {
            multiple_exposures,
            ..experiment(vec![])
        })
        .warnings
    };
    assert_eq!(of(200), vec![]);
    let warnings = of(500);
    assert!(
        warnings[0]
            .to_string()
            .starts_with("2.44 % of the users saw several variations"),
        "{}",
        warnings[0]
    );
}

#[test]
fn few_users_and_few_conversions_are_warned_of() {
    let metric = Metric {
        goal: Goal::Increase,
        sums: vec![Sums::proportion(60, 0), Sums::proportion(900, 8)],
    };
    let report = judge(&experiment(vec![metric]));
    let warned: Vec<String> = first(&report)
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        warned,
        [
            "The control has only 60 users, intervals are reliable from 100 on: wait for more.",
            "All users of the control have the same value, so its uncertainty is not known: wait for more, or check how the metric is counted.",
            "Fewer than 10 users of the variation converted, or fewer than 10 did not: wait for more.",
            "The control is too near to zero for a relative change: read the difference instead.",
        ]
    );
}

#[test]
fn groups_that_differed_before_are_warned_of() {
    let with = |before: f64| {
        Sums::proportion(10_000, 1_000).with_covariate(Covariate {
            sum: before,
            sum_of_squares: before,
            sum_of_products: 0.1 * before,
            sum_of_denominator_products: 0.0,
        })
    };
    let metric = Metric {
        goal: Goal::Increase,
        sums: vec![with(2_000.0), with(2_300.0)],
    };
    let report = judge(&experiment(vec![metric]));
    assert!(matches!(
        first(&report).warnings[0],
        Warning::CovariateImbalance { .. }
    ));
}

#[test]
fn a_metric_that_is_refused_leaves_the_others_alone() {
    let nothing = Metric {
        goal: Goal::Increase,
        sums: vec![Sums::proportion(0, 0); 2],
    };
    let report = judge(&experiment(vec![nothing, share([1_000, 1_250])]));
    let refusal = report.verdicts[0][0].as_ref().unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the control has no users: wait until some are exposed"
    );
    let verdict = report.verdicts[1][0].as_ref().unwrap();
    // What is refused is no comparison, so nothing is adjusted.
    assert!((verdict.adjusted_p - verdict.difference.p).abs() < 1e-15);
}

#[test]
fn each_variation_has_its_verdict_against_the_control() {
    let report = judge(&Experiment {
        users: vec![10_000; 3],
        weights: vec![1.0 / 3.0; 3],
        multiple_exposures: 0,
        metrics: vec![Metric {
            goal: Goal::Increase,
            sums: [1_000, 700, 1_300]
                .map(|count| Sums::proportion(10_000, count))
                .to_vec(),
        }],
    });
    let outcomes = report.verdicts[0].iter();
    let outcomes: Vec<Outcome> = outcomes.flatten().map(|verdict| verdict.outcome).collect();
    assert_eq!(outcomes, [Outcome::Worse, Outcome::Better]);
}

#[test]
fn a_difference_without_a_lift_is_stated_in_the_unit_of_the_metric() {
    let metric = Metric {
        goal: Goal::Decrease,
        sums: vec![Sums::mean(1_000, 3.0, 50.0), Sums::mean(1_000, -90.0, 80.0)],
    };
    let report = judge(&experiment(vec![metric]));
    let words = "The variation is better: 0.093 lower than the control (95 % interval from -0.1";
    assert!(
        first(&report).sentence.starts_with(words),
        "{}",
        first(&report).sentence
    );
}

#[test]
fn sums_that_are_missing_are_refused() {
    let mut metric = share([1_000, 1_250]);
    metric.sums.pop();
    let refusal = report(&experiment(vec![metric]), &Settings::default()).unwrap_err();
    let variations = 2;
    assert_eq!(
        refusal,
        Refusal::SumsMissing {
            variations,
            sums: 1
        }
    );
}
