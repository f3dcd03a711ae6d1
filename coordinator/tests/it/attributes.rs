//! The meaning of attributes: set by a person, or by a definition that is applied.

use coordinator::operate::{
    apply::{Checks, apply},
    report::cli_actor,
    source::map_attributes,
};
use fleet_web::operations::OperationError;
use schema::{
    attribute::attributes,
    audit::{self, Filter},
    enums::AttributeMeaning,
};
use source_language::source::SecretRules;
use sqlx::PgPool;

use crate::fixture::world;

/// A definition of the source, which maps one of its attributes.
const DEFINITION: &str = r#"
name      = "plaza"
title     = "Plaza"
access    = "public"
territory = "FR"
timezone  = "UTC"
currency  = "EUR"
limit     = { key = "plaza.example.org", rate = 2.0, burst = 4 }

[steps.cinemas]
every   = "1d"
yields  = "cinemas"
request = { url = "https://plaza.example.org/cinemas" }
rows    = ".[]"
fields  = { key = ".id", name = ".name" }

[steps.showtimes]
for_each = "cinemas"
every    = "1h"
yields   = "showtimes"
request  = { url = "https://plaza.example.org/shows" }
rows     = ".[]"

[steps.showtimes.fields]
key        = ".id"
film_key   = ".film"
film_title = ".film"
starts_at  = { path = ".at", formats = ["rfc3339"], zone = "offset" }

[steps.showtimes.attributes]
of  = ".tags"
map = { VO = "language:original" }
"#;

/// A source that has said two attributes.
async fn said() -> PgPool {
    let (db, _) = world().await;
    sqlx::raw_sql(
        "INSERT INTO attribute (discovered_by, source_id, code) VALUES (1, 1, 'IMAX'), (1, 1, 'VO')",
    )
    .execute(&db)
    .await
    .unwrap();
    db
}

async fn meanings(db: &PgPool) -> Vec<(String, Option<String>)> {
    let found = attributes(db, "plaza").await.unwrap().into_iter();
    found
        .map(|one| (one.code, one.meaning.map(|meaning| meaning.to_string())))
        .collect()
}

fn meaning(code: &str, text: &str) -> (String, AttributeMeaning) {
    (code.to_owned(), text.parse().unwrap())
}

#[tokio::test]
async fn what_a_person_says_of_an_attribute_is_in_the_audit() {
    let db = said().await;
    let actor = cli_actor(Some("asked the chain".to_owned()));
    let report = map_attributes(&db, &actor, "plaza", &[meaning("IMAX", "format:imax")])
        .await
        .unwrap();
    assert_eq!(
        report.sentences,
        [
            "plaza: the attribute `IMAX` means format:imax",
            "plaza: 1 of its attributes mean something else now"
        ]
    );
    let imax = Some("format:imax".to_owned());
    assert_eq!(
        meanings(&db).await,
        [("VO".to_owned(), None), ("IMAX".to_owned(), imax)]
    );
    for (source, refused) in [
        ("plaza", vec![meaning("XD", "format:xd")]),
        ("plaza", Vec::new()),
        ("nobody", vec![meaning("IMAX", "format:imax")]),
    ] {
        let error = map_attributes(&db, &actor, source, &refused)
            .await
            .unwrap_err();
        let not_found = matches!(error, OperationError::NotFound(_));
        assert_eq!(not_found, source == "nobody", "{error}");
    }
    let mut connection = db.acquire().await.unwrap();
    let rows = audit::list(&mut connection, &Filter::default(), 10)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1, "what was refused is not in it");
    assert_eq!(Some(rows[0].audit_id), report.audit_id);
    assert_eq!(
        (rows[0].action.as_str(), rows[0].subject.as_str()),
        ("source.map_attribute", "source/plaza")
    );
    assert_eq!(rows[0].reason.as_deref(), Some("asked the chain"));
    assert_eq!(rows[0].details["attributes"]["IMAX"], "format:imax");
}

/// Invariant 6.
#[tokio::test]
async fn a_definition_that_maps_an_attribute_corrects_the_past() {
    let db = said().await;
    let actor = cli_actor(None);
    let apply_text = async |text: &str| {
        let files = [("plaza.toml".to_owned(), text.to_owned())];
        apply(&db, &actor, &files, &SecretRules::default(), Checks::Made)
            .await
            .unwrap()
    };
    let report = apply_text(DEFINITION).await;
    let message = "plaza: the attribute `VO` means language:original".to_owned();
    assert!(
        report.sentences.contains(&message),
        "{:?}",
        report.sentences
    );
    let original = Some("language:original".to_owned());
    let expected = [("IMAX".to_owned(), None), ("VO".to_owned(), original)];
    assert_eq!(meanings(&db).await, expected);
    // The mapping stays if a later definition leaves the code out.
    let without = DEFINITION.replace("map = { VO = \"language:original\" }", "");
    let report = apply_text(&without).await;
    assert!(
        !report
            .sentences
            .iter()
            .any(|message| message.contains("attribute"))
    );
    assert_eq!(meanings(&db).await, expected);
}
