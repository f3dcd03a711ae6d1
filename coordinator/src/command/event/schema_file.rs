//! `coordinator event schema`: reads the file with the schema of an event.

use std::path::Path;

use anyhow::Context as _;
use fleet_web::operations::event::NewEventSchema;

pub(super) fn read(
    client: &str,
    event: &str,
    version: &str,
    file: &Path,
) -> anyhow::Result<NewEventSchema> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let document =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    Ok(NewEventSchema {
        client: client.to_owned(),
        event: event.to_owned(),
        version: version.to_owned(),
        document,
    })
}
