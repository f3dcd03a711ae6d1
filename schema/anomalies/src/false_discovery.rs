//! Holds the false discovery rate of a run (Benjamini and Hochberg, "Controlling the False
//! Discovery Rate", 1995).

use crate::probability::count;

/// Returns the q-value of each p-value, in their order: the false discovery rate of a run that
/// reports this test and all that are at least as extreme.
pub(crate) fn q_values(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    let p_value = |at: usize| p_values.get(at).copied().unwrap_or(1.0);
    order.sort_by(|&one, &other| p_value(one).total_cmp(&p_value(other)));
    let tests = count(p_values.len());
    let mut q_values = vec![1.0; p_values.len()];
    let mut lowest: f64 = 1.0;
    for (rank, &at) in order.iter().enumerate().rev() {
        lowest = lowest.min(p_value(at) * tests / count(rank + 1));
        if let Some(place) = q_values.get_mut(at) {
            *place = lowest;
        }
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the paper: fifteen p-values, of which four are discoveries at 0.05.
    #[test]
    fn the_example_of_the_paper() {
        let p_values = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        let found = q_values(&p_values)
            .iter()
            .filter(|q_value| **q_value <= 0.05)
            .count();
        assert_eq!(found, 4);
    }

    #[test]
    fn the_order_of_tests_does_not_matter() {
        let q_values = q_values(&[0.9, 0.001, 0.02]);
        assert_eq!(q_values, vec![0.9, 0.003, 0.03]);
    }
}
