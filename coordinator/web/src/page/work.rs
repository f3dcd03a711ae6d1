//! One work: a film over all sources and territories.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::LOCATION,
    web::{Data, Path},
};
use askama::Template;
use chrono::NaiveDate;
use schema::{
    forecasts::{self, QUANTILE_LEVELS, WorkDayQuantiles},
    reading::{
        ReadError, Reader,
        film_depth::{FilmInDepth, in_depth},
        film_pairs::decided,
        works::{self, WorkDay, WorkFacts},
    },
};

use super::{
    Frame,
    chart::{Forecast, ForecastDay},
    film_facts::{SharedFact, of_films, span},
    format, render,
    totals::{self, Day},
    work_chart::{Days, TerritoryLegend},
    work_rows::{
        ChainRow, FilmRow, ForecastCard, IdentifierRow, VerdictRow, all_territories, chain_rows,
        title_rows,
    },
};
use crate::{api::cinemas::TOTAL_DAYS, problem::WebError, state::WebState};

/// Verdicts that are listed.
const MAX_VERDICTS: i64 = 20;

#[derive(Template)]
#[template(path = "work.html")]
struct WorkPage {
    frame: Frame,
    work: WorkFacts,
    about: String,
    figures: Vec<(String, &'static str)>,
    chart: String,
    legend: Vec<TerritoryLegend>,
    days: Vec<Day>,
    forecast: Option<ForecastCard>,
    facts: Vec<SharedFact>,
    titles: Vec<(String, String)>,
    identifiers: Vec<IdentifierRow>,
    chains: Vec<ChainRow>,
    films: Vec<FilmRow>,
    verdicts: Vec<VerdictRow>,
}

/// `GET /works/{id}`. A work that was found to be another leads there.
///
/// # Errors
///
/// If there is no such work, or the database does not answer.
pub async fn work(
    request: HttpRequest,
    state: Data<WebState>,
    id: Path<i32>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let mut reader = Reader::begin(&state.db).await?;
    let work = works::work(&mut reader, id)
        .await?
        .ok_or_else(|| WebError::no("work", id))?;
    if let Some(merged_into) = work.merged_into {
        return Ok(HttpResponse::SeeOther()
            .insert_header((LOCATION, merged_into.to_string()))
            .finish());
    }
    let from_on = (work.now - TOTAL_DAYS).date_naive();
    let today = work.now.date_naive();
    let totals = works::days(&mut reader, id, from_on).await?;
    let chains = works::chains(&mut reader, id, from_on).await?;
    let titles = works::titles(&mut reader, id).await?;
    let identifiers = works::identifiers(&mut reader, id).await?;
    let ids = works::film_ids(&mut reader, id).await?;
    let films = in_depth(&mut reader, &ids).await?;
    let verdicts = decided(&mut reader, Some(&ids), MAX_VERDICTS).await?;
    let forecast = forecast(&mut reader, id, &totals, today).await?;
    drop(reader);
    let by_territory = Days::of(&totals);
    let chains = chain_rows(&chains);
    let mut days = totals::days(&all_territories(&totals), today);
    let page = WorkPage {
        frame: Frame::of(&request, &state, &work.title, "works"),
        about: about(&work, &films),
        figures: figures(&days, &chains),
        chart: by_territory.chart(today),
        legend: by_territory.legend(),
        days: {
            days.reverse();
            days
        },
        forecast,
        facts: of_films(&films),
        titles: title_rows(&titles),
        identifiers: identifiers.iter().map(IdentifierRow::of).collect(),
        chains,
        films: films.iter().map(FilmRow::of).collect(),
        verdicts: verdicts
            .iter()
            .map(|pair| VerdictRow::of(pair, &work.now))
            .collect(),
        work,
    };
    render(&request, &page)
}

/// The forecast of the territory that is expected to have most admissions, or why there is none.
async fn forecast(
    db: &mut Reader,
    work_id: i32,
    totals: &[WorkDay],
    today: NaiveDate,
) -> Result<Option<ForecastCard>, ReadError> {
    let rows = forecasts::quantiles_of_work(&mut **db, work_id, today).await?;
    let Some((territory, forecast)) = largest(&rows) else {
        let refusals = forecasts::refusals(&mut **db, Some(work_id)).await?;
        let refusal = refusals.join("; ");
        return Ok((!refusal.is_empty()).then(|| ForecastCard::refused(refusal)));
    };
    let of_territory: Vec<WorkDay> = totals
        .iter()
        .filter(|day| day.territory.as_deref() == Some(territory))
        .cloned()
        .collect();
    let days = Days::of(&of_territory);
    Ok(Some(ForecastCard::of(territory, &forecast, &days)))
}

/// The forecast of the territory with the largest medians.
fn largest(rows: &[WorkDayQuantiles]) -> Option<(&str, Forecast)> {
    rows.chunk_by(|one, next| one.territory == next.territory)
        .filter_map(|rows| Some((rows.first()?.territory.as_str(), forecast_of(rows)?)))
        .max_by(|(_, one), (_, other)| one.expected().total_cmp(&other.expected()))
}

/// The forecast that rows of one territory are.
fn forecast_of(rows: &[WorkDayQuantiles]) -> Option<Forecast> {
    let days = rows.iter().map(|row| ForecastDay {
        business_on: row.business_on,
        quantiles: QUANTILE_LEVELS
            .into_iter()
            .zip(row.quantiles.iter().copied().map(f64::from))
            .collect(),
    });
    Some(Forecast {
        origin: rows.first()?.origin.date_naive(),
        days: days.collect(),
    })
}

/// The sentence below the title.
fn about(work: &WorkFacts, films: &[FilmInDepth]) -> String {
    let kind = match work.kind.as_str() {
        "feature" => "A feature film",
        "short" => "A short film",
        "event" => "An event",
        "programme" => "A programme of several works, whose admissions are in no other work",
        _ => "A work whose length no source gives",
    };
    let mut sources: Vec<&str> = films.iter().map(|film| film.source.as_str()).collect();
    sources.dedup();
    let first_on = films.iter().filter_map(|film| film.first_on).min();
    let last_on = films.iter().filter_map(|film| film.last_on).max();
    let shown = match span(first_on, last_on).as_str() {
        "" => "no showtime is listed".to_owned(),
        span => format!("shown {span}"),
    };
    format!(
        "{kind}: {} at {}, {shown}.",
        format::counted(films.len(), "film"),
        format::counted(sources.len(), "source")
    )
}

fn figures(days: &[Day], chains: &[ChainRow]) -> Vec<(String, &'static str)> {
    let mut figures = totals::figures(days);
    let mut territories: Vec<&str> = chains.iter().map(|row| row.territory.as_str()).collect();
    territories.dedup();
    figures.push((territories.len().to_string(), "territories"));
    figures.push((
        chains.iter().filter(|row| !row.is_sum).count().to_string(),
        "chains, each in each of its territories",
    ));
    figures
}
