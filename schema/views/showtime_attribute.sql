CREATE OR REPLACE VIEW showtime_attribute
WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    attribute.kind,
    attribute.meaning,
    attribute.code,
    attribute.attribute_id
FROM showtime
CROSS JOIN LATERAL unnest(showtime.attribute_ids) AS listed (attribute_id)
INNER JOIN attribute ON attribute.attribute_id = listed.attribute_id;

COMMENT ON VIEW showtime_attribute IS 'What the source says of each showtime: format, dimension, sound, language, subtitles, audience, event. It follows the present meaning of codes. Example: SELECT meaning, count(*) FROM showtime_attribute WHERE kind = ''format'' GROUP BY meaning;';
COMMENT ON COLUMN showtime_attribute.kind IS 'What it is about; NULL while nothing maps the code.';
COMMENT ON COLUMN showtime_attribute.meaning IS 'The word of this kind, such as imax; NULL while nothing maps the code.';
COMMENT ON COLUMN showtime_attribute.code IS 'The code as it came.';
