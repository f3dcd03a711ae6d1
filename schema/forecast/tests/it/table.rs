//! Accuracy of forecasts and of baselines, by days ahead and by size.

use std::collections::BTreeMap;

use forecast::{Accuracy, BASELINES, Scored};

/// Forecasts and each of the baselines.
#[derive(Default, Clone)]
pub(crate) struct Beside {
    pub(crate) ours: Accuracy,
    pub(crate) baselines: [Accuracy; 4],
}

#[derive(Default)]
pub(crate) struct Table {
    /// T-1 to T-7 together.
    pub(crate) week: Beside,
    pub(crate) days: BTreeMap<i64, Beside>,
    pub(crate) sizes: BTreeMap<usize, Accuracy>,
    pub(crate) all: Accuracy,
}

impl Beside {
    fn add(&mut self, scored: &Scored, baselines: [f64; 4]) {
        self.ours.add(scored);
        for (accuracy, point) in self.baselines.iter_mut().zip(baselines) {
            accuracy.add(&Scored { point, ..*scored });
        }
    }

    /// WAPE over that of the best baseline.
    pub(crate) fn ratio(&self) -> f64 {
        let wapes = self.baselines.iter().map(Accuracy::wape);
        self.ours.wape() / wapes.fold(f64::INFINITY, f64::min)
    }
}

impl Table {
    pub(crate) fn add(&mut self, days: i64, size: usize, scored: &Scored, baselines: [f64; 4]) {
        if days < 1 {
            return;
        }
        if days <= 7 {
            self.week.add(scored, baselines);
        }
        self.days.entry(days).or_default().add(scored, baselines);
        self.sizes.entry(size).or_default().add(scored);
        self.all.add(scored);
    }

    /// Prints all figures: shown by `--no-capture`, and if an assertion fails.
    pub(crate) fn print(&self, title: &str) {
        println!("{title}");
        println!(
            "{:<8} n WAPE | {} | to best | MASE bias pinball 80 % 95 %",
            "",
            BASELINES.join(" | ")
        );
        let days = self
            .days
            .iter()
            .map(|(days, beside)| (format!("T-{days}"), beside));
        for (name, beside) in days.chain([("T-1 to 7".into(), &self.week)]) {
            let theirs: Vec<String> = beside
                .baselines
                .iter()
                .map(|a| format!("{:.3}", a.wape()))
                .collect();
            println!(
                "{name:<8} {} {:.3} | {} | {:+.1} % | {}",
                beside.ours.count(),
                beside.ours.wape(),
                theirs.join(" | "),
                100.0 * (beside.ratio() - 1.0),
                figures(&beside.ours),
            );
        }
        let sizes = self
            .sizes
            .iter()
            .map(|(size, accuracy)| (format!("size {size}"), accuracy));
        for (name, accuracy) in sizes.chain([("all".into(), &self.all)]) {
            println!(
                "{name:<8} {} {:.3} | {}",
                accuracy.count(),
                accuracy.wape(),
                figures(accuracy)
            );
        }
    }
}

fn figures(accuracy: &Accuracy) -> String {
    format!(
        "{:.2} {:+.3} {:.2} {:.3} {:.3}",
        accuracy.mase().unwrap_or(f64::NAN),
        accuracy.bias(),
        accuracy.pinball(),
        accuracy.coverage_80(),
        accuracy.coverage_95()
    )
}

/// Asserts that intervals cover what they say.
pub(crate) fn assert_covers(title: &str, accuracy: &Accuracy) {
    let (narrow, wide) = (accuracy.coverage_80(), accuracy.coverage_95());
    assert!(
        (0.76..=0.84).contains(&narrow),
        "{title}: 80 % intervals cover {narrow:.3}"
    );
    assert!(
        (0.92..=0.98).contains(&wide),
        "{title}: 95 % intervals cover {wide:.3}"
    );
}
