CREATE OR REPLACE VIEW source_profile WITH (security_invoker = true) AS
SELECT source.source_id, source.name AS source, source.title
FROM source;

COMMENT ON VIEW source_profile IS 'Names of each source, to join with views that have its number, such as the rollups by chain. Example: SELECT title, sum(admissions) FROM fullhouse.chain_day JOIN source_profile USING (source_id) GROUP BY title;';
COMMENT ON COLUMN source_profile.source IS 'The name in commands and other views.';
COMMENT ON COLUMN source_profile.title IS 'The name for people.';
