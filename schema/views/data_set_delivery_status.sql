CREATE OR REPLACE VIEW data_set_delivery_status WITH (security_invoker = true) AS
WITH published AS (
    SELECT
        declared.name, declared.destination, declared.index_name, declared.key_columns, declared.declared_at, built.day,
        -- By the rows and not by a number, so that a data set that was removed and made again is another.
        CASE WHEN built.name IS NOT NULL THEN
            md5(concat_ws('/', built.row_count, built.checksum, declared.key_columns::text, declared.index_name))
        END AS build
    FROM data_set_destination AS declared
    LEFT JOIN data_set_day AS built ON built.name = declared.name AND built.revision > 0
)
SELECT
    coalesce(published.name, known.name) AS name,
    coalesce(published.destination, known.destination) AS destination,
    named.kind,
    coalesce(published.day, known.day) AS day,
    CASE
        WHEN named.kind IS NULL THEN 'no_settings'
        WHEN published.name IS NOT NULL AND published.build IS NULL THEN 'waiting'
        WHEN known.build = published.build THEN CASE WHEN known.rejected > 0 THEN 'rejected' ELSE 'delivered' END
        -- Nobody wants a mail for each day of the past.
        WHEN published.name IS NOT NULL AND named.kind = 'mail'
            AND published.day
                < greatest((published.declared_at AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date - 8) THEN 'skipped'
        WHEN known.tries > 0 THEN 'failed'
        WHEN published.name IS NULL THEN 'removing'
        ELSE 'due'
    END AS state,
    known.delivered_at,
    known.documents,
    known.rejected,
    known.rejections,
    known.tries,
    known.tried_at,
    known.next_try_at,
    CASE
        WHEN named.kind IS NULL THEN format('no coordinator has settings for `%1$s`: add [deliveries.%1$s]',
            coalesce(published.destination, known.destination))
        ELSE known.error
    END AS error,
    published.name IS NOT NULL AS is_declared,
    published.index_name,
    published.key_columns,
    published.build
FROM published
FULL JOIN data_set_delivery AS known
    ON known.name = published.name AND known.destination = published.destination
    AND coalesce(known.day, '-infinity') = coalesce(published.day, '-infinity')
LEFT JOIN delivery_destination AS named ON named.destination = coalesce(published.destination, known.destination);

COMMENT ON VIEW data_set_delivery_status IS 'What each destination has of each day of each data set, and if it is not what the day has now, why. Example: SELECT name, destination, day, state, error FROM data_set_delivery_status WHERE state NOT IN (''delivered'', ''skipped'') ORDER BY name, destination, day;';
COMMENT ON COLUMN data_set_delivery_status.kind IS 'elasticsearch, mail or csv; NULL if the leader has no settings for the destination.';
COMMENT ON COLUMN data_set_delivery_status.day IS 'The day; NULL for a data set without days, and for one of which nothing is built.';
COMMENT ON COLUMN data_set_delivery_status.state IS 'delivered; rejected: delivered but for documents that were refused, see rejections; due; failed: tried again at next_try_at; removing: no longer declared, so that it is removed there; waiting: nothing is built; skipped: a mail of a day long ago; no_settings.';
COMMENT ON COLUMN data_set_delivery_status.documents IS 'Documents or rows that the destination took last.';
COMMENT ON COLUMN data_set_delivery_status.rejected IS 'Documents that it refused.';
COMMENT ON COLUMN data_set_delivery_status.rejections IS 'The first reasons for that.';
COMMENT ON COLUMN data_set_delivery_status.is_declared IS 'Whether the data set still names the destination and has the day.';
COMMENT ON COLUMN data_set_delivery_status.build IS 'What the day has now.';
