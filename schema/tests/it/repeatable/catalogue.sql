-- Everything that the database is made of, one line an object: kind, name, definition. Numbers that
-- differ from one database to the next (oids) are not in it.
WITH home AS (
    SELECT oid, nspname, nspowner, nspacl
    FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
),
relation AS (
    SELECT pg_class.*, format('%I.%I', home.nspname, pg_class.relname) AS name
    FROM pg_class
    INNER JOIN home ON home.oid = pg_class.relnamespace
),
routine AS (
    SELECT pg_proc.*, pg_proc.oid::regprocedure::text AS name
    FROM pg_proc
    INNER JOIN home ON home.oid = pg_proc.pronamespace
)
SELECT 'schema' AS kind, nspname::text AS name,
    concat_ws(E'\n', nspowner::regrole, array_to_string(nspacl, ','), obj_description(oid, 'pg_namespace')) AS definition
FROM home
UNION ALL
SELECT 'relation', name,
    concat_ws(E'\n', relkind, relpersistence, relowner::regrole, relrowsecurity, relforcerowsecurity,
        array_to_string(reloptions, ','), array_to_string(ARRAY(SELECT unnest(relacl)::text ORDER BY 1), ','),
        obj_description(oid, 'pg_class'),
        pg_get_expr(relpartbound, oid), CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END,
        CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
        CASE WHEN relkind = 'i' THEN pg_get_indexdef(oid) END)
FROM relation
UNION ALL
SELECT 'column', format('%s.%I', relation.name, attname),
    concat_ws(E'\n',
        'place ' || row_number() OVER (PARTITION BY attrelid ORDER BY attnum),
        format_type(atttypid, atttypmod), 'not null ' || attnotnull, attidentity, attgenerated, attstorage,
        pg_get_expr(adbin, adrelid), array_to_string(ARRAY(SELECT unnest(attacl)::text ORDER BY 1), ','),
        col_description(attrelid, attnum))
FROM pg_attribute
INNER JOIN relation ON relation.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind <> 'i'
UNION ALL
SELECT 'sequence', relation.name,
    concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
FROM pg_sequence
INNER JOIN relation ON relation.oid = seqrelid
UNION ALL
SELECT 'constraint', format('%s %I', coalesce(relation.name, contypid::regtype::text), conname),
    concat_ws(E'\n', contype, convalidated, condeferrable, condeferred, pg_get_constraintdef(pg_constraint.oid),
        obj_description(pg_constraint.oid, 'pg_constraint'))
FROM pg_constraint
INNER JOIN home ON home.oid = connamespace
LEFT JOIN relation ON relation.oid = conrelid
UNION ALL
SELECT 'routine', name,
    concat_ws(E'\n', proowner::regrole, array_to_string(ARRAY(SELECT unnest(proacl)::text ORDER BY 1), ','),
        obj_description(oid, 'pg_proc'), CASE WHEN prokind <> 'a' THEN pg_get_functiondef(oid) END)
FROM routine
UNION ALL
SELECT 'trigger', format('%s %I', relation.name, tgname),
    concat_ws(E'\n', tgenabled, pg_get_triggerdef(pg_trigger.oid), obj_description(pg_trigger.oid, 'pg_trigger'))
FROM pg_trigger
INNER JOIN relation ON relation.oid = tgrelid
WHERE NOT tgisinternal
UNION ALL
SELECT 'policy', format('%s %I', relation.name, polname),
    concat_ws(E'\n', polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid),
        pg_get_expr(polwithcheck, polrelid))
FROM pg_policy
INNER JOIN relation ON relation.oid = polrelid
UNION ALL
SELECT 'type', format('%I.%I', home.nspname, typname),
    concat_ws(E'\n', typtype, typowner::regrole, array_to_string(typacl, ','),
        (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid),
        obj_description(pg_type.oid, 'pg_type'))
FROM pg_type
INNER JOIN home ON home.oid = typnamespace
WHERE typtype IN ('e', 'd', 'r')
UNION ALL
SELECT 'default rights', concat_ws(' ', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype),
    array_to_string(defaclacl, ',')
FROM pg_default_acl
UNION ALL
SELECT 'setting', concat_ws(' ', setdatabase = 0, setrole::regrole), array_to_string(setconfig, ',')
FROM pg_db_role_setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY kind, name
