-- Objects that are to be dropped, and all that depends on them, whatever is there of it.
--
-- $1: the objects, as DROP names them, functions without their parameters
-- $2: what files make, which is made again; of everything else, what apply_access makes is no
--     loss, and the rest belongs to somebody
WITH RECURSIVE child (name, depth) AS (
    SELECT rollup.name, rollup.depth FROM rollup WHERE 'ROLLUP ' || rollup.name = ANY ($1)
    UNION
    SELECT rollup.name, rollup.depth FROM child INNER JOIN rollup ON rollup.parent = child.name
),
dependent (class, id) AS (
    SELECT 'pg_proc'::regclass, pg_proc.oid
    FROM pg_proc
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
    WHERE 'FUNCTION ' || CASE WHEN nspname = 'public' THEN '' ELSE nspname || '.' END || proname = ANY ($1::text[])
    UNION
    SELECT 'pg_class'::regclass, pg_class.oid
    FROM pg_class
    WHERE relkind IN ('v', 'm')
        AND ARRAY['VIEW ' || pg_class.oid::regclass, 'MATERIALIZED VIEW ' || pg_class.oid::regclass] && $1
    UNION
    SELECT 'pg_class'::regclass, to_regclass(format('fullhouse.%I', child.name))::oid
    FROM child
    UNION
    SELECT 'pg_trigger'::regclass, pg_trigger.oid
    FROM pg_trigger
    WHERE format('TRIGGER %I ON %s', tgname, tgrelid::regclass) = ANY ($1) AND tgparentid = 0
    UNION
    SELECT found.class, found.id
    FROM dependent
    CROSS JOIN LATERAL (
        SELECT classid::regclass AS class, objid AS id
        FROM pg_depend
        WHERE refclassid = dependent.class AND refobjid = dependent.id
        UNION ALL
        -- What reads something is the rule of a view.
        SELECT 'pg_class'::regclass, ev_class FROM pg_rewrite
        WHERE dependent.class = 'pg_rewrite'::regclass AND pg_rewrite.oid = dependent.id
    ) AS found
),
named AS (
    SELECT
        CASE
            WHEN relkind = 'v' THEN 'VIEW ' || pg_class.oid::regclass
            WHEN relkind = 'm' THEN 'MATERIALIZED VIEW ' || pg_class.oid::regclass
            WHEN pg_proc.oid IS NOT NULL THEN
                'FUNCTION ' || CASE WHEN pronamespace = 'public'::regnamespace THEN '' ELSE pronamespace::regnamespace || '.' END
                    || proname
            WHEN pg_trigger.oid IS NOT NULL THEN format('TRIGGER %I ON %s', tgname, tgrelid::regclass)
            ELSE pg_describe_object(dependent.class, dependent.id, 0)
        END AS object,
        CASE
            WHEN relkind = 'v' THEN 'VIEW IF EXISTS ' || pg_class.oid::regclass
            WHEN relkind = 'm' THEN 'MATERIALIZED VIEW IF EXISTS ' || pg_class.oid::regclass
            WHEN pg_proc.oid IS NOT NULL THEN 'FUNCTION IF EXISTS ' || pg_proc.oid::regprocedure
            WHEN pg_trigger.oid IS NOT NULL THEN format('TRIGGER IF EXISTS %I ON %s', tgname, tgrelid::regclass)
        END AS target,
        coalesce(relnamespace, pronamespace)::regnamespace::text IN ('analytics', 'analytics_detail') AS is_of_access,
        -- Views that read a rollup go before it.
        32767 AS depth
    FROM dependent
    LEFT JOIN pg_class ON dependent.class = 'pg_class'::regclass AND pg_class.oid = dependent.id
    LEFT JOIN pg_proc ON dependent.class = 'pg_proc'::regclass AND pg_proc.oid = dependent.id
    LEFT JOIN pg_trigger ON dependent.class = 'pg_trigger'::regclass AND pg_trigger.oid = dependent.id
    -- Parts of what is listed anyway: rules, row types, indexes, TOAST tables, constraints of triggers,
    -- the views of these rollups.
    WHERE dependent.class NOT IN ('pg_rewrite'::regclass, 'pg_type'::regclass) AND coalesce(relkind NOT IN ('i', 't'), true)
        AND NOT EXISTS (SELECT FROM child WHERE to_regclass(format('fullhouse.%I', child.name)) = pg_class.oid)
        AND NOT EXISTS (
            SELECT FROM pg_constraint
            WHERE dependent.class = 'pg_constraint'::regclass AND pg_constraint.oid = dependent.id AND contype = 't')
)
SELECT object AS "object!",
    coalesce('DROP ' || target || ' CASCADE', '') AS "statement!",
    object <> ALL ($2::text[]) AND is_of_access IS NOT TRUE AS "is_foreign!"
FROM (
    SELECT * FROM named
    UNION ALL
    SELECT 'ROLLUP ' || name, NULL, false, depth FROM child
) AS listed
-- A rollup before the one that it reads.
ORDER BY depth DESC, object;
