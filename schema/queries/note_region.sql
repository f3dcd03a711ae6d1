-- Stores how a try of region $1 ended: $2 whether it succeeded, $3 files that the receiver lacks or NULL if that
-- is not known, $4 the first of them and why, $5 why the try failed.
UPDATE region
SET tried_at = now(),
    succeeded_at = CASE WHEN $2 THEN now() ELSE succeeded_at END,
    gap_since = CASE WHEN coalesce($3, gap_files) = 0 THEN NULL ELSE coalesce(gap_since, now()) END,
    gap_files = coalesce($3, gap_files),
    gap = CASE WHEN $3::integer IS NULL THEN gap ELSE $4 END,
    error = $5
WHERE region_id = $1
