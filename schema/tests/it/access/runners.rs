//! The roles that run queries of users: what each owns, and that it may do nothing but read.

use crate::fixture::World;

/// The role that runs the queries of data sets owns three functions, and is an analyst and nothing else.
#[tokio::test]
async fn data_set_runner_owns_its_functions_and_is_an_analyst_alone() {
    let world = World::new().await;
    schema::access::prepare(&world.db).await.unwrap();
    let owned: Vec<String> = sqlx::query_scalar(
        "SELECT pg_describe_object(classid, objid, 0) FROM pg_shdepend
        WHERE refobjid = 'data_set_runner'::regrole AND deptype = 'o'
            AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(owned.len(), 3, "{owned:?}");
    let may: Vec<String> = sqlx::query_scalar(
        "SELECT relation.oid::regclass || ' ' || held.privilege_type
        FROM pg_class AS relation CROSS JOIN LATERAL aclexplode(relation.relacl) AS held
        WHERE held.grantee IN ('data_set_runner'::regrole, 'fullhouse_analyst'::regrole) AND held.privilege_type <> 'SELECT'
        UNION ALL
        SELECT nspname || ' ' || held.privilege_type
        FROM pg_namespace CROSS JOIN LATERAL aclexplode(nspacl) AS held
        WHERE held.grantee IN ('data_set_runner'::regrole, 'fullhouse_analyst'::regrole) AND held.privilege_type <> 'USAGE'
        UNION ALL
        SELECT 'member of ' || roleid::regrole FROM pg_auth_members
        WHERE member = 'data_set_runner'::regrole AND roleid <> 'fullhouse_analyst'::regrole
        UNION ALL
        SELECT 'attributes' FROM pg_roles
        WHERE rolname = 'data_set_runner'
            AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(may, [""; 0]);
}

/// The role that computes rollups owns those three functions, and may do nothing but read.
#[tokio::test]
async fn rollup_runner_owns_its_functions_and_writes_nothing() {
    let world = World::new().await;
    schema::access::prepare(&world.db).await.unwrap();
    let owned: Vec<String> = sqlx::query_scalar(
        "SELECT pg_describe_object(classid, objid, 0) FROM pg_shdepend
        WHERE refobjid = 'rollup_runner'::regrole AND deptype = 'o'
            AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY 1",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(owned.len(), 3, "{owned:?}");
    assert!(
        owned
            .iter()
            .all(|name| name.starts_with("function rollup."))
    );
    let may: Vec<String> = sqlx::query_scalar(
        "SELECT relation.oid::regclass || ' ' || held.privilege_type
        FROM pg_class AS relation CROSS JOIN LATERAL aclexplode(relation.relacl) AS held
        WHERE held.grantee = 'rollup_runner'::regrole AND held.privilege_type <> 'SELECT'
        UNION ALL
        SELECT nspname || ' ' || held.privilege_type
        FROM pg_namespace CROSS JOIN LATERAL aclexplode(nspacl) AS held
        WHERE held.grantee = 'rollup_runner'::regrole AND held.privilege_type <> 'USAGE'
        UNION ALL
        SELECT 'member of ' || roleid::regrole FROM pg_auth_members WHERE member = 'rollup_runner'::regrole
        UNION ALL
        SELECT 'attributes' FROM pg_roles
        WHERE rolname = 'rollup_runner'
            AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(may, [""; 0]);
    let secret: bool = sqlx::query_scalar(
        "SELECT has_any_column_privilege('rollup_runner', 'partner_scope', 'SELECT')
            OR has_any_column_privilege('rollup_runner', 'definition', 'SELECT')",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert!(!secret);
}
