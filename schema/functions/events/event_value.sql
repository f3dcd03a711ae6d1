CREATE OR REPLACE FUNCTION event_value(
    numbers smallint[], offsets integer[], keys text[], dictionary jsonb, place integer, key text
)
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN numbers[18 + array_position(keys, key)][place] >= 0
        THEN dictionary -> (offsets[array_position(keys, key)] + numbers[18 + array_position(keys, key)][place])
END;

COMMENT ON FUNCTION event_value IS 'One property of a sealed event, from the arrays of its block and its place there. Example: SELECT event_value(numbers, offsets, keys, dictionary, number, ''film'') FROM event_sealed WHERE name_id = 1 AND received_day >= now() - interval ''7 days'';';
