//! A job that saw the prices of a showtime, without its seats.

use schema::{finish::SeenPrices, queue::Claim, word::ErrorClass};
use source_language::{expect, rows::Price};

use super::{Shared, Trouble, malformed, report::Report, seen_by};

/// Notes prices in the report; the store writes them with the job.
pub(super) async fn saw(
    shared: &Shared,
    claim: &Claim,
    prices: &[Price],
    report: &mut Report,
) -> Result<(), Trouble> {
    let Some(showtime_id) = claim.subject_id else {
        let message =
            "the task names no showtime: a step that gives prices must be for each showtime";
        return Err(Trouble::failed(ErrorClass::Definition, message));
    };
    let tariff_id = shared.ids.tariff_id(seen_by(claim), prices).await;
    let tariff_id = tariff_id.map_err(|error| malformed(report, &error))?;
    let seen = tariff_id.map(|tariff_id| SeenPrices {
        showtime_id,
        tariff_id,
        median: expect::median(prices),
    });
    report.saw_prices(seen, prices.len());
    Ok(())
}
