CREATE OR REPLACE VIEW market_share WITH (security_invoker = true) AS
WITH distributed AS (
    -- Most sources do not say who distributes a film, so it is asked of all films of the work.
    SELECT
        film_work.work_id,
        mode() WITHIN GROUP (ORDER BY btrim(film_fact.distributor)) AS distributor
    FROM film_work
    INNER JOIN film_fact ON film_fact.film_id = film_work.film_id
    WHERE btrim(film_fact.distributor) <> ''
    GROUP BY film_work.work_id
),
sold AS (
    SELECT
        sales.territory,
        date_trunc('week', sales.business_on::timestamp)::date AS week_on,
        by.dimension,
        by.name,
        sales.showtime_id,
        sales.work_id,
        sales.admissions
    FROM fullhouse.showtime_sales AS sales
    INNER JOIN source ON source.source_id = sales.source_id
    LEFT JOIN distributed ON distributed.work_id = sales.work_id
    CROSS JOIN LATERAL (
        VALUES
            ('chain', source.title),
            ('distributor', distributed.distributor),
            ('format', (
                SELECT string_agg(DISTINCT attribute.meaning, ' + ')
                FROM showtime
                INNER JOIN attribute ON attribute.attribute_id = ANY (showtime.attribute_ids)
                WHERE showtime.showtime_id = sales.showtime_id AND attribute.kind = 'format'))
    ) AS by (dimension, name)
    WHERE NOT sales.is_cancelled
)
SELECT
    territory,
    week_on,
    dimension,
    name,
    count(*) AS showtimes,
    count(DISTINCT work_id) AS works,
    sum(admissions)::bigint AS admissions,
    round(sum(admissions)::numeric
        / nullif(sum(sum(admissions)) OVER (PARTITION BY territory, week_on, dimension), 0), 4) AS share
FROM sold
GROUP BY territory, week_on, dimension, name;

COMMENT ON VIEW market_share IS 'Admissions of each territory and week, divided by chain, by distributor and by format: for each dimension the shares add up to 1. Of showtimes whose seats were seen, so a chain that is not recorded has no share. Weeks begin on Monday; of weeks to come, sales so far. Name a dimension and a territory. Example: SELECT week_on, name, admissions, share FROM market_share WHERE dimension = ''distributor'' AND territory = ''GB'' ORDER BY week_on, share DESC;';
COMMENT ON COLUMN market_share.dimension IS 'chain: the source; distributor: of the work; format: of the showtime.';
COMMENT ON COLUMN market_share.name IS 'Title of the source; the distributor that most films of the work name, as it is spelt there; the formats that the source says. NULL if nobody says: it is a part of the whole, too.';
COMMENT ON COLUMN market_share.admissions IS 'As in fullhouse.work_week.';
COMMENT ON COLUMN market_share.share IS 'Share of the admissions of the territory and week, 0 to 1.';
