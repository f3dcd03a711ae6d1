//! `coordinator doctor`: what ails the database, and what to do about it.

use anyhow::bail;
use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use sqlx::PgPool;

use crate::doctor::{Finding, Gravity, examine};

/// Prints what was found, the gravest first: for a person what is amiss as a table and the
/// names of what is fine, or everything as JSON.
///
/// # Errors
///
/// If a finding is grave, or the database cannot be asked.
pub async fn print(db: &PgPool, as_json: bool) -> anyhow::Result<()> {
    let findings = examine(db).await?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        tell(&findings);
    }
    let count = |gravity| findings.iter().filter(|one| one.gravity == gravity).count();
    let (grave, warn) = (count(Gravity::Grave), count(Gravity::Warn));
    if grave > 0 {
        bail!("grave: {grave}, warnings: {warn}");
    }
    Ok(())
}

fn tell(findings: &[Finding]) {
    let (fine, amiss): (Vec<_>, Vec<_>) = findings
        .iter()
        .partition(|finding| finding.gravity == Gravity::Fine);
    if !amiss.is_empty() {
        println!("{}", table(&amiss));
    }
    let names: Vec<String> = fine
        .iter()
        .map(|finding| format!("{} ({})", finding.what, finding.is))
        .collect();
    println!("fine: {}", names.join(", "));
}

fn table(findings: &[&Finding]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["", "what", "is", "it means", "do"]);
    for finding in findings {
        table.add_row([
            finding.gravity.word(),
            finding.what.as_str(),
            finding.is.as_str(),
            finding.means.as_str(),
            finding.remedy.as_str(),
        ]);
    }
    table
}
