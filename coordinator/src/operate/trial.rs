//! Reads a recorded answer by a definition, without secrets, database or network.

use fleet_web::operations::{Trial, TrialResult};
use jiff::Timestamp;
use source_language::{
    definition::Definition,
    extract::Answer,
    rows::Rows,
    source::{SecretRules, Source},
    wording::with_causes,
};

/// Rows that are shown, and letters of each.
const SAMPLE_ROWS: usize = 5;
const SAMPLE_LETTERS: usize = 1_000;

/// Reads the answer of a trial; takes as long as the language allows, on this thread.
#[must_use]
pub fn attempt(trial: &Trial, rules: &SecretRules) -> TrialResult {
    match read(trial, rules) {
        Ok(rows) => result(&rows),
        Err(error) => TrialResult {
            is_readable: false,
            error: Some(error),
            rows: None,
            count: 0,
            sample: Vec::new(),
        },
    }
}

fn read(trial: &Trial, rules: &SecretRules) -> Result<Rows, String> {
    let definition = Definition::parse(&trial.definition, "the definition")
        .map_err(|error| with_causes(&error))?;
    // A secret could be read out of the sample otherwise.
    let source = Source::compile_with(definition, rules)
        .map_err(|error| with_causes(&error))?
        .without_secrets();
    if !source.definition().steps.contains_key(&trial.step) {
        let steps: Vec<&str> = source
            .definition()
            .steps
            .keys()
            .map(String::as_str)
            .collect();
        return Err(format!(
            "the definition has no step `{}`; its steps are {}",
            trial.step,
            steps.join(", ")
        ));
    }
    let answer = Answer {
        status: trial.status,
        content_type: trial.content_type.as_deref(),
        body: trial.body.as_bytes(),
        received_at: Timestamp::now(),
    };
    source
        .extract(&trial.step, &trial.params, &answer)
        .map_err(|error| with_causes(&error))
}

fn result(rows: &Rows) -> TrialResult {
    let (kind, count, sample) = match rows {
        Rows::Cinemas(rows) => ("cinemas", rows.len(), sample(rows)),
        Rows::Showtimes(rows) => ("showtimes", rows.len(), sample(rows)),
        Rows::Seats(map) => ("seats", map.seats.len(), sample(&map.seats)),
        Rows::Prices(rows) => ("prices", rows.len(), sample(rows)),
        Rows::Items(rows) => ("items", rows.len(), sample(rows)),
        Rows::Observations(rows) => ("observations", rows.len(), sample(rows)),
    };
    TrialResult {
        is_readable: true,
        error: None,
        rows: Some(kind.to_owned()),
        count: count as u64,
        sample,
    }
}

fn sample<T: std::fmt::Debug>(rows: &[T]) -> Vec<String> {
    rows.iter()
        .take(SAMPLE_ROWS)
        .map(|row| format!("{row:?}").chars().take(SAMPLE_LETTERS).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn trial(step: &str, body: &str) -> Trial {
        let readme = include_str!("../../../README.md");
        let (_, from) = readme.split_once("```toml\n").unwrap();
        let (definition, _) = from.split_once("```").unwrap();
        Trial {
            definition: definition.to_owned(),
            step: step.to_owned(),
            params: serde_json::Map::new(),
            status: 200,
            content_type: Some("application/json".to_owned()),
            body: body.to_owned(),
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_says_why() {
        let rules = SecretRules::default();
        let refused = attempt(&trial("cinemas", "<html>"), &rules);
        assert!(
            !refused.is_readable && refused.error.is_some(),
            "{refused:?}"
        );
        let unknown = attempt(&trial("nothing", ""), &rules);
        assert!(unknown.error.unwrap().contains("its steps are cinemas"));
        let none = Trial {
            definition: "name = 1".to_owned(),
            ..trial("cinemas", "")
        };
        assert!(!attempt(&none, &rules).is_readable);
    }
}
