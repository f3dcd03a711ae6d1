//! Definition files that read the simulated chains, made from the shipped ones.

use std::{fs, io, path::Path, path::PathBuf, time::Duration};

use clap::Args;
use thiserror::Error;
use toml_edit::{DocumentMut, Item, TableLike, value};

use super::{
    codes,
    options::WorldOptions,
    world::{Chain, World},
};

/// The shipped definition of each shape. Read from their files, not from the agent: so the
/// chains can be built without it.
const SHIPPED: [(&str, &str); 7] = [
    ("bhd", include_str!("../../../agent/sources/bhd.toml")),
    ("major", include_str!("../../../agent/sources/major.toml")),
    ("cds", include_str!("../../../agent/sources/cds.toml")),
    ("amc", include_str!("../../../agent/sources/amc.toml")),
    (
        "megabox",
        include_str!("../../../agent/sources/megabox.toml"),
    ),
    ("cgv-kr", include_str!("../../../agent/sources/cgv-kr.toml")),
    ("cgv-id", include_str!("../../../agent/sources/cgv-id.toml")),
];

/// Options of `sources`.
#[derive(Debug, Clone, Args)]
pub struct SourcesOptions {
    /// The world: the same options as for `serve`.
    #[command(flatten)]
    pub world: WorldOptions,
    /// Directory for one file per chain; made if it does not exist.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Address of the chains.
    #[arg(long, default_value = "http://127.0.0.1:8099")]
    pub base: String,
    /// Time between two looks at the seats of a showtime [default: the shipped time divided by
    /// `--speed`, at least 1s].
    #[arg(long, value_parser = humantime::parse_duration)]
    pub every_seats: Option<Duration>,
    /// Time between two looks at the showtimes of a cinema [default: the shipped time divided by
    /// `--speed`, at least 10s].
    #[arg(long, value_parser = humantime::parse_duration)]
    pub every_showtimes: Option<Duration>,
    /// Time between two looks at the cinemas of a chain [default: the shipped time divided by
    /// `--speed`, at least 60s].
    #[arg(long, value_parser = humantime::parse_duration)]
    pub every_cinemas: Option<Duration>,
}

/// Errors of writing definitions.
#[derive(Debug, Error)]
pub enum DefinitionError {
    /// No definition of this shape is shipped.
    #[error("no definition of the shape {shape} is shipped")]
    Unknown {
        /// Name of the shape.
        shape: &'static str,
    },
    /// A shipped definition is not TOML.
    #[error("the definition of the shape {shape} is not TOML")]
    Parse {
        /// Name of the shape.
        shape: &'static str,
        /// The cause.
        #[source]
        source: toml_edit::TomlError,
    },
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Writes one definition per chain and returns their paths. Each is the shipped one, asked
/// where the chain is served, and knows what the codes of a simulated chain mean.
///
/// # Errors
///
/// [`DefinitionError`] for the first file that cannot be edited or written; those before
/// it are written.
pub fn write(options: &SourcesOptions) -> Result<Vec<PathBuf>, DefinitionError> {
    write_each(options, |chain, document| {
        for (code, status) in codes::meanings(chain.shape) {
            document["steps"]["seats"]["status"]["map"][*code] = value(*status);
        }
    })
}

/// As [`write()`], but reads as the shipped ones do.
///
/// # Errors
///
/// As [`write()`].
pub fn write_as_shipped(options: &SourcesOptions) -> Result<Vec<PathBuf>, DefinitionError> {
    write_each(options, |_, _| {})
}

fn write_each(
    options: &SourcesOptions,
    edit: impl Fn(&Chain, &mut DocumentMut),
) -> Result<Vec<PathBuf>, DefinitionError> {
    let world = World::new(options.world.clone());
    let write = |path: &Path, result: io::Result<()>| {
        result.map_err(|source| DefinitionError::Write {
            path: path.to_owned(),
            source,
        })
    };
    write(&options.out, fs::create_dir_all(&options.out))?;
    let mut paths = Vec::new();
    for chain in &world.chains {
        let text = shipped(chain.shape.name())?;
        let path = options.out.join(format!("{}.toml", chain.name));
        let mut document = pointed(text, chain, options)?;
        edit(chain, &mut document);
        write(&path, fs::write(&path, document.to_string()))?;
        paths.push(path);
    }
    Ok(paths)
}

fn shipped(shape: &'static str) -> Result<&'static str, DefinitionError> {
    let found = SHIPPED.iter().find(|(name, _)| *name == shape);
    found
        .map(|(_, text)| *text)
        .ok_or(DefinitionError::Unknown { shape })
}

/// Edits a shipped definition so that it asks where a simulated chain is.
fn pointed(
    shipped: &str,
    chain: &Chain,
    options: &SourcesOptions,
) -> Result<DocumentMut, DefinitionError> {
    let shape = chain.shape.name();
    let mut document: DocumentMut = shipped
        .parse()
        .map_err(|source| DefinitionError::Parse { shape, source })?;
    let name = &chain.name;
    document["name"] = value(name);
    document["title"] = value(format!("Simulated chain {name}"));
    document["access"] = value("permitted");
    document["vars"]["base"] = value(format!("{}/{name}", options.base.trim_end_matches('/')));
    document["limit"]["key"] = value(format!("{name}.simulated"));
    document["limit"]["rate"] = value(options.world.rate);
    document["limit"]["burst"] = value(i64::from(options.world.burst));
    // The chain's own limit has none; what the site that was shipped bears is another's.
    if let Some(limit) = document.get_mut("limit").and_then(Item::as_table_like_mut) {
        limit.remove("concurrency");
    }
    document.remove("secrets");
    for (step, asked, least) in [
        ("cinemas", options.every_cinemas, 60),
        ("showtimes", options.every_showtimes, 10),
        ("seats", options.every_seats, 1),
    ] {
        let Some(step) = document
            .get_mut("steps")
            .and_then(Item::as_table_like_mut)
            .and_then(|steps| steps.get_mut(step))
            .and_then(Item::as_table_like_mut)
        else {
            continue;
        };
        let every = asked.unwrap_or_else(|| scaled(step, options.world.speed, least));
        step.insert(
            "every",
            value(
                humantime::format_duration(every)
                    .to_string()
                    .replace(' ', ""),
            ),
        );
    }
    Ok(document)
}

/// Returns the step's own time between two looks over `speed`, in whole seconds, no less than `least`.
fn scaled(step: &dyn TableLike, speed: f64, least: u64) -> Duration {
    let shipped = step.get("every").and_then(Item::as_str);
    let shipped = shipped.and_then(|text| humantime::parse_duration(text).ok());
    let every = shipped.unwrap_or(Duration::from_mins(10)).div_f64(speed);
    Duration::from_secs(every.as_secs().max(least))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use source_language::{definition::Definition, source::Source};

    use super::*;
    use crate::shape::Shape;

    /// A chain that says what its definition does not map is degraded from the start; one
    /// is meant to be.
    #[test]
    fn one_code_of_all_chains_is_left_for_a_person_to_map() {
        let directory = tempfile::tempdir().unwrap();
        let options = SourcesOptions {
            world: WorldOptions {
                layouts: 1,
                ..WorldOptions::default()
            },
            out: directory.path().to_owned(),
            base: "http://127.0.0.1:1".to_owned(),
            every_seats: None,
            every_showtimes: None,
            every_cinemas: None,
        };
        let mut left = Vec::new();
        for path in write(&options).unwrap() {
            let text = fs::read_to_string(&path).unwrap();
            let definition = Definition::parse(&text, "simulated").unwrap();
            let name = definition.name.trim_end_matches("-1").to_owned();
            let source = Source::compile(definition).unwrap();
            let shape = Shape::named(&name).unwrap();
            let said = codes::codes(shape);
            for code in &said[..said.len() - 1] {
                if source.meaning(code).is_none() {
                    left.push((name.clone(), *code));
                }
            }
        }
        assert_eq!(left, [("major".to_owned(), "House")]);
    }

    #[test]
    fn a_definition_is_pointed_at_its_chain() {
        let shipped = r#"
name = "bhd"
title = "BHD"
[limit]
key = "api"
rate = 5.0
concurrency = 8
[vars]
base = "https://api"
[secrets]
token = "env:TOKEN"
[steps.seats]
every = "10m" # kept
for_each = "showtimes"
"#;
        let options = SourcesOptions {
            world: WorldOptions {
                speed: 100.0,
                ..WorldOptions::default()
            },
            out: PathBuf::new(),
            base: "http://127.0.0.1:1/".to_owned(),
            every_seats: None,
            every_showtimes: None,
            every_cinemas: None,
        };
        let world = World::new(WorldOptions {
            chains: 8,
            layouts: 1,
            ..WorldOptions::default()
        });
        let document = pointed(shipped, &world.chains[7], &options).unwrap();
        assert_eq!(document["name"].as_str(), Some("bhd-2"));
        assert_eq!(
            document["vars"]["base"].as_str(),
            Some("http://127.0.0.1:1/bhd-2")
        );
        assert_eq!(document["steps"]["seats"]["every"].as_str(), Some("6s"));
        assert_eq!(
            document["steps"]["seats"]["for_each"].as_str(),
            Some("showtimes")
        );
        assert!(document.get("secrets").is_none());
        assert!(document["limit"].get("concurrency").is_none());
    }
}
