-- Replaces what the auditoriums of the cinemas $1 are the same as: $2 auditorium, $3 the one that it
-- is the same as, $4 whether it can be distinguished from others, $5 rule, $6 reason.
WITH wanted AS MATERIALIZED (
    SELECT auditorium_id, same_as, is_known, rule, reason
    FROM unnest($2::integer[], $3::integer[], $4::boolean[], $5::text[], $6::text[])
        AS wanted (auditorium_id, same_as, is_known, rule, reason)
),
gone AS (
    DELETE FROM venue_auditorium
    USING auditorium
    WHERE auditorium.auditorium_id = venue_auditorium.auditorium_id
        AND auditorium.cinema_id = ANY ($1::integer[])
        AND NOT EXISTS (SELECT FROM wanted WHERE wanted.auditorium_id = venue_auditorium.auditorium_id)
)
INSERT INTO venue_auditorium (auditorium_id, same_as, is_known, rule, reason)
SELECT auditorium_id, same_as, is_known, rule, reason FROM wanted
ON CONFLICT (auditorium_id) DO UPDATE
SET same_as = excluded.same_as, is_known = excluded.is_known, rule = excluded.rule, reason = excluded.reason,
    looked_at = now()
