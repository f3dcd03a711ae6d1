//! What a sale is worth to the operator: weights of territories, films and sources.

use std::collections::HashMap;

use schema::weight::Holds;

use super::demand::ShowtimeIds;

/// Weights by key; what has none weighs 1. Weights of one task multiply.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    /// Of sources, by their steps.
    pub steps: HashMap<i32, f32>,
    /// Of films.
    pub films: HashMap<i32, f32>,
    /// Of territories, by their cinemas.
    pub cinemas: HashMap<i32, f32>,
}

impl Weights {
    /// The weights as the database has them.
    #[must_use]
    pub fn of_rows(rows: &[Holds]) -> Self {
        let mut weights = Self::default();
        for row in rows {
            let of_kind = match row.kind.as_str() {
                "source" => &mut weights.steps,
                "territory" => &mut weights.cinemas,
                _ => &mut weights.films,
            };
            of_kind.insert(row.id, row.weight);
        }
        weights
    }

    /// The weight of a showtime.
    #[must_use]
    pub fn of(&self, ids: ShowtimeIds) -> f32 {
        let weight = |weights: &HashMap<i32, f32>, id: i32| {
            if weights.is_empty() {
                return 1.0;
            }
            weights.get(&id).copied().unwrap_or(1.0)
        };
        weight(&self.steps, ids.step_id)
            * weight(&self.films, ids.film_id)
            * weight(&self.cinemas, ids.cinema_id)
    }
}
