//! What is read for all viewers together and is too dear to be read with the sample of the fleet:
//! the sources with their failures of a day, the doctor's findings, the sizes of the database; and,
//! by the address of a page, lists of jobs and single sources.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use schema::{
    attribute::Attribute,
    audit::{self, Entry},
    reading::{
        Counted, ReadError, Reader, attributes,
        database::{
            ExportRow, PartitionRow, RollupRow, StatementRow, TableSize, exports, partitions,
            rollups, statements, tables,
        },
        experiments as stored_experiments,
        job_list::{JobListFilter, JobRow, RunningRow, count, list, running},
        source::{
            DefinitionSummary, FailingStep, FailureCount, SourceDetail, SourceEvent, SourceFacts,
            StepDetail, facts, failing_steps, failures, history, one, steps, version_list,
        },
        source_answer::{HeldAnswer, held},
        source_code::{self, CodeRow},
    },
};
use sqlx::PgPool;

use crate::{
    cached::{Cached, CachedByKey, ReadBudget},
    operations::{Finding, OperationError, Operations},
};

pub mod alerts;
pub mod data_sets;
pub mod events;
pub mod experiments;

use alerts::Alerts;
use data_sets::DataSetReads;
use events::{EventUsers, Events, UsersQuery};
use experiments::ShownExperiment;

const SOURCES_FOR: Duration = Duration::from_secs(10);
const FINDINGS_FOR: Duration = Duration::from_secs(30);
const DATABASE_FOR: Duration = Duration::from_secs(30);
const JOBS_FOR: Duration = Duration::from_secs(5);
const SOURCE_FOR: Duration = Duration::from_secs(10);
const EVENTS_FOR: Duration = Duration::from_secs(10);
const ALERTS_FOR: Duration = Duration::from_secs(3);
const EVENT_USERS_FOR: Duration = Duration::from_mins(1);
const EXPERIMENTS_FOR: Duration = Duration::from_secs(30);
/// Versions of a definition that are listed.
const MAX_VERSIONS: i64 = 20;
/// Answers in quarantine that are listed.
const MAX_HELD: i64 = 10;
/// Events of a timeline that are listed.
pub const MAX_EVENTS: i64 = 50;
const MAX_TABLES: i64 = 40;
const MAX_PARTITIONS: i64 = 300;
const MAX_STATEMENTS: i64 = 20;
/// Experiments of a page.
const MAX_EXPERIMENTS: usize = 100;

/// All sources, beyond their last five minutes.
#[derive(Debug, Default)]
pub struct Sources {
    /// Each source, by name.
    pub facts: Vec<SourceFacts>,
    /// The failures of the last day.
    pub failures: Vec<FailureCount>,
}

/// The database.
#[derive(Debug, Default)]
pub struct Database {
    /// Its largest tables.
    pub tables: Vec<TableSize>,
    /// Its partitions.
    pub partitions: Vec<PartitionRow>,
    /// The statements that took most time.
    pub statements: Vec<StatementRow>,
    /// Its exports.
    pub exports: Vec<ExportRow>,
    /// Its rollups.
    pub rollups: Vec<RollupRow>,
}

/// A page of the list of jobs.
#[derive(Debug, Default)]
pub struct Jobs {
    /// Those that run; not asked for where the filter leaves them out.
    pub running: Vec<RunningRow>,
    /// One row more than the page has, if there are more.
    pub rows: Vec<JobRow>,
    /// How many there are on all pages.
    pub counted: Counted,
}

/// One source.
#[derive(Debug)]
pub struct OneSource {
    /// Its state and health.
    pub detail: SourceDetail,
    /// Its steps.
    pub steps: Vec<StepDetail>,
    /// Its status codes.
    pub codes: Vec<CodeRow>,
    /// What it says of showtimes.
    pub attributes: Vec<Attribute>,
    /// The versions of its definition.
    pub versions: Vec<DefinitionSummary>,
    /// Its failures of the last day.
    pub failures: Vec<FailureCount>,
    /// Its steps that fail now.
    pub failing: Vec<FailingStep>,
    /// Its answers in quarantine.
    pub answers: Vec<HeldAnswer>,
    /// What happened to it: one row more than the page has, if there are more.
    pub events: Vec<SourceEvent>,
    /// What people did to it last.
    pub actions: Vec<Entry>,
}

/// Actions of people that are listed.
const MAX_ACTIONS: i64 = 20;

/// Reads what people did last to a subject, such as `source/NAME` or `task/NUMBER`.
///
/// # Errors
///
/// If the database does not answer in time.
pub async fn actions(db: &mut Reader, subject: &str) -> Result<Vec<Entry>, ReadError> {
    let filter = audit::Filter {
        subject: Some(subject),
        ..audit::Filter::default()
    };
    audit::list(db, &filter, MAX_ACTIONS).await
}

/// The cached reads.
#[derive(Debug)]
pub struct Overview {
    sources: Cached<Sources>,
    findings: Cached<Vec<Finding>>,
    database: Cached<Database>,
    jobs: CachedByKey<Jobs>,
    source: CachedByKey<Option<OneSource>>,
    events: CachedByKey<Events>,
    event_users: CachedByKey<Option<EventUsers>>,
    experiments: CachedByKey<(Vec<ShownExperiment>, bool)>,
    experiment: CachedByKey<Option<ShownExperiment>>,
    data_sets: DataSetReads,
    alerts: Cached<Alerts>,
}

impl Default for Overview {
    fn default() -> Self {
        let budget = ReadBudget::default();
        Self {
            sources: Cached::new(SOURCES_FOR, &budget),
            findings: Cached::new(FINDINGS_FOR, &budget),
            database: Cached::new(DATABASE_FOR, &budget),
            jobs: CachedByKey::new(JOBS_FOR, &budget),
            source: CachedByKey::new(SOURCE_FOR, &budget),
            events: CachedByKey::new(EVENTS_FOR, &budget),
            event_users: CachedByKey::new(EVENT_USERS_FOR, &budget),
            experiments: CachedByKey::new(EXPERIMENTS_FOR, &budget),
            experiment: CachedByKey::new(EXPERIMENTS_FOR, &budget),
            data_sets: DataSetReads::new(&budget),
            alerts: Cached::new(ALERTS_FOR, &budget),
        }
    }
}

impl Overview {
    /// Forgets what a person may have changed with an action, so that the next page shows it.
    pub async fn forget(&self) {
        self.sources.forget().await;
        self.jobs.forget();
        self.source.forget();
        self.events.forget();
        self.event_users.forget();
        self.experiments.forget();
        self.experiment.forget();
        self.data_sets.forget();
        self.alerts.forget().await;
    }

    /// Reads the sources.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn sources(&self, db: &PgPool) -> Result<(Arc<Sources>, Duration), ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            Ok(Sources {
                facts: facts(&mut reader).await?,
                failures: failures(&mut reader, None).await?,
            })
        };
        self.sources.get(read).await
    }

    /// Examines the database.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn findings(
        &self,
        operations: &dyn Operations,
    ) -> Result<(Arc<Vec<Finding>>, Duration), OperationError> {
        self.findings.get(operations.examine()).await
    }

    /// Reads the sizes and states of the database.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn database(&self, db: &PgPool) -> Result<(Arc<Database>, Duration), ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            Ok(Database {
                tables: tables(&mut reader, MAX_TABLES).await?,
                partitions: partitions(&mut reader, MAX_PARTITIONS).await?,
                statements: statements(&mut reader, MAX_STATEMENTS).await?,
                exports: exports(&mut reader).await?,
                rollups: rollups(&mut reader).await?,
            })
        };
        self.database.get(read).await
    }

    /// Reads a page of the list of jobs; `key` is its address, and `most_running` is how many
    /// running jobs are wanted.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn jobs(
        &self,
        db: &PgPool,
        key: &str,
        filter: &JobListFilter,
        limit: i64,
        most_running: i64,
    ) -> Result<Arc<Jobs>, ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            let running = if most_running > 0 {
                running(
                    &mut reader,
                    filter.source.as_deref(),
                    filter.step.as_deref(),
                    filter.pod.as_deref(),
                    most_running,
                )
                .await?
            } else {
                Vec::new()
            };
            Ok(Jobs {
                running,
                rows: list(&mut reader, filter, limit + 1).await?,
                counted: count(&mut reader, filter).await?,
            })
        };
        self.jobs.get(key, read).await
    }

    /// Reads one source, its events before `before`; `key` is the address of its page. `None` if
    /// there is none with this name.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn source(
        &self,
        db: &PgPool,
        key: &str,
        name: &str,
        before: Option<DateTime<Utc>>,
    ) -> Result<Arc<Option<OneSource>>, ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            let Some(detail) = one(&mut reader, name).await? else {
                return Ok(None);
            };
            Ok(Some(OneSource {
                detail,
                steps: steps(&mut reader, name).await?,
                codes: source_code::list(&mut reader, name).await?,
                attributes: attributes::of_source(&mut reader, name).await?,
                versions: version_list(&mut reader, name, None, MAX_VERSIONS).await?,
                failures: failures(&mut reader, Some(name)).await?,
                failing: failing_steps(&mut reader, name).await?,
                answers: held(&mut reader, name, None, MAX_HELD).await?,
                events: history(&mut reader, name, before, MAX_EVENTS + 1).await?,
                actions: actions(&mut reader, &format!("source/{name}")).await?,
            }))
        };
        self.source.get(key, read).await
    }

    /// Reads received events of a client, or of all: rejected ones before `before`. `key` is the address
    /// of the page.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn events(
        &self,
        db: &PgPool,
        key: &str,
        client: Option<&str>,
        before: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Events>, ReadError> {
        let read = Events::read(db, client, before, now);
        self.events.get(key, read).await
    }

    /// Reads alerts, silences and receivers.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn alerts(&self, db: &PgPool) -> Result<Arc<Alerts>, ReadError> {
        let (alerts, _) = self.alerts.get(Alerts::read(db)).await?;
        Ok(alerts)
    }

    /// Reads the users of a client; `key` is the address of the page. `None` if there is none with this
    /// name.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn event_users(
        &self,
        db: &PgPool,
        key: &str,
        client: &str,
        query: &UsersQuery,
        now: DateTime<Utc>,
    ) -> Result<Arc<Option<EventUsers>>, ReadError> {
        let read = EventUsers::read(db, client, query, now);
        self.event_users.get(key, read).await
    }

    /// Reads experiments of a client, or of all, by name behind `after`, and whether there are more; `key`
    /// is the address of the page.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn experiments(
        &self,
        db: &PgPool,
        key: &str,
        client: Option<&str>,
        after: Option<&str>,
    ) -> Result<Arc<(Vec<ShownExperiment>, bool)>, ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            let most = i64::try_from(MAX_EXPERIMENTS).unwrap_or(i64::MAX);
            let mut known = stored_experiments::list(&mut reader, client, after, most + 1).await?;
            let has_more = known.len() > MAX_EXPERIMENTS;
            known.truncate(MAX_EXPERIMENTS);
            Ok((
                known.into_iter().map(ShownExperiment::of).collect(),
                has_more,
            ))
        };
        self.experiments.get(key, read).await
    }

    /// Reads an experiment; `None` if there is none with this name.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn experiment(
        &self,
        db: &PgPool,
        name: &str,
    ) -> Result<Arc<Option<ShownExperiment>>, ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            let known = stored_experiments::one(&mut reader, name).await?;
            Ok(known.map(ShownExperiment::of))
        };
        self.experiment.get(name, read).await
    }
}
