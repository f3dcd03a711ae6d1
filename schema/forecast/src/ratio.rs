//! A ratio of two sums.

/// Sums of two numbers, and their ratio.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ratio {
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Ratio {
    pub(crate) fn add(&mut self, top: f64, bottom: f64) {
        self.top += top;
        self.bottom += bottom;
    }

    pub(crate) fn value(self) -> Option<f64> {
        (self.bottom > 0.0).then(|| self.top / self.bottom)
    }
}
