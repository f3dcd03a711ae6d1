-- Notes that the settings of the leader have the destinations $1, of the kinds $2, and no others.
WITH named AS (
    SELECT one.destination, one.kind
    FROM unnest($1::text[], $2::text[]) AS one (destination, kind)
),
gone AS (
    DELETE FROM delivery_destination
    WHERE destination <> ALL ($1)
)
INSERT INTO delivery_destination AS known (destination, kind)
SELECT destination, kind FROM named
ON CONFLICT (destination) DO UPDATE
SET kind = excluded.kind,
    noted_at = now()
WHERE known.kind <> excluded.kind
