//! The command line of the source author: flags, help with examples, exit codes.
//!
//! Exit codes: 0, nothing is wrong; 1, something is wrong, and a message says what; 130 and 143,
//! stopped by Ctrl-C or by SIGTERM. A closed pipe ends a command silently, as its reader is done.

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use source_language::{source::SecretRules, wording::with_causes};

use super::{
    ToolError, attempt, check, diff, live::LiveOptions, propose, record, reference, replay, schema,
    stop::Stop,
};

/// The commands of `agent source`.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Proposes a definition for a body or a page: a start, to be completed by hand.
    ///
    /// Finds the list that looks like seats, showtimes or cinemas, by the names of its keys and
    /// the shapes of its values. Every status code in it gets a line in the status map. TODO
    /// marks what only a person can decide.
    #[command(after_long_help = "\
Examples:
  agent source new --body seats.json --name bhd > sources/bhd.toml
  agent source new --url https://kino.example/shows/4711/seats --name kino
  agent source new                 asks a few questions
Then: agent source check sources/bhd.toml")]
    New(New),
    /// Checks definitions and prints every error and warning.
    #[command(after_long_help = "\
Examples:
  agent source check sources/*.toml
Each message names the file, the line and the way out. Exit code 1 if there is an error;
warnings do not count.")]
    Check {
        /// Definitions.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Runs a step once, within the limits; shows requests, rows, seat map and timings.
    #[command(after_long_help = "\
Examples:
  agent source try sources/bhd.toml                       walks down to the last step,
                                                          by the first row of each
  agent source try sources/bhd.toml --step showtimes --set cinema.key=0001
  agent source try sources/bhd.toml --step seats --body seats.json
  agent source try sources/bhd.toml --step showtimes --body old.json --as-of 2026-11-20
  agent source try sources/bhd.toml --step showtimes --set day.date=2026-12-05
  agent source try sources/bhd.toml --json | jq .status

Values that a step needs from the rows above come from --set, or from requests for those rows.
Prices that come with a seat map are lines of their own in --json: {\"price\": …}.")]
    Try(Try),
    /// Runs the steps from the root down, and saves each exchange in a directory.
    #[command(after_long_help = "\
Examples:
  agent source record sources/bhd.toml recordings/bhd
  agent source record sources/bhd.toml recordings/bhd --step seats --set cinema.key=0001 --most 3

Makes a directory for each job: job.json has the requests and the answers, and each body is a
file of its own. Secrets are replaced by *** everywhere. Then: agent source replay … --accept")]
    Record(Record),
    /// Runs recordings through a definition, and compares the rows with the accepted rows.
    #[command(after_long_help = "\
Examples:
  agent source replay sources/bhd.toml recordings/bhd             exit code 1 if rows differ
  agent source replay sources/bhd.toml recordings/bhd --accept    writes rows.json

Sends no request: this is how a definition is tested.")]
    Replay {
        /// Definition.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Directory of recordings.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Accepts the present rows as the expected ones.
        #[arg(long)]
        accept: bool,
    },
    /// Compares the rows that two definitions make of the same recordings.
    #[command(after_long_help = "\
Examples:
  git show HEAD:sources/bhd.toml > /tmp/old.toml
  agent source diff /tmp/old.toml sources/bhd.toml recordings/bhd

Exit code 1 if they differ.")]
    Diff {
        /// The old definition.
        #[arg(value_name = "OLD")]
        old: PathBuf,
        /// The new definition.
        #[arg(value_name = "NEW")]
        new: PathBuf,
        /// Directory of recordings.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Prints the JSON Schema of definitions, for editors.
    #[command(after_long_help = "\
Examples:
  agent source schema > sources/source.schema.json

Then the first line of a definition tells the editor (Taplo, Even Better TOML):
  #:schema ./source.schema.json")]
    Schema,
    /// Prints the reference of the definition language, as Markdown.
    #[command(after_long_help = "\
Examples:
  agent source reference > agent/SOURCES.md")]
    Reference,
}

/// Flags of `new`.
#[derive(Debug, Args)]
pub struct New {
    /// Fetches the body from this address.
    #[arg(long, value_name = "URL", conflicts_with = "body")]
    url: Option<String>,
    /// Reads the body from this file; - is the standard input.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Name of the source: small letters, digits and hyphens.
    #[arg(long, default_value = "new-source")]
    name: String,
    #[command(flatten)]
    live: LiveFlags,
}

/// Flags of `try`.
#[derive(Debug, Args)]
pub struct Try {
    /// Definition.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The step to try [default: the last one].
    #[arg(long)]
    step: Option<String>,
    /// A value of a row above, such as cinema.key=0001.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Reads the body from this file instead of sending a request.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Reads the body as if it had come at this time: a date at the source, or a time in RFC 3339.
    #[arg(long, value_name = "TIME", requires = "body")]
    as_of: Option<String>,
    /// Prints the rows as JSON, one a line, and nothing else.
    #[arg(long)]
    json: bool,
    /// Rows that the table shows at most.
    #[arg(long, value_name = "N", default_value_t = 10)]
    rows: usize,
    #[command(flatten)]
    live: LiveFlags,
}

/// Flags of `record`.
#[derive(Debug, Args)]
pub struct Record {
    /// Definition.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Directory for the recordings.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Records only this step and the steps above it.
    #[arg(long)]
    step: Option<String>,
    /// A value of a row above, such as cinema.key=0001.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Jobs of each step at most.
    #[arg(long, value_name = "N", default_value_t = 1)]
    most: usize,
    /// Levels of steps below the first at most.
    #[arg(long, value_name = "N", default_value_t = 8)]
    depth: usize,
    #[command(flatten)]
    live: LiveFlags,
}

/// Flags of commands that send requests.
#[derive(Debug, Args)]
pub struct LiveFlags {
    /// Allows sources at private addresses.
    #[arg(long)]
    allow_private: bool,
    /// Contact for the user agent, if the definition has none.
    #[arg(long, env = "FULLHOUSE_AGENT__CONTACT", default_value = "")]
    contact: String,
}

impl LiveFlags {
    fn live(&self, rules: SecretRules) -> LiveOptions {
        /// The default of a pod.
        const BODY_LIMIT: usize = 16 << 20;
        LiveOptions {
            allow_private: self.allow_private,
            contact: self.contact.clone(),
            body_limit: BODY_LIMIT,
            rules,
        }
    }
}

/// Runs a command to its end.
#[must_use]
pub fn run(command: &SourceCommand) -> ExitCode {
    let mut out = io::stdout().lock();
    let done = dispatch(command, &mut out).and_then(|fine| Ok(out.flush().map(|()| fine)?));
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(ToolError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            // Standard error may be closed, too.
            let _ = writeln!(io::stderr(), "agent: {}", with_causes(&error));
            match error {
                ToolError::Stopped(by) => ExitCode::from(by.exit_code()),
                ToolError::Output(_)
                | ToolError::Definition(_)
                | ToolError::File { .. }
                | ToolError::Other(_) => ExitCode::FAILURE,
            }
        }
    }
}

fn dispatch(command: &SourceCommand, out: &mut dyn Write) -> Result<bool, ToolError> {
    match command {
        SourceCommand::New(new) => {
            let body = match (&new.url, &new.body) {
                (Some(url), _) => {
                    let live = new.live.live(rules()?);
                    wait(async |stop| stop.unless(Box::pin(propose::ask(url, &live))).await?)?
                }
                (None, Some(path)) => propose::read(path)?,
                (None, None) => {
                    return propose::interview(&new.name, &mut io::stdin().lock(), out)
                        .map(|()| true);
                }
            };
            write!(out, "{}", propose::propose(&new.name, &body)?)?;
            Ok(true)
        }
        SourceCommand::Check { files } => check::check(files, &rules()?, out),
        SourceCommand::Try(attempted) => {
            let colour = io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
            let options = attempt::TryOptions {
                step: attempted.step.clone(),
                set: attempted.set.clone(),
                body: attempted.body.clone(),
                as_of: attempted.as_of.clone(),
                json: attempted.json,
                rows: attempted.rows,
                colour,
            };
            let live = attempted.live.live(rules()?);
            wait(async |stop| attempt::attempt(&attempted.file, &options, &live, stop, out).await)
        }
        SourceCommand::Record(recorded) => {
            let options = record::RecordOptions {
                step: recorded.step.clone(),
                set: recorded.set.clone(),
                most: recorded.most,
                depth: recorded.depth,
            };
            let live = recorded.live.live(rules()?);
            let (file, directory) = (&recorded.file, &recorded.directory);
            wait(async |stop| record::record(file, directory, &options, &live, stop, out).await)
        }
        SourceCommand::Replay {
            file,
            directory,
            accept,
        } => replay::replay(file, directory, *accept, &rules()?, out),
        SourceCommand::Diff {
            old,
            new,
            directory,
        } => diff::diff(old, new, directory, &rules()?, out),
        SourceCommand::Schema => {
            writeln!(out, "{:#}", schema::schema())?;
            Ok(true)
        }
        SourceCommand::Reference => {
            write!(out, "{}", reference::page())?;
            Ok(true)
        }
    }
}

/// Which secrets definitions may name, by the settings that a pod here would have.
fn rules() -> Result<SecretRules, ToolError> {
    let file = std::env::var_os("FULLHOUSE_CONFIG").map(PathBuf::from);
    let rules = settings::SecretSettings::load_rules(file.as_deref());
    rules.map_err(|error| ToolError::Other(with_causes(&error)))
}

/// Runs `work`, which needs a network, until it ends or a signal stops it.
fn wait<T>(work: impl AsyncFnOnce(&mut Stop) -> Result<T, ToolError>) -> Result<T, ToolError> {
    let failed = |error| ToolError::Other(format!("there is no thread to run on: {error}"));
    let mut stop = Stop::listen().map_err(failed)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?
        .block_on(work(&mut stop))
}
