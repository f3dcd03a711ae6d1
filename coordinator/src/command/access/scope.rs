//! The work that a partner is granted, and the films of it on which a person should decide.

use anyhow::bail;
use schema::{
    access::UndecidedFilm,
    work::{self, WorkName, WorkSearch},
};
use sqlx::PgPool;

/// Finds the one work that is meant by a title or a number; `None` if neither is given.
///
/// # Errors
///
/// If there is none, or the title is that of several works: they are listed with their numbers.
pub(super) async fn find_work(
    db: &PgPool,
    title: Option<&str>,
    number: Option<i32>,
) -> anyhow::Result<Option<WorkName>> {
    if let Some(number) = number {
        let Some(work) = work::find(db, WorkSearch::Number(number)).await?.pop() else {
            bail!("there is no work {number}: the view film_match has the work of each film");
        };
        // The scope is that of the number, so that it stays what was granted if a merge is undone.
        return Ok(Some(WorkName {
            work_id: number,
            ..work
        }));
    }
    let Some(title) = title else {
        return Ok(None);
    };
    let mut found = work::find(db, WorkSearch::Title(title)).await?;
    if found.len() > 1 {
        bail!(
            "\"{title}\" is a title of {} works; say which by --work:\n{}\nif two of them are one \
             film, say so first: coordinator film same FILM FILM --reason WHY",
            found.len(),
            listed(&found)
        );
    }
    if let Some(work) = found.pop() {
        return Ok(Some(work));
    }
    let unplaced = work::count_unplaced(db, title).await?;
    if unplaced > 0 {
        bail!(
            "the works of {unplaced} films \"{title}\" are not looked for yet; the leader does so \
             within seconds of their first listing: try again"
        );
    }
    let similar = work::find(db, WorkSearch::TitlePart(title)).await?;
    if similar.is_empty() {
        bail!(
            "no work has the title \"{title}\", nor one that contains it; the view film_match has \
             all films with their works"
        );
    }
    bail!(
        "no work has the title \"{title}\"; these have titles that contain it, say which by --work:\n{}",
        listed(&similar)
    );
}

fn listed(works: &[WorkName]) -> String {
    let lines = works
        .iter()
        .map(|work| format!("  {}: {}", describe(work), work.films.join(", ")));
    lines.collect::<Vec<_>>().join("\n")
}

/// Names a work: `12 "Crash", 1996, feature`.
pub(super) fn describe(work: &WorkName) -> String {
    let years = match (work.first_year, work.last_year) {
        (Some(first), Some(last)) if first == last => format!(", {first}"),
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    };
    format!("{} \"{}\"{years}, {}", work.work_id, work.title, work.kind)
}

/// Says why a partner does not see a film of a work that it was granted, and what shows it.
pub(super) fn what_decides(film: &UndecidedFilm) -> String {
    let UndecidedFilm {
        role_name,
        work_id,
        present_work_id,
        film: key,
        title,
        ..
    } = film;
    if film.state == "left" {
        return format!(
            "{role_name} no longer sees {key} \"{title}\": it was granted with work {work_id} and is of \
             work {present_work_id} now; if it should see that too: \
             coordinator access partner {role_name} --work {present_work_id}"
        );
    }
    let decide = film.seen_film.as_ref().map_or_else(
        || format!("coordinator access partner {role_name} --work {work_id}"),
        |seen| format!("coordinator film same {seen} {key} --reason WHY"),
    );
    format!(
        "{role_name} does not see {key} \"{title}\": only a rule joined it to work {work_id}; if it is \
         that film: {decide}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(state: &str, seen_film: Option<&str>) -> UndecidedFilm {
        UndecidedFilm {
            role_name: "plaza".to_owned(),
            state: state.to_owned(),
            work_id: 12,
            present_work_id: 40,
            film: "vue/7".to_owned(),
            title: "IMAX: Crash".to_owned(),
            seen_film: seen_film.map(str::to_owned),
        }
    }

    #[test]
    fn a_film_that_waits_comes_with_the_command_that_decides() {
        let waits = what_decides(&film("waits", Some("bhd/1")));
        assert!(waits.ends_with("coordinator film same bhd/1 vue/7 --reason WHY"));
        let alone = what_decides(&film("waits", None));
        assert!(alone.ends_with("coordinator access partner plaza --work 12"));
        let left = what_decides(&film("left", Some("bhd/1")));
        assert!(left.ends_with("coordinator access partner plaza --work 40"));
    }

    #[test]
    fn a_work_is_named_with_its_years() {
        let mut work = WorkName {
            work_id: 12,
            kind: "feature".to_owned(),
            title: "Crash".to_owned(),
            first_year: Some(1996),
            last_year: Some(1996),
            films: vec!["bhd/1 \"Crash\" (1996)".to_owned()],
        };
        assert_eq!(describe(&work), "12 \"Crash\", 1996, feature");
        work.last_year = Some(1997);
        assert_eq!(describe(&work), "12 \"Crash\", 1996 to 1997, feature");
        (work.first_year, work.last_year) = (None, None);
        assert_eq!(
            listed(&[work]),
            "  12 \"Crash\", feature: bhd/1 \"Crash\" (1996)"
        );
    }
}
