//! P-values of several comparisons, adjusted for their number.

use crate::refusal::Refusal;

/// How p-values are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Not at all: right for one comparison only.
    None,
    /// The share of false findings among all findings is at most `alpha` on average (Benjamini and
    /// Hochberg, "Controlling the False Discovery Rate", 1995).
    BenjaminiHochberg,
    /// The probability of any false finding is at most `alpha` (Holm, "A Simple Sequentially
    /// Rejective Multiple Test Procedure", 1979).
    Holm,
}

/// Adjusts p-values; the answers stand in the order of the input and are compared with `alpha`.
///
/// # Errors
///
/// [`Refusal::NotAProbability`] for the first number that is not from 0 to 1.
pub fn adjust(p_values: &[f64], correction: Correction) -> Result<Vec<f64>, Refusal> {
    if let Some(wrong) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(Refusal::NotAProbability(*wrong));
    }
    let mut places: Vec<usize> = (0..p_values.len()).collect();
    places.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = p_values.to_vec();
    match correction {
        Correction::None => {}
        Correction::BenjaminiHochberg => {
            let all = number(places.len());
            let mut least = 1.0_f64;
            for (rank, place) in places.iter().enumerate().rev() {
                least = least.min(p_values[*place] * all / number(rank + 1));
                adjusted[*place] = least;
            }
        }
        Correction::Holm => {
            let mut most = 0.0_f64;
            for (rank, place) in places.iter().enumerate() {
                most = most.max(p_values[*place] * number(places.len() - rank));
                adjusted[*place] = most.min(1.0);
            }
        }
    }
    Ok(adjusted)
}

fn number(count: usize) -> f64 {
    crate::real::real(u64::try_from(count).unwrap_or(u64::MAX))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_comparison_is_not_adjusted() {
        for correction in [Correction::BenjaminiHochberg, Correction::Holm] {
            assert_eq!(adjust(&[0.03], correction).unwrap(), vec![0.03]);
        }
        assert_eq!(adjust(&[], Correction::Holm).unwrap(), Vec::<f64>::new());
    }

    #[test]
    fn the_order_of_the_input_is_kept() {
        let adjusted = adjust(&[0.5, 0.01, 0.04], Correction::BenjaminiHochberg).unwrap();
        assert!(
            adjusted[1] < adjusted[2] && adjusted[2] < adjusted[0],
            "{adjusted:?}"
        );
    }

    #[test]
    fn what_is_not_a_probability_is_refused() {
        for wrong in [f64::NAN, -0.1, 1.5] {
            let refusal = adjust(&[0.2, wrong], Correction::None).unwrap_err();
            assert!(matches!(refusal, Refusal::NotAProbability(_)));
        }
    }
}
