//! Every function that runs with the rights of its owner, and why it cannot run code of others.

use std::collections::BTreeMap;

use crate::fixture::World;

/// Who may call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// The owner, and whom a migration or `access prepare` names.
    Named,
    /// Everybody, because views and policies call it with the rights of who reads them. Nobody
    /// but the fleet can name it: the schema is closed to others.
    Readers,
}
use Callers::{Named, Readers};

/// A function, who may call it, and the reason.
const KNOWN: [(&str, Callers, &str); 59] = [
    // Of the owner.
    (
        "anomaly_cinema_days(date,date)",
        Named,
        "a fixed statement over tables of ours and of rollups that the owner made; takes two dates",
    ),
    (
        "anomaly_film_days(date,date)",
        Named,
        "a fixed statement over a table of a rollup that the owner made; takes two dates",
    ),
    (
        "count_materialised(text)",
        Named,
        "the name is that of a row of materialised_table, which the owner writes, and quoted",
    ),
    (
        "day_totals(integer,integer,date)",
        Named,
        "two fixed statements over tables of rollups that the owner made; takes numbers and a date",
    ),
    (
        "drop_rollup_draft()",
        Named,
        "a trigger: drops the schema that its own row names, quoted; dropping runs nothing of what is in it",
    ),
    (
        "ensure_partitions(integer)",
        Named,
        "a number; names of tables are fixed, and those of days are made of dates, quoted",
    ),
    (
        "fullhouse.adopt_rollup_draft(text,text[])",
        Named,
        "takes no text to run: reads the catalog's entries of a view that its caller parsed, and has \
         Postgres write the tree down once it depends on nothing but parts of Postgres and inputs",
    ),
    (
        "fullhouse.drop_rollup(text)",
        Named,
        "the name is that of a row of rollup, and quoted",
    ),
    (
        "fullhouse.open_rollup_draft()",
        Named,
        "no parameters; makes an empty schema that no other transaction sees, and that is dropped when this one ends",
    ),
    (
        "fullhouse.refresh_rollup(text)",
        Named,
        "adds a row and counts; the name is a parameter",
    ),
    (
        "report_showtimes(date,name)",
        Named,
        "one fixed statement over tables of ours and of a rollup that the owner made; takes a date and a name, \
         which is compared and never run",
    ),
    (
        "work_totals(integer[],date)",
        Named,
        "one fixed statement over tables of ours and of rollups that the owner made; takes numbers and a date",
    ),
    (
        "make_event_view(smallint,text,text,integer,jsonb)",
        Named,
        "names of clients, events and properties are quoted as names or texts; types are a closed list",
    ),
    (
        "make_event_views()",
        Named,
        "takes nothing; calls make_event_view with rows of tables of ours",
    ),
    (
        "index_event_partition()",
        Named,
        "takes nothing; the names are those of partitions, and quoted",
    ),
    (
        "partner_event_areas(name)",
        Named,
        "one fixed statement over tables of ours and pg_roles; the role must be one as which the login may act",
    ),
    (
        "partner_events(name,text,date,date)",
        Named,
        "one fixed statement; the areas are those of partner_event_areas",
    ),
    (
        "partner_active_users(name,text,date,date,integer)",
        Named,
        "one fixed statement; the areas are those of partner_event_areas",
    ),
    (
        "partner_retention(name,text,date,date,text)",
        Named,
        "one fixed statement; the areas are those of partner_event_areas",
    ),
    (
        "partner_funnel(name,text,text[],date,date,text)",
        Named,
        "one fixed statement; the areas are those of partner_event_areas, steps are compared with names",
    ),
    (
        "is_empty(regclass)",
        Named,
        "refuses what is not a partition in public that its owner owns: no view or policy of others",
    ),
    (
        "descendants(bigint,integer,integer)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "job_conversation(bigint)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "job_lineage(bigint)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "lineage(integer,text,timestamp with time zone,boolean,integer,integer,bigint)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "nearest_looks(integer,timestamp with time zone)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "slow_phases(timestamp with time zone,timestamp with time zone)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "step_failure_run(integer)",
        Readers,
        "fixed statements over tables of ours; texts of sources are parameters of format()",
    ),
    (
        "record_rollup_progress()",
        Named,
        "names of rows of rollup, quoted; reads their tables, and runs no query of a rollup",
    ),
    (
        "partition_supply()",
        Named,
        "no parameters; looks for rows in default partitions of tables in public, by their identity",
    ),
    (
        "refresh_buckets(text,integer)",
        Named,
        "moves rows between tables of ours, whose columns are of types of Postgres or of ours; \
         the query is run by functions of rollup_runner",
    ),
    (
        "refresh_view(bigint)",
        Named,
        "a number; the name is that of a row of refresh_execution, quoted, and Postgres computes a \
         materialised view as its owner, with no more rights than that",
    ),
    (
        "retire_partition(text,interval)",
        Named,
        "the name is that of a row of partition_status, so of a partition of ours, and quoted",
    ),
    (
        "rollup.current_rows(text,anyelement)",
        Readers,
        "as refresh_buckets; the name is that of a row of rollup",
    ),
    (
        "rollup.stale_buckets(text,anyelement)",
        Readers,
        "as refresh_buckets; the name is that of a row of rollup",
    ),
    (
        "rollup_backlog()",
        Readers,
        "no parameters; counts rows of tables named by rows of rollup, quoted",
    ),
    (
        "rollups_due()",
        Named,
        "no parameters; looks for rows in tables named by rows of rollup, quoted",
    ),
    (
        "scoped_cinemas(name)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "scoped_showings(name)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "scoped_sources(name)",
        Readers,
        "one fixed statement over tables of ours",
    ),
    (
        "partner_scopes(name)",
        Readers,
        "one fixed statement over a table of ours and pg_roles",
    ),
    (
        "set_rollup_aside(text,text)",
        Named,
        "the name is that of a row of rollup, and quoted; the error is stored, and shortened",
    ),
    (
        "mark_dirty_buckets(integer)",
        Named,
        "names of rows of rollup and rollup_dropped, quoted; runs no query of a rollup",
    ),
    (
        "unseal(timestamp with time zone,integer,bytea)",
        Readers,
        "fixed statements over tables of ours that decode bytes; runs no text",
    ),
    // Of data sets: their queries are run by the three functions of data_set_runner below.
    (
        "apply_data_set(jsonb)",
        Named,
        "the query is parsed, planned and run by functions of data_set_runner alone; what is stored is \
         what Postgres prints of it, checked; names of tables and columns are quoted",
    ),
    (
        "build_data_set(bigint)",
        Named,
        "a number; the query is run by functions of data_set_runner, and the name is that of a row of data_set, quoted",
    ),
    (
        "begin_load(bigint)",
        Named,
        "a number; fixed statements over tables of ours",
    ),
    (
        "fail_load(bigint,text,text)",
        Named,
        "fixed statements over tables of ours; the texts are stored, and shortened",
    ),
    (
        "note_load_files(text,date,text,jsonb)",
        Named,
        "fixed statements over tables of ours; names of files are stored as they are, and never evaluated",
    ),
    (
        "data_set_rows(text,date)",
        Named,
        "a date, and a name that is that of a row of data_set; names of tables and columns are quoted; reads one table",
    ),
    (
        "data_set_days(timestamp with time zone)",
        Readers,
        "one fixed statement over tables of ours; takes a time",
    ),
    (
        "end_lost_data_set_builds()",
        Named,
        "takes nothing; fixed statements over tables of ours",
    ),
    (
        "remove_data_set(text)",
        Named,
        "the name is that of a row of data_set, and quoted",
    ),
    (
        "data_set.parse_query(text,text,text)",
        Named,
        "parses the text of a user as data_set_runner, with no rights but those of analysts, and refuses as anybody else",
    ),
    (
        "data_set.compute(text,anyelement)",
        Named,
        "runs a query that was checked, as data_set_runner, and refuses as anybody else",
    ),
    (
        "data_set.first_failure(text)",
        Named,
        "runs a query that was checked, as data_set_runner, and refuses as anybody else",
    ),
    // Of rollup_runner: these run the query of a rollup, and have no rights but those of analysts.
    (
        "rollup.compute_all(rollup,text,anyelement)",
        Named,
        "runs a query that was checked, as rollup_runner, and refuses as anybody else",
    ),
    (
        "rollup.compute_buckets(rollup,text,jsonb,anyelement)",
        Named,
        "runs a query that was checked, as rollup_runner, and refuses as anybody else",
    ),
    (
        "rollup.find_buckets(rollup,jsonb,anyelement)",
        Named,
        "runs a query that was checked, as rollup_runner, and refuses as anybody else",
    ),
];

#[derive(sqlx::FromRow)]
struct Definer {
    name: String,
    owner: String,
    settings: Vec<String>,
    is_public: bool,
}

/// Invariant 12: each such function has its reason here why no text of a user runs in it.
#[tokio::test]
async fn every_function_with_its_owners_rights_is_known_and_closed() {
    let world = World::new().await;
    schema::access::prepare(&world.db).await.unwrap();
    let found: Vec<Definer> = sqlx::query_as(
        "SELECT oid::regprocedure::text AS name, proowner::regrole::text AS owner,
            coalesce(proconfig, '{}') AS settings,
            has_function_privilege('public', oid, 'EXECUTE') AS is_public
        FROM pg_proc
        WHERE prosecdef AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let mut known: BTreeMap<&str, Callers> = BTreeMap::new();
    for (name, callers, reason) in KNOWN {
        assert!(!reason.is_empty());
        known.insert(name, callers);
    }
    for one in &found {
        let name = &one.name;
        let callers = known.remove(name.as_str()).unwrap_or_else(|| {
            panic!(
                "{name} runs with the rights of {}: say why it cannot run code of others",
                one.owner
            )
        });
        assert_eq!(one.is_public, callers == Readers, "{name}: who may call it");
        let path = one
            .settings
            .iter()
            .find_map(|setting| setting.strip_prefix("search_path="))
            .unwrap_or_else(|| panic!("{name} has no search_path of its own"));
        assert!(path.ends_with(", pg_temp"), "{name}: {path}");
        for schema in path.split(", ") {
            assert!(
                ["public", "pg_catalog", "pg_temp"].contains(&schema),
                "{name}: others may write to {schema}"
            );
        }
        let runs_queries = ["compute_all", "compute_buckets", "find_buckets"]
            .iter()
            .any(|function| name.starts_with(&format!("rollup.{function}(")));
        assert_eq!(
            one.owner == "rollup_runner",
            runs_queries,
            "{name}: {}",
            one.owner
        );
        assert_eq!(
            one.owner == "data_set_runner",
            name.starts_with("data_set."),
            "{name}: {}",
            one.owner
        );
    }
    assert!(known.is_empty(), "there is no {known:?} any more");
}
