//! One run: tests, the false discovery rate, and an explanation of each discovery.
//!
//! Explanations go from the certain to the rest. An event of a work is subtracted from the sources
//! that have it, the fault of a source from its works and its territory. A deviation that is gone
//! after that is explained, and not reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    anomaly::{Anomaly, Report},
    cause::Cause,
    decision::{Again, again},
    event::{explain_market, explain_work},
    expectation::Expectations,
    false_discovery::q_values,
    fault::{Fault, drill_down, name_fault},
    finding::{Excess, Finding, Findings, by_subject},
    metric::Metric,
    probability::count,
    screen::{Test, test_aggregates},
    series::{Run, SeriesIndex},
    silence::test_silence,
    subject::{Subject, SubjectKind},
    words::{alike_cinemas, describe, peers_share},
    work::{WorkExpectations, test_works},
};

/// False discovery rate of a run: the share of false ones among all that are reported, in the long run.
const FALSE_DISCOVERY_RATE: f64 = 0.1;

/// Silent cinemas of a source that are reported as one.
const MANY_SILENT: usize = 3;

/// Finds what is anomalous among all series of a run.
///
/// The result does not depend on the order of the series.
#[must_use]
pub fn detect(run: &Run) -> Report {
    let index = SeriesIndex::new(run);
    let expectations = Expectations::learn(&index);
    let works = WorkExpectations::learn(&index);
    let families = [
        test_aggregates(&index, &expectations),
        test_works(&index, &works),
        test_silence(&index),
    ];
    let (tests, q_values) = hold_rate(families);
    let found = by_subject(&tests, &q_values, FALSE_DISCOVERY_RATE);

    let mut explanation = Explanation {
        index: &index,
        expectations: &expectations,
        excess: Excess::default(),
        faulty: BTreeSet::new(),
        report: Report {
            tests: tests.len(),
            ..Report::default()
        },
    };
    explanation.explain_work_events(&found);
    explanation.explain_sources(&found);
    explanation.explain_works(&found);
    explanation.explain_aggregates(&found);
    explanation.explain_silences(&found);
    let mut report = explanation.report;
    report.anomalies.sort_by(|one, other| {
        let order = other.score.total_cmp(&one.score);
        order.then_with(|| one.subject.cmp(&other.subject))
    });
    report
}

/// Gives each test its q-value.
///
/// Aggregates, works and cinemas are families of their own, for a discovery is as probable in one
/// as it is improbable in another (Efron, "Simultaneous Inference: When Should Hypothesis Testing
/// Problems Be Combined?", 2008); the number of families multiplies the q-values, so that the rate
/// holds for the run.
fn hold_rate<const FAMILIES: usize>(
    families: [Vec<Test<'_>>; FAMILIES],
) -> (Vec<Test<'_>>, Vec<f64>) {
    let mut all = Vec::new();
    let mut of_all = Vec::new();
    for tests in families {
        let p_values: Vec<f64> = tests.iter().map(|test| test.p_value).collect();
        let of_family = q_values(&p_values).into_iter();
        of_all.extend(of_family.map(|one| (one * count(FAMILIES)).min(1.0)));
        all.extend(tests);
    }
    (all, of_all)
}

/// The state of explaining.
struct Explanation<'a> {
    index: &'a SeriesIndex<'a>,
    expectations: &'a Expectations<'a>,
    excess: Excess<'a>,
    /// Sources and cinemas whose faults are reported.
    faulty: BTreeSet<&'a Subject>,
    report: Report,
}

type Found<'a> = BTreeMap<&'a Subject, Findings<'a>>;

fn of_kind<'f, 'a>(
    found: &'f Found<'a>,
    kind: SubjectKind,
) -> impl Iterator<Item = &'f Findings<'a>> {
    found.values().filter(move |one| one.subject.kind == kind)
}

impl<'a> Explanation<'a> {
    /// Reports works that deviate at many sources, and takes their excess from the sources.
    fn explain_work_events(&mut self, found: &Found<'a>) {
        for findings in of_kind(found, SubjectKind::Work) {
            let Some(finding) = findings.of(Metric::Admissions) else {
                continue;
            };
            let explained = explain_work(self.index, finding);
            if explained.cause != Cause::WorkEvent {
                continue;
            }
            for (source, excess) in &explained.sources {
                self.excess.add(source, Metric::Admissions, *excess);
                for territory in self.ancestors(source) {
                    self.excess.add(territory, Metric::Admissions, *excess);
                }
            }
            let parts = explained.sources.into_iter().map(|(source, _)| source);
            self.report(
                finding,
                findings.subject,
                explained.cause,
                &explained.evidence,
                parts,
            );
        }
    }

    /// Reports sources, and takes their excess from their territories.
    fn explain_sources(&mut self, found: &Found<'a>) {
        for findings in of_kind(found, SubjectKind::Source) {
            let remaining = self.remaining(findings);
            let Some(Fault {
                cause,
                finding,
                evidence,
            }) = name_fault(self.index, &remaining)
            else {
                self.report.explained += 1;
                continue;
            };
            for metric in [Metric::Admissions, Metric::Sold, Metric::Showtimes] {
                self.subtract(findings.subject, metric);
            }
            let alike = drill_down(self.index, self.expectations, &finding);
            if alike.only.is_some_and(|cinema| found.contains_key(cinema)) {
                // The cinema went silent, which says more.
                self.report.explained += 1;
                continue;
            }
            self.faulty.insert(findings.subject);
            let peers = self
                .expectations
                .peers_today(findings.subject, finding.test.metric);
            let evidence = evidence + &alike_cinemas(&alike) + &peers_share(peers);
            self.faulty.extend(alike.only);
            let subject = alike.only.unwrap_or(findings.subject);
            self.report(&finding, subject, cause, &evidence, alike.parts.into_iter());
        }
    }

    /// Takes what a faulty source has beyond what was expected from all that it is a part of.
    fn subtract(&mut self, source: &'a Subject, metric: Metric) {
        let (Some(series), Some(baseline)) = (
            self.index.get(source, metric),
            self.expectations.get(source, metric),
        ) else {
            return;
        };
        for parent in self.ancestors(source) {
            self.excess
                .add(parent, metric, series.observed - baseline.expected);
        }
    }

    /// Reports the other works, unless the fault of a source explains them.
    fn explain_works(&mut self, found: &Found<'a>) {
        for findings in of_kind(found, SubjectKind::Work) {
            let Some(finding) = findings.of(Metric::Admissions) else {
                continue;
            };
            let explained = explain_work(self.index, finding);
            let is_explained = explained
                .sources
                .iter()
                .any(|(source, _)| self.faulty.contains(source));
            match explained.cause {
                Cause::WorkEvent => {}
                _ if is_explained => self.report.explained += 1,
                cause => {
                    let only = explained.sources.first().filter(|_| cause.is_fault());
                    let part = only.and_then(|(source, _)| self.part(findings.subject, source));
                    let subject = part.unwrap_or(findings.subject);
                    let parts = explained.sources.into_iter().map(|(source, _)| source);
                    self.report(finding, subject, cause, &explained.evidence, parts);
                }
            }
        }
    }

    /// Returns a work at a source.
    fn part(&self, work: &Subject, source: &Subject) -> Option<&'a Subject> {
        let mut parts = self.index.parts(work, SubjectKind::WorkAtSource);
        parts.find(|part| {
            let series = self.index.get(part, Metric::Admissions);
            series.is_some_and(|series| series.parents.contains(source))
        })
    }

    /// Reports territories and the fleet, unless their parts explain them.
    fn explain_aggregates(&mut self, found: &Found<'a>) {
        let mut is_reported = false;
        for kind in [SubjectKind::Territory, SubjectKind::Fleet] {
            for findings in of_kind(found, kind) {
                let remaining = self.remaining(findings);
                let Some(finding) = remaining.all.first().filter(|_| {
                    // The fleet is the sum of territories: one report is enough.
                    kind == SubjectKind::Territory || !is_reported
                }) else {
                    self.report.explained += 1;
                    continue;
                };
                is_reported = true;
                let metric = finding.test.metric;
                let usual = |source: &'a Subject| self.expectations.usual(source, metric);
                let (cause, evidence, parts) = explain_market(self.index, finding, usual);
                self.report(
                    finding,
                    findings.subject,
                    cause,
                    &evidence,
                    parts.into_iter(),
                );
            }
        }
    }

    /// Reports silent cinemas; several of one source as one.
    fn explain_silences(&mut self, found: &Found<'a>) {
        let mut by_source: BTreeMap<(Option<&'a Subject>, Cause), Vec<Fault<'a>>> = BTreeMap::new();
        for findings in of_kind(found, SubjectKind::Cinema) {
            let source = self
                .parents(findings.subject)
                .into_iter()
                .find(|one| one.kind == SubjectKind::Source);
            let is_explained = self.faulty.contains(findings.subject)
                || source.is_some_and(|source| self.faulty.contains(source));
            if is_explained {
                self.report.explained += 1;
            } else if let Some(fault) = name_fault(self.index, findings) {
                by_source
                    .entry((source, fault.cause))
                    .or_default()
                    .push(fault);
            }
        }
        for ((source, cause), mut faults) in by_source {
            faults.sort_by(|one, other| {
                one.finding
                    .test
                    .p_value
                    .total_cmp(&other.finding.test.p_value)
            });
            let subjects: Vec<&'a Subject> =
                faults.iter().map(|one| one.finding.test.subject).collect();
            match (source, faults.first()) {
                (Some(source), Some(first)) if faults.len() >= MANY_SILENT => {
                    let evidence = format!("{} of its cinemas: {}", faults.len(), first.evidence);
                    let mut finding = first.finding.clone();
                    let sum = |of: fn(&Test<'_>) -> f64| {
                        faults.iter().map(|one| of(&one.finding.test)).sum()
                    };
                    finding.test.expected = sum(|test| test.expected);
                    finding.test.observed = sum(|test| test.observed);
                    self.report(&finding, source, cause, &evidence, subjects.into_iter());
                }
                _ => {
                    for fault in &faults {
                        let subject = fault.finding.test.subject;
                        self.report(
                            &fault.finding,
                            subject,
                            cause,
                            &fault.evidence,
                            std::iter::empty(),
                        );
                    }
                }
            }
        }
    }

    /// Returns the findings that still stand without what is explained.
    fn remaining(&self, findings: &Findings<'a>) -> Findings<'a> {
        let mut remaining = findings.clone();
        if self.excess.has(findings.subject) {
            remaining.all.retain(|one| self.stands(one));
        }
        remaining
    }

    fn stands(&self, finding: &Finding<'a>) -> bool {
        let test = &finding.test;
        let Some(baseline) = self.expectations.get(test.subject, test.metric) else {
            return true;
        };
        let rest = self.excess.without(test);
        baseline.p_value(rest) <= test.p_value.sqrt()
            && baseline.effect(rest).abs() >= test.metric.min_effect()
            && baseline.effect(rest).signum() == test.effect().signum()
    }

    /// Returns all that a source is a part of.
    fn ancestors(&self, source: &'a Subject) -> Vec<&'a Subject> {
        let all = self.index.with_ancestors(source);
        all.into_iter().filter(|one| *one != source).collect()
    }

    fn parents(&self, subject: &Subject) -> Vec<&'a Subject> {
        let series = [Metric::Admissions, Metric::Showtimes, Metric::Sold]
            .into_iter()
            .find_map(|metric| self.index.get(subject, metric));
        series.map_or_else(Vec::new, |series| series.parents.iter().collect())
    }

    fn report(
        &mut self,
        finding: &Finding<'a>,
        subject: &'a Subject,
        cause: Cause,
        evidence: &str,
        parts: impl Iterator<Item = &'a Subject>,
    ) {
        let run = self.index.run;
        let test = &finding.test;
        let continues = match again(&run.known, subject, test.metric, cause, run.day) {
            Again::New => None,
            Again::Continues(number) => Some(number),
            Again::Quiet => {
                self.report.quiet += 1;
                return;
            }
        };
        let special = self.index.special(subject, run.day);
        self.report.anomalies.push(Anomaly {
            subject: subject.clone(),
            metric: test.metric,
            expected: test.expected,
            observed: test.observed,
            score: -test.p_value.log10(),
            q_value: finding.q_value,
            cause,
            reason: describe(test, evidence, special),
            parts: parts.cloned().collect(),
            continues,
        });
    }
}
