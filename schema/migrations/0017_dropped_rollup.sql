-- What goes through all rollups goes on where one is dropped meanwhile: its table is waited for,
-- and then is no more.

CREATE OR REPLACE FUNCTION rollups_due()
RETURNS SETOF text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    one rollup;
    is_due boolean;
    listed text[] := '{}';
BEGIN
    FOR one IN SELECT * FROM rollup WHERE failed_at IS NULL ORDER BY depth, name LOOP
        is_due := one.parent = ANY (listed);
        IF is_due IS NOT TRUE THEN
            BEGIN
                EXECUTE format('SELECT EXISTS (SELECT FROM rollup.%I)', one.name || '_dirty') INTO is_due;
            EXCEPTION WHEN undefined_table THEN
                CONTINUE;
            END;
        END IF;
        IF is_due THEN
            listed := listed || one.name;
            RETURN NEXT one.name;
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION set_rollup_aside(of_rollup text, error text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE rollup SET failed_at = now(), last_error = error WHERE name = of_rollup AND failed_at IS NULL;
    IF FOUND THEN
        -- Nobody computes these; all is marked when it is taken up again.
        EXECUTE format('DELETE FROM rollup.%I', of_rollup || '_dirty');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION note_rollups_read()
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    one rollup;
    oldest timestamptz;
BEGIN
    FOR one IN SELECT * FROM rollup WHERE parent IS NULL LOOP
        IF one.failed_at < now() - interval '7 days' THEN
            DELETE FROM partition_reader WHERE reader = 'rollup ' || one.name;
        ELSIF one.failed_at IS NULL THEN
            BEGIN
                EXECUTE format(
                    'SELECT least((SELECT min(marked_at) FROM rollup.%I), (SELECT min(marked_at) FROM dirty_showtime), now())',
                    one.name || '_dirty')
                INTO oldest;
            EXCEPTION WHEN undefined_table THEN
                CONTINUE;
            END;
            -- What was begun before and is not stored yet ends within minutes.
            INSERT INTO partition_reader AS known (parent, reader, read_until)
            SELECT read.parent, 'rollup ' || one.name,
                CASE WHEN one.backfilled_at IS NULL THEN '-infinity' ELSE oldest - interval '1 hour' END
            FROM unnest(ARRAY['job', 'snapshot']) AS read (parent)
            ON CONFLICT (parent, reader) DO UPDATE SET read_until = excluded.read_until
            WHERE known.read_until <> excluded.read_until;
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION rollup_backlog()
RETURNS TABLE (name text, entries bigint, oldest_at timestamptz, bytes bigint, rows_estimated bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
BEGIN
    FOR one IN SELECT * FROM rollup LOOP
        BEGIN
            RETURN QUERY EXECUTE format(
                'SELECT %1$L::text, own.waiting + log.waiting, least(own.oldest_at, log.oldest_at),
                    pg_total_relation_size(%2$L::regclass), (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %2$L::regclass)
                FROM (SELECT count(*) AS waiting, min(marked_at) AS oldest_at FROM rollup.%3$I) AS own
                CROSS JOIN (SELECT count(*) AS waiting, min(marked_at) AS oldest_at FROM dirty_showtime WHERE %4$L) AS log',
                one.name, format('rollup.%I', one.name), one.name || '_dirty', one.parent IS NULL);
        EXCEPTION WHEN undefined_table THEN
            CONTINUE;
        END;
    END LOOP;
END
$$;
